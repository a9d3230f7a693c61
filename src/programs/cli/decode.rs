//! Whether sound files can be played: `herald-player` decodes them, because this program links no decoder.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::run::Running;
use super::terminal::progress;
use herald_audio::internals::decodings::{DECODE, Decodings};
use herald_audio::internals::player::program;

/// How long all files together may take; the rest is reported as not decoded.
const LIMIT: Duration = Duration::from_secs(60);

/// Decodes `files`, which are absolute paths, without playing them.
pub(super) fn decode(files: &[PathBuf]) -> Decodings {
    if files.is_empty() {
        return Decodings::default();
    }
    let program = program();
    if !program.exists() {
        return Decodings::none("herald-player is not installed; hint: install it beside herald");
    }
    progress("decoding sounds ...");
    let decodings = decode_by(&program, files, LIMIT);
    progress("");
    decodings.unwrap_or_else(|error| {
        Decodings::none(format!("cannot run {}: {error}", program.display()))
    })
}

/// Decodes `files` with `program` within `limit`. Input and output are files, so that neither side blocks.
fn decode_by(program: &Path, files: &[PathBuf], limit: Duration) -> io::Result<Decodings> {
    let names = serde_json::to_vec(files)?;
    let mut paths = tempfile::tempfile()?;
    paths.write_all(&names)?;
    paths.rewind()?;
    let output = tempfile::tempfile()?;
    let mut command = Command::new(program);
    command
        .arg(DECODE)
        .stdin(paths)
        .stdout(output.try_clone()?)
        .stderr(Stdio::null());
    let ended = Running::start(&mut command)?.ended_within(limit)?;
    let failure = match ended {
        Some(status) if status.success() => None,
        Some(status) => Some(format!("{} ended with {status}", program.display())),
        None => Some(format!("it took more than {} s", limit.as_secs())),
    };
    Ok(Decodings::read(files, &text(output)?, failure))
}

fn text(mut file: File) -> io::Result<String> {
    file.rewind()?;
    io::read_to_string(file)
}

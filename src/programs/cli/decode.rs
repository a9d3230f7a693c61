//! Whether sound files can be played: the player's program decodes them, since this one cannot.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::run::Running;
use super::terminal::progress;
use herald_audio::decodings::{DECODE, Decodings};
use herald_audio::player::program;

/// How long all of them may take: what is not decoded by then is said to be so.
const LIMIT: Duration = Duration::from_secs(60);

/// Decodes `files`, which are named by absolute paths, without playing them.
pub(super) fn decode(files: &[PathBuf]) -> Decodings {
    if files.is_empty() {
        return Decodings::default();
    }
    let program = program();
    if !program.exists() {
        return Decodings::none("herald-player is not installed (install it beside herald)");
    }
    progress("decoding the sounds ...");
    let decodings = decode_by(&program, files, LIMIT);
    progress("");
    decodings.unwrap_or_else(|error| {
        Decodings::none(format!("cannot run {}: {error}", program.display()))
    })
}

/// What `program` says of `files` within `limit`. Through files: neither side waits for the other.
fn decode_by(program: &Path, files: &[PathBuf], limit: Duration) -> io::Result<Decodings> {
    let names = serde_json::to_vec(files)?;
    let mut paths = tempfile::tempfile()?;
    paths.write_all(&names)?;
    paths.rewind()?;
    let told = tempfile::tempfile()?;
    let mut command = Command::new(program);
    command
        .arg(DECODE)
        .stdin(paths)
        .stdout(told.try_clone()?)
        .stderr(Stdio::null());
    let ended = Running::start(&mut command)?.ended_within(limit)?;
    let failure = match ended {
        Some(status) if status.success() => None,
        Some(status) => Some(format!("{} ended with {status}", program.display())),
        None => Some(format!("it takes more than {} s", limit.as_secs())),
    };
    Ok(Decodings::read(files, &text(told)?, failure))
}

fn text(mut file: File) -> io::Result<String> {
    file.rewind()?;
    io::read_to_string(file)
}

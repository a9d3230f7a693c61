//! What decodes for a player: this program again, in a process of its own.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::spawn::{keep_standard_files, program};
use crate::audio::{self, Format};
pub use crate::decodings::DECODE;
use crate::error::{Error, ErrorKind, Result};

/// Decodes standard input to standard output, in the format that `args` say: frames a second, and
/// samples a frame. Without any, what is read are the paths of files, and what is written is what
/// decoding each of them comes to: see [`crate::decodings`].
///
/// # Errors
///
/// [`ErrorKind::Player`] if they say none, the paths cannot be read, and what [`audio::serve`] returns.
pub fn run(args: &[Option<&str>]) -> Result<()> {
    // A host may have left files open to it.
    keep_standard_files();
    let number = |at: usize| args.get(at).copied().flatten()?.parse::<u32>().ok();
    let format = match (number(0), number(1).map(u16::try_from)) {
        _ if args.is_empty() => return examine(),
        (Some(rate @ 1..), Some(Ok(channels @ 1..))) => Format { rate, channels },
        _ => {
            return Err(Error::new(ErrorKind::Player, "no format to decode to"));
        }
    };
    audio::serve(format)
}

fn examine() -> Result<()> {
    let files: Vec<PathBuf> = serde_json::from_reader(io::stdin().lock()).map_err(|error| {
        Error::new(ErrorKind::Player, "cannot read which files to decode").because(error)
    })?;
    audio::examine(&files, find(None), |number, decoding| {
        let Ok(mut line) = serde_json::to_vec(&(number, decoding)) else {
            return;
        };
        line.push(b'\n');
        // Nobody may want to know any more.
        let _ = io::stdout().write_all(&line);
    });
    Ok(())
}

/// The program that decodes: `named`, if it is there, else what would be started as the player. An
/// absolute path: what it is in the working directory does not count.
pub(super) fn find(named: Option<&Path>) -> Option<PathBuf> {
    let is_there = |path: &PathBuf| path.is_absolute() && path.is_file();
    let named = named.map(Path::to_owned).filter(is_there);
    named.or_else(|| Some(program()).filter(is_there))
}

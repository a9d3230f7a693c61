//! The decoder process of a player, which runs the same program.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::spawn::{keep_standard_files, program};
use crate::audio::{self, Format};
pub use crate::decodings::DECODE;
use crate::error::{Error, ErrorKind, Result};

/// Decodes standard input to standard output, in the format in `args`: sample rate and channels. Without
/// arguments, reads paths of files and writes the result for each: see `crate::decodings`.
///
/// # Errors
///
/// [`ErrorKind::Player`] if a format is invalid or the paths cannot be read; and the errors of
/// `audio::serve`.
pub fn run(args: &[Option<&str>]) -> Result<()> {
    // The parent may have left files open.
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
        // The reader may be gone.
        let _ = io::stdout().write_all(&line);
    });
    Ok(())
}

/// The absolute path of the decoder program: `named` if it exists, else the program that would be started as
/// the player.
pub(super) fn find(named: Option<&Path>) -> Option<PathBuf> {
    let is_there = |path: &PathBuf| path.is_absolute() && path.is_file();
    let named = named.map(Path::to_owned).filter(is_there);
    named.or_else(|| Some(program()).filter(is_there))
}

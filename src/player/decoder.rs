//! What decodes for a player: this program again, in a process of its own.

use std::path::{Path, PathBuf};

use super::spawn::{keep_standard_files, program};
pub use crate::audio::DECODE;
use crate::audio::{self, Format};
use crate::error::{Error, ErrorKind, Result};

/// Decodes standard input to standard output, in the format that `args` say: frames a second, and
/// samples a frame.
///
/// # Errors
///
/// [`ErrorKind::Player`] if they say none, and what [`audio::serve`] returns.
pub fn run(args: &[Option<&str>]) -> Result<()> {
    // A host may have left files open to it.
    keep_standard_files();
    let number = |at: usize| args.get(at).copied().flatten()?.parse::<u32>().ok();
    let format = match (number(0), number(1).map(u16::try_from)) {
        (Some(rate @ 1..), Some(Ok(channels @ 1..))) => Format { rate, channels },
        _ => {
            return Err(Error::new(
                ErrorKind::Player,
                "there is no format to decode to",
            ));
        }
    };
    audio::serve(format)
}

/// The program that decodes: `named`, if it is there, else what would be started as the player. An
/// absolute path: what it is in the working directory does not count.
pub(super) fn find(named: Option<&Path>) -> Option<PathBuf> {
    let is_there = |path: &PathBuf| path.is_absolute() && path.is_file();
    let named = named.map(Path::to_owned).filter(is_there);
    named.or_else(|| Some(program()).filter(is_there))
}

//! The programs beside `herald`, which carry out some of its commands.

use std::ffi::OsString;
use std::io;
use std::process::Command as Process;

use herald_audio::internals::system::external::of_herald;
use herald_audio::{Error, ErrorKind, Result};

#[cfg(not(unix))]
use super::exit::FAILED;

/// Runs `program` with `args`, and returns its exit code. `to_have_it` is the hint where it is missing.
///
/// # Errors
///
/// [`ErrorKind::Player`] if it cannot be started.
pub(super) fn run(program: &str, args: &[OsString], to_have_it: &'static str) -> Result<u8> {
    let program = of_herald(program);
    replace_by(Process::new(&program).args(args)).map_err(|error| {
        let what = format!("cannot start {}", program.display());
        let missing = error.kind() == io::ErrorKind::NotFound;
        let error = Error::new(ErrorKind::Player, what).because(error);
        match missing {
            true => error.with_hint(to_have_it),
            false => error,
        }
    })
}

/// Runs `command` in place of this program, so that signals reach it.
#[cfg(unix)]
fn replace_by(command: &mut Process) -> io::Result<u8> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn replace_by(command: &mut Process) -> io::Result<u8> {
    let code = command.status()?.code();
    Ok(code
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(FAILED))
}

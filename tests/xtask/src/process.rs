//! Paths and processes.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::say;

/// The repository, two folders above the package.
pub(crate) fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2);
    root.unwrap_or(package).to_path_buf()
}

/// The cargo that runs this, in the repository.
pub(crate) fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(repository());
    command
}

pub(crate) fn cannot_run_cargo(error: std::io::Error) -> Failure {
    Failure::new(format!(
        "cannot run cargo: {error} (install Rust from https://rustup.rs)"
    ))
}

/// The directory in which cargo builds, from the environment or by default.
pub(crate) fn target_dir() -> PathBuf {
    let set = env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty());
    repository().join(set.unwrap_or_else(|| OsString::from("target")))
}

/// `program` with the space-separated `args`.
pub(crate) fn with(program: &Path, args: &str) -> Command {
    let mut command = Command::new(program);
    command.args(args.split_whitespace());
    command
}

/// Runs commands in the repository, each with a description, until one fails.
pub(crate) fn run_all(
    commands: impl IntoIterator<Item = (&'static str, Command)>,
) -> Result<(), Failure> {
    for (what, mut command) in commands {
        say::step(what);
        run_in_repository(&mut command)?;
    }
    Ok(())
}

fn run_in_repository(command: &mut Command) -> Result<(), Failure> {
    let line = format!("{command:?}");
    say::line(&format!("    {line}"));
    let status = command
        .current_dir(repository())
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!(
            "{line} ended with {status} (it says why above)"
        ))),
        Err(error) => Err(Failure::new(format!("cannot run {line}: {error}"))),
    }
}

pub(crate) fn is_on_path(program: &str) -> bool {
    on_path(program).is_some()
}

/// Where `PATH` has a program.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut places = env::split_paths(&path).map(|dir| dir.join(program));
    places.find(|place| place.is_file())
}

/// Whether the command succeeds, without output.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The first line of the command's output, if it succeeds.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    output.status.success().then(|| line.to_owned())
}

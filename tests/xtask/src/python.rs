//! `cargo xtask python`: the Python package, installed into an environment of its own, and its tests.
//!
//! The environment stays in the target directory, so that the next time it is there already.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process::{repository, target_dir};
use crate::{say, setup};

/// The interpreter that makes the environment.
pub(crate) const PROGRAM: &str = if cfg!(windows) { "python" } else { "python3" };

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the tests need");
    setup::for_tests()?;
    let environment = target_dir().join("python");
    let python = interpreter(&environment);
    for (what, mut command) in commands(&environment, &python) {
        say::step(what);
        run_in_repository(&mut command)?;
    }
    Ok(())
}

fn commands(environment: &Path, python: &Path) -> [(&'static str, Command); 6] {
    let with = |program: &Path, args: &str| {
        let mut command = Command::new(program);
        command.args(args.split_whitespace());
        command
    };
    let mut make = with(Path::new(PROGRAM), "-m venv");
    make.arg(environment);
    let tools = "-m pip install --quiet -r tests/python/requirements.txt";
    let install = || {
        let mut install = with(python, "-m pip install --quiet ./src/bindings/python");
        // What it takes to optimise is not made up for by a few tests.
        install.env("HERALD_PYTHON_PROFILE", "dev");
        install
    };
    let mut with_playback = install();
    with_playback.args(["--config-settings", "build-args=--features playback"]);
    let in_process = "-m pytest -q tests/python/test_in_process.py --in-process";
    [
        ("an environment for Python", make),
        ("pytest and mypy", with(python, tools)),
        ("the package", install()),
        ("its tests", with(python, "-m pytest -q tests/python")),
        ("the package, which plays by itself", with_playback),
        ("its tests in one process", with(python, in_process)),
    ]
}

fn interpreter(environment: &Path) -> PathBuf {
    match cfg!(windows) {
        true => environment.join("Scripts").join("python.exe"),
        false => environment.join("bin").join("python"),
    }
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
        Err(error) => Err(Failure::new(format!(
            "cannot run {line}: {error} (install Python 3.10 or later)"
        ))),
    }
}

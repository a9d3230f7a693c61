//! `cargo xtask python`: installs the Python package into a separate environment, and runs its tests.
//!
//! The environment stays in the target directory for the next time.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process::{run_all, target_dir, with};
use crate::{say, setup};

/// The interpreter that makes the environment.
pub(crate) const PROGRAM: &str = if cfg!(windows) { "python" } else { "python3" };

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the tests need");
    setup::for_tests()?;
    run_all(commands(&target_dir().join("python")))
}

fn commands(environment: &Path) -> [(&'static str, Command); 6] {
    let python = &program_of(environment, "python");
    let tools = "-m pip install --quiet -r tests/python/requirements.txt";
    let install = || {
        let mut install = with(python, "-m pip install --quiet ./src/bindings/python");
        // A few tests do not make up for the time of optimising.
        install.env("HERALD_PYTHON_PROFILE", "dev");
        install
    };
    let mut with_playback = install();
    with_playback.args(["--config-settings", "build-args=--features playback"]);
    let in_process = "-m pytest -q tests/python/test_in_process.py --in-process";
    [
        ("an environment for Python", make(environment)),
        ("pytest and mypy", with(python, tools)),
        ("the package", install()),
        ("its tests", with(python, "-m pytest -q tests/python")),
        ("the package, which plays by itself", with_playback),
        ("its tests in one process", with(python, in_process)),
    ]
}

/// Makes an environment in a directory.
pub(crate) fn make(environment: &Path) -> Command {
    let mut make = with(Path::new(PROGRAM), "-m venv");
    make.arg(environment);
    make
}

/// Where a program of an environment is.
pub(crate) fn program_of(environment: &Path, name: &str) -> PathBuf {
    match cfg!(windows) {
        true => environment.join("Scripts").join(format!("{name}.exe")),
        false => environment.join("bin").join(name),
    }
}

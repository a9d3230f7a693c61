//! The pictures of the documentation. Tests draw them; asked to, they write instead of comparing.

use crate::failure::Failure;
use crate::process::{cannot_run_cargo, cargo};
use crate::{say, setup};

/// The tests that draw, by a part of their names.
const DRAW: &str = "as_it_is_drawn";

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the build needs");
    setup::for_build()?;
    say::step("pictures, in src/docs");
    let tests = ["test", "-p", "herald-cli", "--test", "suite", "--", DRAW];
    let status = cargo().args(tests).env("HERALD_BLESS", "1").status();
    if status.map_err(cannot_run_cargo)?.success() {
        return Ok(());
    }
    Err(Failure::new("a picture could not be drawn: see above"))
}

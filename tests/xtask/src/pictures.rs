//! The pictures of the documentation. Tests draw them; asked to, they write instead of comparing. The
//! terminal shows optimised programs, because it shows their times.

use crate::failure::Failure;
use crate::process::{cannot_run_cargo, cargo};
use crate::{first_sound, say, setup};

/// The tests that draw, by a part of their names.
const DRAW: &str = "as_it_is_drawn";

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the tests need");
    setup::for_tests()?;
    say::step("the programs, as for the first sound");
    let herald = first_sound::build()?;
    say::step("pictures, in src/docs");
    let mut tests = cargo();
    tests.args(["test", "-p", "herald-cli", "--test", "suite", "--", DRAW]);
    tests.env("HERALD_BLESS", "1");
    tests.env("HERALD_PROGRAMS", herald.with_file_name(""));
    if tests.status().map_err(cannot_run_cargo)?.success() {
        return Ok(());
    }
    Err(Failure::new("a picture could not be drawn: see above"))
}

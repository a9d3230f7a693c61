//! The examples do what they show.

use std::path::PathBuf;

use crate::sandbox::{Sandbox, run};

/// Cargo builds the examples with the tests, beside them.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

#[test]
fn a_program_of_ten_lines_asks_the_throttle() {
    let sandbox = Sandbox::new();
    let ask =
        || String::from_utf8(run(sandbox.command(example("ask_throttle")), b"").stdout).unwrap();
    assert_eq!(ask(), "admitted\n");
    let second = ask();
    assert!(second.starts_with("suppressed for "), "{second}");
}

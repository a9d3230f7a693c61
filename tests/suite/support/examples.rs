//! The paths of examples.

use std::path::PathBuf;

/// `cargo xtask test` builds the examples together with the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let example = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let first = "cargo build -p herald-audio -p herald-cli --all-features --examples";
    assert!(example.exists(), "{example:?} is not there: {first}");
    example
}

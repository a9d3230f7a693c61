//! The library's public interface, held against `herald.txt` and `throttle.txt`, so that it cannot change unnoticed.
//!
//! After a change that is meant: `HERALD_BLESS=1 cargo test -p public-api-tests`, read the
//! difference, and commit it.
//!
//! # What is in the list
//!
//! Everything that a user's program can name, first without any feature, and then what the
//! features add; with the signature, but without the names of parameters. So it shows also that an
//! item has come to need a feature. `cli::run` is there, as the programs call it.
//!
//! # What is not
//!
//! - Items that are hidden from the documentation: they are for the project's own benches.
//! - The pages under `docs`: they are text.
//! - Methods of traits: that the trait is implemented says it all. What all types implement, and
//!   `Send` and the like, which types have without anybody's writing it: `tests/suite/library/send_and_sync.rs`
//!   asserts it of those that are meant to be shared.
//! - What the command line, the environment and the files mean.
//!
//! # Limits
//!
//! It is the interface on Linux. The list is made of what rustdoc writes for programs, a format
//! that is not stable: the test fails where the toolchain writes another one.
#![cfg(all(test, target_os = "linux"))]

mod listing;

use std::path::Path;

use similar::TextDiff;

const BLESS: &str = "HERALD_BLESS=1 cargo test -p public-api-tests";

#[test]
fn the_public_interface_is_as_it_was() {
    for (package, file) in [
        ("herald-throttle", "throttle.txt"),
        ("herald-audio", "herald.txt"),
    ] {
        check(file, &listing::all(package));
    }
}

#[test]
fn each_item_has_an_example() {
    for package in ["herald-throttle", "herald-audio"] {
        assert_eq!(listing::without_example(package), [""; 0], "{package}");
    }
}

#[track_caller]
fn check(file: &str, listed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var("HERALD_BLESS").as_deref() == Ok("1") {
        return std::fs::write(path, listed).unwrap();
    }
    let agreed = std::fs::read_to_string(path).unwrap_or_default();
    if agreed == listed {
        return;
    }
    let lines = TextDiff::from_lines(agreed.as_str(), listed);
    let difference = lines.unified_diff().context_radius(0).to_string();
    panic!(
        "the public interface has changed:\n\n{difference}\n\
         If it is meant to, `{BLESS}` writes tests/public-api/{file} anew; \
         commit it with the change."
    );
}

//! Helpers for tests of several packages: a uniform environment, and waits with a limit.
//!
//! No test may depend on what it inherits, or on the speed of the machine. So a test program calls
//! [`prepare`] before it starts others, and waits only with these functions: each wait ends after
//! [`PATIENCE`], and reports what it waited for.

#[cfg(unix)]
mod ground;
mod running;

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

pub use running::{Running, holding, output_of, output_within, run};

/// How long a test waits for an expected event. Not a measure of speed: it only ends a test that would hang.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Prepares this process and its children: default signals, readable new files, and the highest limits. Costs
/// nothing after the first call.
pub fn prepare() {
    #[cfg(unix)]
    ground::prepare();
}

/// Polls until `found` returns a value.
///
/// # Panics
///
/// After [`PATIENCE`] without a value; the message contains `what`.
#[track_caller]
pub fn wait_until<T>(what: &str, found: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, found)
}

/// As [`wait_until`], for up to `patience`.
///
/// # Panics
///
/// Without a value in time; the message contains `what`.
#[track_caller]
pub fn wait_within<T>(patience: Duration, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < patience, "waited in vain until {what}");
        thread::sleep(pause);
        pause = (2 * pause).min(Duration::from_millis(5));
    }
}

/// For a test that this user or machine cannot run. It counts as skipped, with the reason `why`; with
/// `HERALD_TEST_ALL` set it fails, for machines that must run all.
///
/// # Panics
///
/// If the environment variable `HERALD_TEST_ALL` is set.
#[track_caller]
pub fn not_tested(why: &str) {
    let must_be = std::env::var_os("HERALD_TEST_ALL").is_some_and(|value| !value.is_empty());
    assert!(!must_be, "not tested: {why}");
    let test = thread::current();
    let test = test.name().unwrap_or_default();
    // Not with the macro, whose output is hidden for passing tests.
    let _ = writeln!(io::stderr(), "not tested: {test}: {why}");
}

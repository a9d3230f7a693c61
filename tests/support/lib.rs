//! What tests of several packages need: the same ground wherever they are started, and waits that
//! end.
//!
//! No test may depend on what it inherits, nor on how fast or how busy the machine is. So a test
//! program calls [`prepare`] before it starts others, and waits only with what is here: each wait
//! ends after [`PATIENCE`], and says what it was for.

#[cfg(unix)]
mod ground;
mod running;

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

pub use running::{Running, holding, output_of, output_within, run};

/// How long a test waits for something that must come. Not a measure of speed: it only ends a test
/// that would otherwise hang.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Gives this process, and those that it starts, the ground that tests stand on: signals end them,
/// new files may be read by everybody, and limits are as high as they may be. Costs nothing after the
/// first call.
pub fn prepare() {
    #[cfg(unix)]
    ground::prepare();
}

/// Polls until `found` finds something.
///
/// # Panics
///
/// If it finds nothing for as long as [`PATIENCE`] lasts, with `what` was waited for.
#[track_caller]
pub fn wait_until<T>(what: &str, found: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, found)
}

/// As [`wait_until`], for as long as `patience` lasts.
///
/// # Panics
///
/// If it finds nothing, with `what` was waited for.
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

/// For a test that this user, or this machine, cannot run. A run counts it as skipped and says `why`;
/// where `HERALD_TEST_ALL` is set it has failed: for machines that are made to run all.
///
/// # Panics
///
/// Where the environment variable `HERALD_TEST_ALL` is set.
#[track_caller]
pub fn not_tested(why: &str) {
    let must_be = std::env::var_os("HERALD_TEST_ALL").is_some_and(|value| !value.is_empty());
    assert!(!must_be, "not tested: {why}");
    let test = thread::current();
    let test = test.name().unwrap_or_default();
    // Not by the macro, whose output is kept from whoever looks at a test that passes.
    let _ = writeln!(io::stderr(), "not tested: {test}: {why}");
}

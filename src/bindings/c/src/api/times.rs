//! Times as C gives them.

use std::time::Duration;

use crate::failure::{Failure, Result, Status};

/// The longest that is waited for a sound: a year. More is not told from it, and cannot be added
/// to a clock everywhere.
const LONGEST_WAIT_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// `seconds` of what herald.h calls `name`, where less than nothing is nothing.
pub(super) fn window(seconds: f64, name: &str) -> Result<Duration> {
    match seconds {
        ..0.0 => Ok(Duration::ZERO),
        _ => duration(seconds, name),
    }
}

/// `seconds` of what herald.h calls `name`.
pub(super) fn duration(seconds: f64, name: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| {
        let message = format!("{name}: {seconds} s: {error} (must be 0 or more seconds)");
        Failure::new(Status::HERALD_OUT_OF_RANGE, message)
    })
}

pub(super) fn limit(ms: u64) -> Duration {
    Duration::from_millis(ms.min(LONGEST_WAIT_MS))
}

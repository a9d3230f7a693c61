//! Conversion of C's times.

use std::time::Duration;

use crate::failure::{Failure, Result, Status};

/// The longest wait for a sound: one year. Longer times overflow some clocks.
const LONGEST_WAIT_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// `seconds`, called `name` in herald.h; negative numbers count as 0.
pub(super) fn window(seconds: f64, name: &str) -> Result<Duration> {
    match seconds {
        ..0.0 => Ok(Duration::ZERO),
        _ => duration(seconds, name),
    }
}

/// `seconds`, called `name` in herald.h.
pub(super) fn duration(seconds: f64, name: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| {
        let message = format!("{name}: {seconds} s: {error} (must be 0 or more seconds)");
        Failure::new(Status::HERALD_OUT_OF_RANGE, message)
    })
}

pub(super) fn limit(ms: u64) -> Duration {
    Duration::from_millis(ms.min(LONGEST_WAIT_MS))
}

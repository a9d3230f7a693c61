//! Tests of real-time playback on busy machines.
#![cfg_attr(not(all(unix, feature = "playback")), allow(dead_code))]

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::Value;

thread_local! {
    /// Whether programs of a dropped sandbox were held up.
    static HELD_UP: Cell<bool> = const { Cell::new(false) };
}

/// How long a test is repeated while its programs are held up.
const ATTEMPTS: Duration = Duration::from_secs(600);
/// Repeated tests run alone, because real-time tests hold each other up.
static AGAIN: RwLock<()> = RwLock::new(());

/// Runs a test of real-time playback; again if it fails while programs are held up, according to the system
/// or their own log. Herald then rightly gives up, or a recorder misses samples. A test that fails every
/// time, or without a delay, has failed.
pub(crate) fn in_real_time(test: impl Fn()) {
    let attempt = || {
        HELD_UP.set(false);
        let before = stalled();
        let ended = catch_unwind(AssertUnwindSafe(&test));
        note_a_delay(stalled().saturating_sub(before) >= Duration::from_secs(1));
        ended
    };
    let started = Instant::now();
    let mut ended = {
        let _with_others = AGAIN.read().unwrap_or_else(PoisonError::into_inner);
        attempt()
    };
    while ended.is_err() && HELD_UP.get() && started.elapsed() < ATTEMPTS {
        eprintln!("again: its programs were held up");
        let _alone = AGAIN.write().unwrap_or_else(PoisonError::into_inner);
        ended = attempt();
    }
    if let Err(failure) = ended {
        resume_unwind(failure);
    }
}

/// How long processes of this machine have waited for a processor, memory or a disk, including those that
/// ended; zero if unknown.
fn stalled() -> Duration {
    let micros = |of: &str| -> Option<u64> {
        let told = fs::read_to_string(Path::new("/proc/pressure").join(of)).ok()?;
        let some = told.lines().find(|line| line.starts_with("some"))?;
        some.rsplit_once("total=")?.1.parse().ok()
    };
    let all = ["cpu", "io", "memory"].map(|of| micros(of).unwrap_or(0));
    Duration::from_micros(all.iter().sum())
}

/// Records that programs were held up, if they were.
pub(crate) fn note_a_delay(held_up: bool) {
    HELD_UP.set(HELD_UP.get() || held_up);
}

/// Whether a step in this log took a second instead of milliseconds, or exceeded a time limit.
pub(crate) fn tells_of_a_delay(record: &str) -> bool {
    let given_up = [
        "no answer",
        "no answer",
        "took no samples",
        "not ready in time",
        "not loaded in time",
        "decoding took longer than",
    ];
    let is_slow = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let steps = line["slow"].as_object().into_iter().flatten();
        steps
            .filter_map(|(_, ms)| ms.as_u64())
            .any(|ms| ms >= 1_000)
    };
    given_up.iter().any(|reason| record.contains(reason)) || record.lines().any(is_slow)
}

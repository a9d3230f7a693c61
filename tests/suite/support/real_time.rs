//! Tests of what is heard in real time, on machines that are busy.
#![cfg_attr(not(all(unix, feature = "playback")), allow(dead_code))]

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::Value;

thread_local! {
    /// Whether programs of a sandbox that is gone were held up.
    static HELD_UP: Cell<bool> = const { Cell::new(false) };
}

/// For how long a test is run again whose programs are held up.
const ATTEMPTS: Duration = Duration::from_secs(600);
/// What is run again has this for itself: tests in real time hold each other up.
static AGAIN: RwLock<()> = RwLock::new(());

/// Runs a test of what is heard in real time; again if it fails while programs are held up, by the
/// system's account or their own. Herald then gives up what it waits for, rightly, or a recorder misses
/// samples: that is the machine's doing. What fails each time, or without a delay, has failed.
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

/// For how long somebody on this machine has waited for a processor, memory or a disk; zero where the
/// system does not tell. It knows of programs that have ended, too.
fn stalled() -> Duration {
    let micros = |of: &str| -> Option<u64> {
        let told = fs::read_to_string(Path::new("/proc/pressure").join(of)).ok()?;
        let some = told.lines().find(|line| line.starts_with("some"))?;
        some.rsplit_once("total=")?.1.parse().ok()
    };
    let all = ["cpu", "io", "memory"].map(|of| micros(of).unwrap_or(0));
    Duration::from_micros(all.iter().sum())
}

/// Notes that programs were held up, if they were.
pub(crate) fn note_a_delay(held_up: bool) {
    HELD_UP.set(HELD_UP.get() || held_up);
}

/// Whether something in this record took a second that takes milliseconds, or was given up for taking
/// longer.
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

//! The throttle beside what a user would pick instead, in one run.
//!
//! "Suppressed" asks about a key that fired just now; "admitted" asks with no window, or for a
//! key that is free again. Alternatives that keep their state in this process cannot throttle
//! hooks, which are processes of their own; they are here as a measure.
#![allow(elided_lifetimes_in_paths, reason = "Bencher has two")]

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::{Read, Write};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use divan::Bencher;
use governor::{Quota, RateLimiter};
use herald::clock::{Clock, ManualClock, SystemClock};
use herald::state_file::StateFile;
use herald::throttle::{Key, Throttle};

const KEY: Key = Key::of_static("Stop");
/// Calls a sample, for what takes nanoseconds: the timer alone takes twenty.
const MANY: u32 = 10_000;
const HOUR: Duration = Duration::from_secs(3_600);

fn main() {
    divan::main();
}

fn on_file(dir: &Path) -> Throttle<StateFile> {
    let throttle = Throttle::new(StateFile::open(dir), SystemClock);
    assert!(
        throttle.storage().fallback().is_none(),
        "the state file is usable"
    );
    throttle
}

/// What every check pays anyway.
#[divan::bench(sample_size = MANY)]
fn clock() -> u64 {
    SystemClock.unix_ms()
}

mod suppressed {
    use super::*;

    #[divan::bench(threads = [1, 2], sample_size = MANY)]
    fn herald(bencher: Bencher) {
        let dir = tempfile::tempdir().unwrap();
        let throttle = on_file(dir.path());
        assert!(throttle.admit(KEY, HOUR).is_admitted());
        bencher.bench(|| throttle.admit(black_box(KEY), black_box(HOUR)));
    }

    #[divan::bench(sample_size = MANY)]
    fn herald_with_a_name_to_hash(bencher: Bencher) {
        let dir = tempfile::tempdir().unwrap();
        let throttle = on_file(dir.path());
        assert!(throttle.admit("/home/dev/shop/Stop", HOUR).is_admitted());
        bencher.bench(|| throttle.admit(black_box("/home/dev/shop/Stop"), black_box(HOUR)));
    }

    #[divan::bench(sample_size = MANY)]
    fn herald_with_the_clock_given(bencher: Bencher) {
        let throttle = Throttle::in_process(ManualClock::at(SystemClock.unix_ms()));
        assert!(throttle.admit(KEY, HOUR).is_admitted());
        bencher.bench(|| throttle.admit(black_box(KEY), black_box(HOUR)));
    }

    #[divan::bench(threads = [1, 2], sample_size = MANY)]
    fn governor_in_process(bencher: Bencher) {
        let quota = Quota::with_period(HOUR)
            .unwrap()
            .allow_burst(NonZeroU32::MIN);
        let limiter = RateLimiter::keyed(quota);
        assert!(limiter.check_key(&"Stop").is_ok());
        bencher.bench(|| limiter.check_key(black_box(&"Stop")).is_ok());
    }

    #[divan::bench(threads = [1, 2], sample_size = MANY)]
    fn mutex_and_hash_map_in_process(bencher: Bencher) {
        let fired = Mutex::new(HashMap::from([("Stop", Instant::now())]));
        bencher.bench(|| {
            let fired = fired.lock().unwrap();
            fired[black_box("Stop")].elapsed() < black_box(HOUR)
        });
    }

    #[divan::bench]
    fn flocked_json(bencher: Bencher) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("throttle.json");
        assert!(super::flocked_json(&path, "Stop", HOUR));
        bencher.bench(|| super::flocked_json(&path, black_box("Stop"), black_box(HOUR)));
    }
}

mod admitted {
    use super::*;

    #[divan::bench(threads = [1, 2], sample_size = MANY)]
    fn herald(bencher: Bencher) {
        let dir = tempfile::tempdir().unwrap();
        let throttle = on_file(dir.path());
        bencher.bench(|| throttle.admit(black_box(KEY), black_box(Duration::ZERO)));
    }

    #[divan::bench(threads = [1, 2], sample_size = MANY)]
    fn mutex_and_hash_map_in_process(bencher: Bencher) {
        let fired = Mutex::new(HashMap::from([("Stop", Instant::now())]));
        bencher.bench(|| {
            let now = Instant::now();
            fired.lock().unwrap().insert(black_box("Stop"), now);
        });
    }

    #[divan::bench]
    fn flocked_json(bencher: Bencher) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("throttle.json");
        bencher.bench(|| super::flocked_json(&path, black_box("Stop"), black_box(Duration::ZERO)));
    }
}

/// A process that asks once, from nothing open to the answer. The locked JSON file is always so.
#[divan::bench]
fn one_shot(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    assert!(on_file(dir.path()).admit(KEY, HOUR).is_admitted());
    bencher.bench(|| on_file(dir.path()).admit(black_box(KEY), black_box(HOUR)));
}

/// The original's throttle as it was proposed: read under a shared lock, decide, write under an
/// exclusive one. Two processes may both read before either writes.
fn flocked_json(path: &Path, key: &str, window: Duration) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    let mut text = String::new();
    let mut shared = open.open(path).unwrap();
    shared.lock_shared().unwrap();
    shared.read_to_string(&mut text).unwrap();
    shared.unlock().unwrap();
    let mut fired: HashMap<String, f64> = serde_json::from_str(&text).unwrap_or_default();
    if now - fired.get(key).copied().unwrap_or(0.0) < window.as_secs_f64() {
        return false;
    }
    fired.insert(key.to_owned(), now);
    let mut exclusive = open.open(path).unwrap();
    exclusive.lock().unwrap();
    exclusive.set_len(0).unwrap();
    exclusive
        .write_all(serde_json::to_string_pretty(&fired).unwrap().as_bytes())
        .unwrap();
    exclusive.unlock().unwrap();
    true
}

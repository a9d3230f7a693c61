//! Many threads on one throttle: what they may see is asserted, and ThreadSanitizer watches.
//!
//! A program of its own, without the usual test harness: the standard library that the harness
//! uses is not instrumented, and ThreadSanitizer would report its channels. To run it so:
//!
//! ```sh
//! TSAN_OPTIONS=suppressions=../../tests/threads/tsan.supp RUSTC_BOOTSTRAP=1 \
//!     RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" \
//!     cargo test -p herald-throttle --test threads --target x86_64-unknown-linux-gnu
//! ```

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use herald_throttle::Decision;
use herald_throttle::internals::clock::ManualClock;
use herald_throttle::internals::state_file::{Count, StateFile, Storage};
use herald_throttle::internals::table::{Slots, Table};

const THREADS: usize = 8;
const NOON: u64 = 1_800_000_000_000;
const HOUR: Duration = Duration::from_secs(3_600);

fn main() {
    for (name, test) in [
        ("one winner a round", one_winner_a_round as fn(&Path)),
        ("everything at once", everything_at_once),
        ("a file that is replaced", a_file_that_is_replaced),
        ("a locked file", a_locked_file),
    ] {
        let dir = tempfile::tempdir().unwrap();
        test(dir.path());
        println!("test {name} ... ok");
    }
}

/// Runs `part` in eight threads, each with its number, and returns what they return.
fn in_threads<R: Send>(part: impl Fn(usize) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let part = &part;
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || part(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn one_winner_a_round(dir: &Path) {
    let clock = ManualClock::at(NOON);
    // Two mappings of one file, as two processes have them.
    let throttles = [(); 2].map(|()| Table::new(StateFile::open(dir), &clock));
    for round in 0..200 {
        let admitted = in_threads(|n| throttles[n % 2].admit("Stop", HOUR).is_admitted());
        assert_eq!(
            admitted.iter().filter(|won| **won).count(),
            1,
            "round {round}"
        );
        clock.advance(3_600_000);
    }
}

fn everything_at_once(dir: &Path) {
    let clock = ManualClock::at(NOON);
    let throttle = Table::new(StateFile::open(dir), &clock);
    let keys: Vec<String> = (0..20).map(|n| format!("key {n}")).collect();
    in_threads(|n| {
        for round in 0..500 {
            let key = keys[(n + round) % keys.len()].as_str();
            match (n + round) % 6 {
                0 => {
                    let _ = throttle.mark(key, UNIX_EPOCH + Duration::from_millis(NOON));
                }
                1 => _ = throttle.peek(key, HOUR),
                2 => _ = throttle.reset(key),
                3 => throttle.storage().count(n, Count::Suppressed),
                4 => clock.advance(1),
                _ => {
                    if let Decision::Admit(mark) = throttle.admit(key, Duration::from_millis(3)) {
                        throttle.cancel(mark);
                    }
                }
            }
        }
    });
    assert!(throttle.firings().len() <= keys.len());
    throttle.reset_all();
    let admitted = in_threads(|_| throttle.admit("key 0", HOUR).is_admitted());
    assert_eq!(admitted.iter().filter(|won| **won).count(), 1);
}

fn a_file_that_is_replaced(dir: &Path) {
    let clock = ManualClock::at(NOON);
    let throttle = Table::new(StateFile::open(dir), &clock);
    in_threads(|n| {
        for round in 0..60 {
            if n == 0 {
                fs::remove_file(dir.join("throttle.v1")).unwrap_or_default();
                clock.advance(1_001);
            }
            let key = format!("{n} {round}");
            assert!(throttle.admit(key.as_str(), HOUR).is_admitted());
            throttle.storage().count(n, Count::Admitted);
            let _ = (throttle.storage().health(), throttle.storage().counts(n));
        }
    });
    assert_eq!(throttle.storage().health().storage, Storage::Mapped);
    clock.advance(1_001);
    assert!(throttle.storage().lend(0, NOON).is_some());
    let admitted = in_threads(|_| throttle.admit("Stop", HOUR).is_admitted());
    assert_eq!(admitted.iter().filter(|won| **won).count(), 1);
}

fn a_locked_file(dir: &Path) {
    for name in ["throttle.v1", "throttle.v1.repair"] {
        fs::create_dir(dir.join(name)).unwrap();
    }
    let clock = ManualClock::at(NOON);
    let throttle = Table::new(StateFile::open(dir), &clock);
    assert_eq!(throttle.storage().health().storage, Storage::Locked);
    for round in 0..20 {
        let key = format!("round {round}");
        let admitted = in_threads(|_| throttle.admit(key.as_str(), HOUR).is_admitted());
        let winners = admitted.iter().filter(|won| **won).count();
        // One more, in this process, only if a lock could not be had in time; then that is told.
        let is_told = throttle.storage().health().problems.len() > 1;
        assert!(
            winners == 1 || winners == 2 && is_told,
            "{winners} in round {round}"
        );
    }
}

//! The throttle: exactly one winner, in any number of processes, in nanoseconds.
//!
//! # Purpose
//!
//! Many hook processes ask at the same moment whether a sound may play now. The throttle admits
//! one of them and tells the others how long to wait. Decision ([`table`]), storage (whatever
//! implements [`Slots`]) and time ([`crate::clock::Clock`]) are apart; this file joins them.
//!
//! # Time
//!
//! Stamps are wall-clock time. When the clock steps back, a stamp may stand in the future:
//! up to 10 s it still suppresses, beyond that it is junk and counts as never. When the clock
//! steps forward, windows end early. So a step may cost extra sounds, and silence of at most the
//! window plus 10 s; never more.
//!
//! The table's module explains the algorithm, its invariants and the argument for one winner.

mod key;
pub mod table;
pub mod word;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use key::Key;
pub use table::{Admission, Decision};

use crate::clock::{Clock, SystemClock};
use crate::sync::AtomicU64;
use table::Table;
use word::Stamp;

/// Sets of the shipped table: 2048 sets of 8 words are 128 KiB.
pub const SETS: usize = 2048;
/// Words of a set in the shipped table: one 64-byte cache line.
pub const WAYS: usize = 8;
/// Words of the shipped table.
pub const SLOTS: usize = SETS * WAYS;

/// Owns or maps the words of a table.
pub trait Slots {
    /// The words, a power of two of sets of [`WAYS`]; the same ones at every call.
    fn slots(&self) -> &[AtomicU64];
}

impl Slots for Box<[AtomicU64]> {
    fn slots(&self) -> &[AtomicU64] {
        self
    }
}

/// A throttle over words `S`, with time from `C`.
#[derive(Debug)]
pub struct Throttle<S, C = SystemClock> {
    slots: S,
    clock: C,
}

/// A throttle of this process alone.
pub type LocalThrottle<C = SystemClock> = Throttle<Box<[AtomicU64]>, C>;

impl<C: Clock> LocalThrottle<C> {
    /// An empty throttle that other processes do not see.
    pub fn in_process(clock: C) -> Self {
        Self::new(empty_slots(), clock)
    }
}

/// The words of an empty table, in this process's memory.
pub(crate) fn empty_slots() -> Box<[AtomicU64]> {
    (0..SLOTS).map(|_| AtomicU64::new(0)).collect()
}

impl<S: Slots, C: Clock> Throttle<S, C> {
    /// A throttle over `slots`.
    pub fn new(slots: S, clock: C) -> Self {
        Self { slots, clock }
    }

    /// Where the words are.
    pub fn storage(&self) -> &S {
        &self.slots
    }

    /// Asks whether `key` may fire, at most once in `window`, and marks it if so.
    ///
    /// Exactly one of any number of simultaneous calls is admitted. An admission that will not
    /// sound after all should be given to [`Self::cancel`].
    pub fn admit(&self, key: impl Into<Key>, window: Duration) -> Decision {
        self.table().admit(key.into(), window)
    }

    /// How long until `key` may fire, or `None` if it may now. Marks nothing.
    pub fn peek(&self, key: impl Into<Key>, window: Duration) -> Option<Duration> {
        self.table().peek(key.into(), window)
    }

    /// Records that `key` fired at `when`; the future counts as now.
    ///
    /// Returns whether that was news: a later firing may be recorded already.
    pub fn mark(&self, key: impl Into<Key>, when: SystemTime) -> bool {
        let since = when.duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.table().mark(key.into(), Stamp::from_unix_ms(unix_ms))
    }

    /// Takes back an admission that will not sound, so that the next call may.
    ///
    /// Returns whether the mark was still there to take back.
    pub fn cancel(&self, admission: Admission) -> bool {
        self.table().cancel(admission)
    }

    fn table(&self) -> Table<'_, &C, WAYS> {
        Table::new(self.slots.slots(), &self.clock)
    }
}

#[cfg(all(test, not(herald_loom)))]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const NOON: u64 = 1_800_000_000_000;
    const SECOND: Duration = Duration::from_secs(1);

    fn throttle() -> LocalThrottle<ManualClock> {
        Throttle::in_process(ManualClock::at(NOON))
    }

    fn retry_after(decision: Decision) -> Duration {
        match decision {
            Decision::Suppress { retry_after } => retry_after,
            Decision::Admit(_) => panic!("admitted"),
        }
    }

    fn admission(decision: Decision) -> Admission {
        match decision {
            Decision::Admit(admission) => admission,
            Decision::Suppress { retry_after } => panic!("suppressed for {retry_after:?}"),
        }
    }

    #[test]
    fn admits_once_a_window() {
        let throttle = throttle();
        assert!(throttle.admit("Stop", SECOND).is_admitted());
        throttle.clock.advance(400);
        assert_eq!(
            retry_after(throttle.admit("Stop", SECOND)),
            Duration::from_millis(600)
        );
        throttle.clock.advance(599);
        assert_eq!(
            retry_after(throttle.admit("Stop", SECOND)),
            Duration::from_millis(1)
        );
        throttle.clock.advance(1);
        assert!(throttle.admit("Stop", SECOND).is_admitted());
    }

    #[test]
    fn keys_do_not_disturb_each_other() {
        let throttle = throttle();
        assert!(throttle.admit("Stop", SECOND).is_admitted());
        assert!(throttle.admit("Notification", SECOND).is_admitted());
        assert!(!throttle.admit("Stop", SECOND).is_admitted());
    }

    #[test]
    fn no_window_never_suppresses_but_is_remembered() {
        let throttle = throttle();
        assert!(throttle.admit("Stop", Duration::ZERO).is_admitted());
        assert!(throttle.admit("Stop", Duration::ZERO).is_admitted());
        assert_eq!(throttle.peek("Stop", SECOND), Some(SECOND));
    }

    #[test]
    fn windows_of_any_length_are_windows() {
        let throttle = throttle();
        for (key, window) in [
            ("shortest", Duration::from_nanos(1)),
            ("longest", Duration::MAX),
        ] {
            assert!(throttle.admit(key, window).is_admitted());
            assert!(!throttle.admit(key, window).is_admitted(), "{key}");
        }
        throttle.clock.advance(1);
        assert!(
            throttle
                .admit("shortest", Duration::from_nanos(1))
                .is_admitted()
        );
    }

    #[test]
    fn a_look_marks_nothing() {
        let throttle = throttle();
        assert_eq!(throttle.peek("Stop", SECOND), None);
        assert!(throttle.admit("Stop", SECOND).is_admitted());
    }

    #[test]
    fn a_cancelled_admission_lets_the_next_one_sound() {
        let throttle = throttle();
        let first = admission(throttle.admit("Stop", SECOND));
        assert!(throttle.cancel(first));
        assert_eq!(throttle.peek("Stop", SECOND), None);
        let second = admission(throttle.admit("Stop", SECOND));
        assert!(!throttle.admit("Stop", SECOND).is_admitted());
        assert!(!throttle.cancel(Admission::from_parts((0, 0))), "made up");
        assert!(throttle.cancel(Admission::from_parts(second.to_parts())));
    }

    #[test]
    fn a_firing_counts_right_after_one_that_was_cancelled() {
        let throttle = throttle();
        let failed = admission(throttle.admit("Stop", SECOND));
        assert!(throttle.cancel(failed));
        assert!(throttle.mark("Stop", UNIX_EPOCH + Duration::from_millis(NOON)));
        assert_eq!(throttle.peek("Stop", SECOND), Some(SECOND));
    }

    #[test]
    fn an_overwritten_admission_is_not_cancelled() {
        let throttle = throttle();
        let first = admission(throttle.admit("Stop", SECOND));
        throttle.clock.advance(1_000);
        assert!(throttle.admit("Stop", SECOND).is_admitted());
        assert!(!throttle.cancel(first));
        assert!(!throttle.admit("Stop", SECOND).is_admitted());
    }

    #[test]
    fn marks_count_as_firings_and_old_news_does_not() {
        let throttle = throttle();
        let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
        assert!(throttle.mark("Stop", at(NOON - 300)));
        assert_eq!(
            throttle.peek("Stop", SECOND),
            Some(Duration::from_millis(700))
        );
        assert!(!throttle.mark("Stop", at(NOON - 400)));
        assert!(
            throttle.mark("Stop", at(NOON + 99_000)),
            "the future counts as now"
        );
        assert_eq!(throttle.peek("Stop", SECOND), Some(SECOND));
    }

    #[test]
    fn a_stamp_from_the_future_does_not_mute() {
        let throttle = throttle();
        throttle.clock.set(NOON + 3_600_000);
        assert!(throttle.admit("Stop", SECOND).is_admitted());
        throttle.clock.set(NOON);
        assert!(
            throttle.admit("Stop", SECOND).is_admitted(),
            "an hour ahead is junk"
        );
        assert!(
            !throttle.admit("Stop", SECOND).is_admitted(),
            "and is replaced, not bumped"
        );
    }

    #[test]
    fn the_key_that_fired_longest_ago_makes_way() {
        let throttle = throttle();
        let of_one_set: Vec<String> = (0..)
            .map(|n| format!("key {n}"))
            .filter(|name| Key::new(name).set(SETS) == 7)
            .take(WAYS + 1)
            .collect();
        for name in &of_one_set {
            assert!(throttle.admit(name.as_str(), SECOND).is_admitted());
            throttle.clock.advance(1);
        }
        let hour = Duration::from_secs(3_600);
        for name in &of_one_set[1..] {
            assert!(
                throttle.peek(name.as_str(), hour).is_some(),
                "{name} was forgotten"
            );
        }
        assert_eq!(throttle.peek(of_one_set[0].as_str(), hour), None);
    }
}

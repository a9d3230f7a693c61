//! The throttle: exactly one winner, in any number of processes, in nanoseconds.
//!
//! # Purpose
//!
//! Many hook processes ask at the same moment whether a sound may play. The throttle admits one of them and
//! tells the others how long to wait. Decision ([`set`]), storage (implementations of [`Slots`]) and time
//! ([`crate::clock::Clock`]) are separate; this file joins them.
//!
//! # Time
//!
//! Stamps are wall-clock time. After the clock steps back, a stamp may be in the future: up to 10 s ahead it
//! still suppresses, beyond that it is junk and counts as never. When the clock steps forward, windows end
//! early. So a step costs at most one extra sound of a key, plus up to two for each call of that key in
//! progress; and silence of at most the window plus 10 s.
//!
//! The module [`set`] explains the algorithm, its invariants and the proof of a single winner.

mod key;
pub mod reread;
pub mod set;
pub mod word;

use std::time::{Duration, SystemTime};

pub use key::Key;
pub use set::{Admission, Decision};
pub use word::Firing;

use crate::clock::{Clock, SystemClock, unix_ms};
use crate::sync::AtomicU64;
use set::Set;
use word::{Stamp, Word};

/// The number of sets in the shipped table: 2048 sets of 8 words are 128 KiB.
pub const SETS: usize = 2048;
/// The number of words per set in the shipped table: one 64-byte cache line.
pub const WAYS: usize = 8;
/// The number of words in the shipped table.
pub const SLOTS: usize = SETS * WAYS;

/// Owns, maps or reads the words of a table. Sets are numbered from 0 to [`SETS`] - 1.
pub trait Slots {
    /// The words of set number `set` at `unix_ms` milliseconds since 1970, if they are in memory; the same
    /// words for all callers within the storage's reach.
    fn lend(&self, set: usize, unix_ms: u64) -> Option<&[AtomicU64; WAYS]>;

    /// Otherwise: runs `operation` on a copy, exclusively, and stores the result.
    ///
    /// If storing fails, `operation` runs again on other words.
    fn with_copy<R>(&self, set: usize, operation: impl Fn(&[AtomicU64; WAYS]) -> R) -> R;
}

/// The words of a table in this process's memory.
#[derive(Debug)]
pub struct LocalSlots(Box<[[AtomicU64; WAYS]]>);

impl Default for LocalSlots {
    /// The words of an empty table.
    fn default() -> Self {
        let empty = || std::array::from_fn(|_| AtomicU64::new(0));
        Self((0..SETS).map(|_| empty()).collect())
    }
}

impl Slots for LocalSlots {
    #[inline]
    fn lend(&self, set: usize, _: u64) -> Option<&[AtomicU64; WAYS]> {
        Some(&self.0[set])
    }

    fn with_copy<R>(&self, set: usize, operation: impl Fn(&[AtomicU64; WAYS]) -> R) -> R {
        operation(&self.0[set])
    }
}

/// The throttle's algorithm over the words `S`, with time from `C`.
#[derive(Debug)]
pub struct Table<S, C = SystemClock> {
    slots: S,
    clock: C,
}

impl<C: Clock> Table<LocalSlots, C> {
    /// An empty table, private to this process.
    pub fn in_process(clock: C) -> Self {
        Self::new(LocalSlots::default(), clock)
    }
}

impl<S: Slots, C: Clock> Table<S, C> {
    /// A table of `slots`.
    pub fn new(slots: S, clock: C) -> Self {
        Self { slots, clock }
    }

    /// The storage of the words.
    pub const fn storage(&self) -> &S {
        &self.slots
    }

    /// The source of time.
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Asks whether `key` may fire, at most once per `window`, and marks it if so.
    ///
    /// Exactly one of any number of simultaneous calls is admitted. Pass an admission that is not used after
    /// all to [`Self::cancel`]. Windows are whole milliseconds, rounded up, and accurate to one tick of the
    /// clock; a window of zero never suppresses.
    #[inline(always)] // Not left to the compiler: a call more is a quarter of what a check costs.
    pub fn admit(&self, key: impl Into<Key>, window: Duration) -> Decision {
        self.admit_within_ms(key, whole_ms(window))
    }

    /// As [`Self::admit`], with a window in whole milliseconds: for the C library.
    #[inline(always)]
    pub fn admit_within_ms(&self, key: impl Into<Key>, window_ms: u64) -> Decision {
        let key = key.into();
        // As in `with_set`, without a closure: this is the hot path.
        let unix_ms = self.clock.unix_ms();
        let number = key.set(SETS);
        match self.slots.lend(number, unix_ms) {
            Some(slots) => {
                self.set(number, slots)
                    .admit(key.tag(), window_ms, Stamp::from_unix_ms(unix_ms))
            }
            None => self.admit_on_copy(key, window_ms),
        }
    }

    #[cold]
    fn admit_on_copy(&self, key: Key, window_ms: u64) -> Decision {
        self.with_set(key.set(SETS), |set, now| {
            set.admit(key.tag(), window_ms, now)
        })
    }

    /// The time until `key` may fire; `None` if it may now. Marks nothing.
    pub fn peek(&self, key: impl Into<Key>, window: Duration) -> Option<Duration> {
        let (key, window) = (key.into(), whole_ms(window));
        self.with_set(key.set(SETS), |set, now| set.peek(key.tag(), window, now))
    }

    /// Marks `key` as fired at `when`; the future counts as now.
    ///
    /// Returns the mark, unless a later firing is recorded.
    pub fn mark(&self, key: impl Into<Key>, when: SystemTime) -> Option<Admission> {
        let key = key.into();
        // By its age: a stamp before 2025 would mean another time.
        let now_ms = self.clock.unix_ms();
        let when = Stamp::from_unix_ms(now_ms).earlier(now_ms.saturating_sub(unix_ms(when)));
        self.with_set(key.set(SETS), |set, now| set.mark(key.tag(), when, now))
    }

    /// Cancels an admission, so that the next call is admitted.
    ///
    /// Returns whether the mark was still in place.
    pub fn cancel(&self, admission: Admission) -> bool {
        let (index, _) = admission.to_parts();
        index < SLOTS && self.with_set(index / WAYS, |set, _| set.cancel(admission))
    }

    /// Whether `admission` is of `key` and still its last firing.
    pub fn stands(&self, key: impl Into<Key>, admission: Admission) -> bool {
        let key = key.into();
        let number = key.set(SETS);
        let (index, bits) = admission.to_parts();
        let is_it = |word: Word| word.bits() == bits && word.is_of(key.tag()) && !word.is_void();
        let is_there = |set: Set<'_, &C, WAYS>, _| set.words().nth(index % WAYS).is_some_and(is_it);
        index / WAYS == number && self.with_set(number, is_there)
    }

    /// Lets `key` fire again at once. Returns whether it was known to have fired.
    pub fn reset(&self, key: impl Into<Key>) -> bool {
        let key = key.into();
        self.with_set(key.set(SETS), |set, _| set.reset(key.tag()))
    }

    /// As [`Self::reset`], if `last` is still the key's last firing. Returns whether it was: a later firing
    /// stays.
    pub fn reset_if_last(&self, key: impl Into<Key>, last: Firing) -> bool {
        let key = key.into();
        let last = Stamp::from_unix_ms(unix_ms(last.at));
        self.with_set(key.set(SETS), |set, _| set.reset_if_last(key.tag(), last))
    }

    /// Lets every key fire again at once. Returns how many had fired.
    pub fn reset_all(&self) -> usize {
        (0..SETS)
            .map(|number| self.with_set(number, |set, _| set.reset_all()))
            .sum()
    }

    /// When `key` last fired, if known.
    pub fn recall(&self, key: impl Into<Key>) -> Option<Firing> {
        let key = key.into();
        self.with_set(key.set(SETS), |set, _| set.recall(key.tag()))
    }

    /// All known firings, each with the index of its word. The table has no names.
    pub fn firings(&self) -> Vec<(usize, Firing)> {
        let words = (0..SETS)
            .flat_map(|number| self.with_set(number, |set, _| set.words().collect::<Vec<Word>>()));
        let firing = |(index, word): (usize, Word)| Some((index, word.firing()?));
        words.enumerate().filter_map(firing).collect()
    }

    fn with_set<R>(&self, number: usize, operation: impl Fn(Set<'_, &C, WAYS>, Stamp) -> R) -> R {
        let unix_ms = self.clock.unix_ms();
        let now = Stamp::from_unix_ms(unix_ms);
        match self.slots.lend(number, unix_ms) {
            Some(slots) => operation(self.set(number, slots), now),
            None => {
                let operation = |slots: &_| operation(self.set(number, slots), now);
                self.slots.with_copy(number, operation)
            }
        }
    }

    #[inline]
    fn set<'a>(&'a self, number: usize, slots: &'a [AtomicU64; WAYS]) -> Set<'a, &'a C, WAYS> {
        Set::new(slots, number * WAYS, &self.clock)
    }
}

/// A window in whole milliseconds, rounded up: half a millisecond is not zero.
#[inline]
pub(crate) fn whole_ms(window: Duration) -> u64 {
    #[expect(
        clippy::manual_div_ceil,
        reason = "nanoseconds below 10^9 need no check for overflow"
    )]
    let rest = u64::from((window.subsec_nanos() + 999_999) / 1_000_000);
    window.as_secs().saturating_mul(1_000).saturating_add(rest)
}

#[cfg(all(test, not(herald_loom)))]
mod tests;

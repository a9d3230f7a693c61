//! The lock-free table: which keys fired when, decided by compare-and-swap alone.
//!
//! # Shape
//!
//! A table is a slice of words, cut into sets of `WAYS` neighbours (one 64-byte cache line for
//! the shipped eight). A key's hash picks its set; it may stand in any word of the set. When all
//! words are taken, the key that fired longest ago makes way, so the table is never full and
//! never grows. The table borrows its words and reads time through [`Clock`]: it knows no file.
//!
//! # Invariants
//!
//! 1. Every change is one compare-and-swap of one word, so a process may die between any two
//!    instructions and leave a valid table.
//! 2. Stamps that are not junk never shrink: an update writes max(now, stamp), an insert writes
//!    at least one more than the stamp it displaces.
//! 3. An insert displaces the smallest stamp of the set, ties going to the lowest index.
//!
//! # One winner
//!
//! Let C insert key k at word a and B insert k at word b ≠ a, neither having seen the other's
//! insert, with no junk about. C chose a over b, so what it displaced at a was smaller than what
//! it read at b; B the other way round:
//!
//! ```text
//! (displaced by C at a, a) < (read by C at b, b)    and    (displaced by B at b, b) < (read by B at a, a)
//! ```
//!
//! C read b before B's insert (at or after it, C would have seen k, or that k was evicted since,
//! which is legitimate), and by invariant 2 an earlier value of b is no larger than what B
//! displaced there. So is what B read at a. Hence
//!
//! ```text
//! (displaced by C, a) < (read by C, b) ≤ (displaced by B, b) < (read by B, a) ≤ (displaced by C, a)
//! ```
//!
//! which cannot be. Two inserts at the same word are told apart by the compare-and-swap: since each
//! leaves a larger stamp than it found, a word never looks as it did before, not even when the key
//! it belonged to is displaced and comes back while somebody still holds its old value in hand.
//!
//! # Concurrency
//!
//! Every access is `Relaxed`. The argument compares values of one word at a time, for which the
//! modification order of that word (coherence) is enough; no word publishes other memory.
//!
//! # Limits
//!
//! Not promised: spacing between firings of a process stalled between its clock reading and its
//! compare-and-swap; a key beyond eight live ones of its set; exclusivity across a step of the
//! clock. Two keys of one set share a tag with probability 2^-23: then one may suppress the other.

use std::time::Duration;

use super::Key;
use super::word::{Stamp, Word};
use crate::clock::Clock;
use crate::sync::{AtomicU64, Ordering::Relaxed};

/// Times a call starts over before it gives up. Each restart means that another call changed a
/// word of this set, or that the clock moved, so the calls as a whole always advance. A call that
/// gives up is suppressed for a millisecond: a lost sound is better than one nobody counted.
const ATTEMPTS: usize = 64;

/// What the throttle answers.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an admission that will not sound must be cancelled"]
pub enum Decision {
    /// The key may fire now, and has been marked as fired.
    Admit(Admission),
    /// The key fired less than a window ago.
    Suppress {
        /// How long until the window has passed.
        retry_after: Duration,
    },
}

impl Decision {
    /// Whether the key may fire.
    pub const fn is_admitted(&self) -> bool {
        matches!(self, Self::Admit(_))
    }
}

/// The mark that an admission left: what [`Table::cancel`] takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    index: usize,
    word: Word,
}

impl Admission {
    /// Index and bits of the marked word, to hand the admission to another process.
    pub const fn to_parts(self) -> (usize, u64) {
        (self.index, self.word.bits())
    }

    /// The admission of [`Self::to_parts`]. Parts that were made up cancel nothing: the word
    /// they name is compared before it is changed.
    pub const fn from_parts((index, bits): (usize, u64)) -> Self {
        Self {
            index,
            word: Word::from_bits(bits),
        }
    }
}

/// A view of the words as a table of sets of `WAYS`.
#[derive(Debug)]
pub struct Table<'a, C, const WAYS: usize = 8> {
    slots: &'a [AtomicU64],
    clock: C,
}

/// Where a key stands in its set.
enum Place {
    /// Here: the index, the word, and its stamp (zero if that is junk).
    Found(usize, Word, Stamp),
    /// Nowhere: the word to displace, with its stamp (zero if that is junk).
    Absent(usize, Word, Stamp),
}

impl<'a, C: Clock, const WAYS: usize> Table<'a, C, WAYS> {
    /// A table over `slots`.
    ///
    /// # Panics
    ///
    /// If the slots are not a power of two of whole sets: a mistake of the program, not of its
    /// input.
    pub fn new(slots: &'a [AtomicU64], clock: C) -> Self {
        assert!(
            slots.len().is_multiple_of(WAYS) && (slots.len() / WAYS).is_power_of_two(),
            "{} slots are not a power of two of sets of {WAYS}",
            slots.len(),
        );
        Self { slots, clock }
    }

    /// Asks whether `key` may fire, at most once in `window`, and marks it if so.
    ///
    /// Of any number of calls that ask at the same moment, in any number of processes, exactly
    /// one is admitted. With a window of zero each is. Windows are kept to a millisecond,
    /// rounded up, or to one tick of the clock where that is longer.
    pub fn admit(&self, key: Key, window: Duration) -> Decision {
        let window = whole_ms(window);
        for _ in 0..ATTEMPTS {
            let now = self.now();
            let Some(place) = self.find(key, now) else {
                continue;
            };
            let (index, old, stamp) = match place {
                Place::Found(index, old, stamp) => match remaining(old, stamp, now, window) {
                    Some(retry_after) => return Decision::Suppress { retry_after },
                    None => (index, old, now.max(stamp)),
                },
                Place::Absent(index, old, stamp) => (index, old, now.max(stamp.next())),
            };
            let new = Word::fired(stamp, key.tag());
            if self.swap(index, old, new) {
                return Decision::Admit(Admission { index, word: new });
            }
            // Somebody else changed the word. If it was for this key, the next look will say so.
        }
        let retry_after = Duration::from_millis(1);
        Decision::Suppress { retry_after }
    }

    /// Asks whether `key` could fire, without marking it.
    ///
    /// Returns how long until the window has passed, or `None` if it could fire now.
    pub fn peek(&self, key: Key, window: Duration) -> Option<Duration> {
        let window = whole_ms(window);
        for _ in 0..ATTEMPTS {
            let now = self.now();
            match self.find(key, now) {
                None => {}
                Some(Place::Found(_, word, stamp)) => return remaining(word, stamp, now, window),
                Some(Place::Absent(..)) => return None,
            }
        }
        None
    }

    /// Records that `key` fired at `when`, a moment in the past or now; the future counts as now.
    ///
    /// Returns whether it was recorded: a firing no later than the recorded one is old news, and
    /// so is one older than every key of a full set. A cancelled firing was none, so one at the
    /// same moment takes its place.
    pub fn mark(&self, key: Key, when: Stamp) -> bool {
        for _ in 0..ATTEMPTS {
            let now = self.now();
            let when = when.min(now);
            let (index, old, is_news) = match self.find(key, now) {
                None => continue,
                Some(Place::Found(index, old, stamp)) if old.is_void() => {
                    (index, old, when >= stamp)
                }
                Some(Place::Found(index, old, stamp) | Place::Absent(index, old, stamp)) => {
                    (index, old, when > stamp)
                }
            };
            if !is_news {
                return false;
            }
            if self.swap(index, old, Word::fired(when, key.tag())) {
                return true;
            }
        }
        false
    }

    /// Takes back an admission that will not sound, so that the next call may.
    ///
    /// Returns whether it was taken back: a mark that was overwritten meanwhile is not ours any
    /// more. The word keeps its tag and stamp, so that failing sounds of one key do not push the
    /// set's other keys out.
    pub fn cancel(&self, admission: Admission) -> bool {
        let Admission { index, word } = admission;
        word != Word::EMPTY && index < self.slots.len() && self.swap(index, word, word.voided())
    }

    fn now(&self) -> Stamp {
        Stamp::from_unix_ms(self.clock.unix_ms())
    }

    /// Scans the key's set once. `None`: the clock had moved, look again.
    fn find(&self, key: Key, now: Stamp) -> Option<Place> {
        let tag = key.tag();
        let first = key.set(self.slots.len() / WAYS) * WAYS;
        let mut victim: Option<(usize, Word, Stamp)> = None;
        for (index, slot) in (first..).zip(&self.slots[first..first + WAYS]) {
            let word = Word::from_bits(slot.load(Relaxed));
            let mut stamp = word.stamp();
            if stamp.is_junk_at(now) {
                // This process may have slept since it read the clock: then the word is fresh and
                // the reading is old. Only a second reading can tell.
                let again = self.now();
                if !stamp.is_junk_at(again) {
                    return None;
                }
                stamp = Stamp::ZERO;
            }
            if word.is_of(tag) {
                return Some(Place::Found(index, word, stamp));
            }
            if victim.is_none_or(|(_, _, smallest)| stamp < smallest) {
                victim = Some((index, word, stamp));
            }
        }
        victim.map(|(index, word, stamp)| Place::Absent(index, word, stamp))
    }

    fn swap(&self, index: usize, old: Word, new: Word) -> bool {
        self.slots[index]
            .compare_exchange(old.bits(), new.bits(), Relaxed, Relaxed)
            .is_ok()
    }
}

/// A window in whole milliseconds, rounded up: half a millisecond is not "no window".
fn whole_ms(window: Duration) -> u64 {
    let rest = u64::from(window.subsec_nanos().div_ceil(1_000_000));
    window.as_secs().saturating_mul(1_000).saturating_add(rest)
}

/// How long `word`, found with `stamp`, keeps its key from firing: not at all if the firing was
/// cancelled, or if its stamp is junk, which comes as zero and says nothing about when it was.
fn remaining(word: Word, stamp: Stamp, now: Stamp, window_ms: u64) -> Option<Duration> {
    let age = stamp.age_at(now);
    let counts = !word.is_void() && stamp == word.stamp() && age < window_ms;
    counts.then(|| Duration::from_millis(window_ms - age))
}

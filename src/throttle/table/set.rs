//! The lock-free set: records which of a few keys fired when, with compare-and-swap only.
//!
//! # Purpose
//!
//! A table consists of sets, and a key's hash selects its set (see `crate::table`). A set is `WAYS` words,
//! one 64-byte cache line for the shipped eight; a key may be in any of them. When all are taken, the key
//! that fired longest ago is displaced, so a set is never full and never grows. This module borrows the words
//! and reads time through [`Clock`]; it does not know files.
//!
//! ```text
//! admit(tag, window):
//!   read the clock, then the words in order
//!     one is mine, not cancelled, not junk, younger than the window → SUPPRESS
//!     one is mine otherwise → swap it for (max(now, stamp), tag); if it was cancelled, stamp + 1
//!     none is mine          → swap the smallest for (max(now, stamp + 1), tag)
//!   swapped → ADMIT; somebody else changed that word → start over
//! ```
//!
//! A stamp more than 10 s ahead of the clock is *junk*: it counts as zero.
//!
//! # Invariants
//!
//! 1. Every change is one compare-and-swap of one word, so a process may die between any two
//!    instructions and leave a valid set.
//! 2. Stamps that are not junk never shrink: an update writes max(now, stamp), an insert writes
//!    at least one more than the stamp it displaces, a cancel and a reset keep the stamp.
//! 3. An insert displaces the smallest stamp of the set, ties going to the lowest index.
//! 4. A key stands in at most one word of its set.
//!
//! # One winner
//!
//! Invariant 4 is what makes one winner: with it, all calls for a key meet at one word, and of
//! those that want to change it one compare-and-swap succeeds; the others start over and find a
//! fresh stamp of their own key. So let C insert key k at word a and B insert k at word b ≠ a,
//! neither having seen the other's insert, with no junk about. C chose a over b, so what it
//! displaced at a was smaller than what it read at b; B the other way round:
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
//! # Why each small rule is there
//!
//! | rule | without it |
//! |---|---|
//! | the victim is the smallest, not any expired word | two callers whose clocks differ choose two words, and both are admitted |
//! | an insert passes its victim's stamp | a displaced key comes back with the very word somebody holds, whose swap then succeeds |
//! | a failed swap starts over | the word may be this very key's by now |
//! | so does a firing in place of a cancelled one | a late cancel takes back somebody else's firing of the same millisecond |
//! | an update never lowers a stamp | a call with an old clock and no window makes a fresh word look old |
//! | junk is judged after reading the clock again | a process that was stopped for 10 s takes every fresh word for junk |
//! | junk counts as zero when a victim is bumped | junk plus one is junk: every call would be admitted, for ever |
//! | a cancel keeps tag and stamp | eight failing sounds of one key push the other seven out |
//! | a reset is a swap that keeps the stamp | a plain store overwrites an admission that it has not seen |
//!
//! # Concurrency
//!
//! Every access is `Relaxed`. The argument compares values of one word at a time, for which the modification
//! order of that word (coherence) is sufficient; no word publishes other memory. A compare-and-swap reads the
//! latest value in that order, so a stale load costs a retry, never a second winner.
//!
//! Lock-free, not wait-free: a call starts over only because another call changed a word of the set, or
//! because the clock moved.
//!
//! # Limits
//!
//! Not guaranteed: spacing between firings of a process stalled between its clock reading and its
//! compare-and-swap; a key that finds seven others of its set stamped after it (eight live keys of a set are
//! kept, nine that take turns suppress nothing); exclusivity across a step of the clock or at the border of
//! junk. Two keys of one set share a tag with probability 2^-23: then one may suppress the other. If more
//! than eight new keys per millisecond come to one set, its stamps run ahead of the clock. A call with a
//! window of zero leaves no trace if the key fired in the same millisecond: cancelling either cancels both.

use std::hint::select_unpredictable;
use std::time::Duration;

use super::word::{Firing, Stamp, Tag, Word};
use crate::clock::Clock;
use crate::sync::{AtomicU64, Ordering::Relaxed};

/// How often a call starts over before it gives up. Each restart means that another call changed a word of
/// this set, or that the clock moved, so the calls as a whole always make progress. A call that gives up is
/// suppressed for a millisecond: a lost sound is better than an unrecorded one.
const ATTEMPTS: usize = 64;

/// The throttle's answer.
///
/// ```
/// # use std::time::Duration;
/// # let dir = tempfile::tempdir()?;
/// # let throttle = herald_throttle::Throttle::open(&dir)?;
/// match throttle.admit("mail", Duration::from_secs(60)).retry_after() {
///     None => println!("send it"),
///     Some(wait) => println!("not before {wait:?} have passed"),
/// }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an admission that is not used must be cancelled"]
#[non_exhaustive]
pub enum Decision {
    /// The key may fire now, and is marked as fired.
    Admit(Admission),
    /// The key fired less than a window ago.
    Suppress {
        /// The time until the window has passed.
        retry_after: Duration,
    },
}

impl Decision {
    /// Whether the key may fire.
    pub const fn is_admitted(&self) -> bool {
        matches!(self, Self::Admit(_))
    }

    /// The time until the window has passed; `None` if the key may fire.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Admit(_) => None,
            Self::Suppress { retry_after } => Some(*retry_after),
        }
    }

    /// The mark of an admission.
    pub const fn admission(&self) -> Option<Admission> {
        match self {
            Self::Admit(mark) => Some(*mark),
            Self::Suppress { .. } => None,
        }
    }
}

/// The mark of a firing, for cancelling it.
///
/// ```
/// # use std::time::Duration;
/// # let dir = tempfile::tempdir()?;
/// # let throttle = herald_throttle::Throttle::open(&dir)?;
/// let hour = Duration::from_secs(3_600);
/// if let Some(mark) = throttle.admit("report", hour).admission() {
///     // The work failed: let the next one try.
///     assert!(throttle.cancel(mark));
/// }
/// assert!(throttle.admit("report", hour).is_admitted());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    index: u32,
    is_new: bool,
    word: Word,
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Admission {
    /// Index and bits of the marked word, to pass the admission to another process.
    pub const fn to_parts(self) -> (usize, u64) {
        (self.index as usize, self.word.bits())
    }

    /// The admission of [`Self::to_parts`]. Invented parts cancel nothing: the word is compared before it is
    /// changed.
    pub fn from_parts((index, bits): (usize, u64)) -> Self {
        // No table is that long: an invalid index stays invalid.
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let (is_new, word) = (false, Word::from_bits(bits));
        Self {
            index,
            is_new,
            word,
        }
    }

    /// Whether the key was unknown to the table before.
    pub const fn is_new(self) -> bool {
        self.is_new
    }
}

/// Some words viewed as one set.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a, C, const WAYS: usize> {
    slots: &'a [AtomicU64; WAYS],
    /// The index of the first word in its table.
    first: usize,
    clock: C,
}

/// The place of a key in its set.
#[derive(Clone, Copy)]
struct Place {
    way: usize,
    word: Word,
    /// The word's stamp, or zero if that is junk.
    stamp: Stamp,
    /// Whether the word is another key's, to be displaced.
    is_victim: bool,
}

impl<'a, C: Clock + Copy, const WAYS: usize> Set<'a, C, WAYS> {
    /// The set of `slots`, the words of a table from index `first` on.
    #[inline]
    pub fn new(slots: &'a [AtomicU64; WAYS], first: usize, clock: C) -> Self {
        Self {
            slots,
            first,
            clock,
        }
    }

    /// Asks whether the key of `tag` may fire, at most once per `window_ms` milliseconds, and marks it if so.
    ///
    /// Of any number of simultaneous calls, in any number of processes, exactly one is admitted. With a
    /// window of zero all are. A window is accurate to one tick of the clock. `now` is the caller's reading
    /// of the clock.
    #[inline]
    pub fn admit(self, tag: Tag, window_ms: u64, now: Stamp) -> Decision {
        // The usual case: the key is found, and nothing else is needed.
        let known = self.known(tag, now);
        match known.and_then(|place| self.decide(place, tag, window_ms, now)) {
            Some(decision) => decision,
            None => self.admit_patiently(tag, window_ms, now),
        }
    }

    #[inline(never)]
    fn admit_patiently(self, tag: Tag, window_ms: u64, mut now: Stamp) -> Decision {
        for _ in 0..ATTEMPTS {
            let place = self.find(tag, now);
            if let Some(decision) = place.and_then(|place| self.decide(place, tag, window_ms, now))
            {
                return decision;
            }
            // The word was changed, perhaps for this very key, or the clock moved.
            now = self.now();
        }
        let retry_after = Duration::from_millis(1);
        Decision::Suppress { retry_after }
    }

    /// Decides by the content of `place`. `None`: another call changed it first.
    #[inline]
    fn decide(self, place: Place, tag: Tag, window_ms: u64, now: Stamp) -> Option<Decision> {
        match place.remaining(now, window_ms) {
            Some(retry_after) => Some(Decision::Suppress { retry_after }),
            None => self
                .fire(place, now.max(place.floor()), tag)
                .map(Decision::Admit),
        }
    }

    /// Asks whether the key could fire, without marking it.
    ///
    /// Returns the time until the window has passed, or `None` if it could fire now.
    pub fn peek(self, tag: Tag, window_ms: u64, mut now: Stamp) -> Option<Duration> {
        for _ in 0..ATTEMPTS {
            match self.find(tag, now) {
                Some(place) => return place.remaining(now, window_ms),
                None => now = self.now(),
            }
        }
        None
    }

    /// Marks the key as fired at `when`; the future counts as now.
    ///
    /// Returns the mark if it was recorded. A firing no later than the recorded one is not recorded, nor is
    /// one older than every key of a full set. A cancelled firing does not count, so a firing at the same
    /// moment replaces it.
    pub fn mark(self, tag: Tag, when: Stamp, mut now: Stamp) -> Option<Admission> {
        for _ in 0..ATTEMPTS {
            if let Some(place) = self.find(tag, now) {
                let when = when.min(now);
                let replaces_cancelled = !place.is_victim && place.word.is_void();
                if when < place.stamp || when == place.stamp && !replaces_cancelled {
                    return None;
                }
                if let Some(admission) = self.fire(place, when.max(place.floor()), tag) {
                    return Some(admission);
                }
            }
            now = self.now();
        }
        None
    }

    /// Cancels an admission, so that the next call is admitted.
    ///
    /// Returns whether it was cancelled: a mark overwritten meanwhile is another call's. The word keeps its
    /// tag and stamp, so that failing sounds of one key do not displace the set's other keys.
    pub fn cancel(self, admission: Admission) -> bool {
        let Admission { index, word, .. } = admission;
        let way = (index as usize).wrapping_sub(self.first);
        word != Word::EMPTY && way < WAYS && self.swap(way, word, word.voided())
    }

    /// Lets the key fire again at once. Returns whether it was known to have fired.
    pub fn reset(self, tag: Tag) -> bool {
        self.reset_where(|word| word.is_of(tag)) > 0
    }

    /// As [`Self::reset`], if the key last fired at `last`: a later firing stays.
    pub fn reset_if_last(self, tag: Tag, last: Stamp) -> bool {
        self.reset_where(|word| word.is_of(tag) && word.stamp() == last) > 0
    }

    /// Lets every key of the set fire again at once. Returns how many had fired.
    pub fn reset_all(self) -> usize {
        self.reset_where(|word| word != Word::EMPTY)
    }

    /// The table's record of the key.
    pub fn recall(self, tag: Tag) -> Option<Firing> {
        self.words().find(|word| word.is_of(tag))?.firing()
    }

    /// The current words.
    #[inline]
    pub fn words(self) -> impl Iterator<Item = Word> {
        (0..WAYS).map(move |way| self.word(way))
    }

    #[inline]
    fn word(self, way: usize) -> Word {
        Word::from_bits(self.slots[way].load(Relaxed))
    }

    /// A firing in between is not reset: it is later than the reset.
    fn reset_where(self, mine: impl Fn(Word) -> bool) -> usize {
        let due = |&(_, word): &(usize, Word)| mine(word) && !word.is_void();
        let swapped = |(way, word): (usize, Word)| self.swap(way, word, word.voided());
        self.words()
            .enumerate()
            .filter(due)
            .filter(|&due| swapped(due))
            .count()
    }

    fn now(self) -> Stamp {
        Stamp::from_unix_ms(self.clock.unix_ms())
    }

    /// The place of the key, if it is in the set and its stamp is not junk.
    #[inline]
    fn known(self, tag: Tag, now: Stamp) -> Option<Place> {
        // A program with few keys finds each in the first word; one with many would mispredict every branch.
        // So the other words are searched without branches, in reverse, so that the lowest index wins.
        let mut found = (0, self.word(0));
        if !found.1.is_of(tag) {
            found.0 = WAYS;
            for way in (1..WAYS).rev() {
                let word = self.word(way);
                found = select_unpredictable(word.is_of(tag), (way, word), found);
            }
        }
        let (way, word) = found;
        if way == WAYS {
            return None;
        }
        let stamp = word.stamp();
        (!stamp.is_junk_at(now)).then_some(Place::of_mine(way, word, stamp))
    }

    /// Scans the set once. `None`: the clock moved, scan again.
    fn find(self, tag: Tag, now: Stamp) -> Option<Place> {
        // The victim is chosen among the very words in which the key was not found.
        let mut words = [Word::EMPTY; WAYS];
        for (way, word) in self.words().enumerate() {
            if word.is_of(tag) {
                let stamp = self.effective(word, now)?;
                return Some(Place::of_mine(way, word, stamp));
            }
            words[way] = word;
        }
        self.victim(&words, now)
    }

    fn victim(self, words: &[Word; WAYS], now: Stamp) -> Option<Place> {
        let mut victim: Option<Place> = None;
        for (way, &word) in words.iter().enumerate() {
            let stamp = self.effective(word, now)?;
            if victim.is_none_or(|smallest| stamp < smallest.stamp) {
                victim = Some(Place {
                    way,
                    word,
                    stamp,
                    is_victim: true,
                });
            }
        }
        victim
    }

    /// The word's stamp, or zero if it is junk. `None`: the clock moved, scan again.
    #[inline]
    fn effective(self, word: Word, now: Stamp) -> Option<Stamp> {
        let stamp = word.stamp();
        if !stamp.is_junk_at(now) {
            return Some(stamp);
        }
        self.zero_if_junk(stamp)
    }

    /// This process may have been suspended since it read the clock: then the word is fresh and the reading
    /// old. Only a second reading shows it.
    #[cold]
    fn zero_if_junk(self, stamp: Stamp) -> Option<Stamp> {
        stamp.is_junk_at(self.now()).then_some(Stamp::ZERO)
    }

    /// Stores a firing of `tag` in `place`, unless another call changed it first.
    #[inline]
    fn fire(self, place: Place, stamp: Stamp, tag: Tag) -> Option<Admission> {
        let word = Word::fired(stamp, tag);
        let index = (self.first + place.way) as u32;
        let is_new = place.is_victim;
        self.swap(place.way, place.word, word).then_some(Admission {
            index,
            is_new,
            word,
        })
    }

    #[inline]
    fn swap(self, way: usize, old: Word, new: Word) -> bool {
        self.slots[way]
            .compare_exchange(old.bits(), new.bits(), Relaxed, Relaxed)
            .is_ok()
    }
}

impl Place {
    /// The place where the key was found.
    #[inline]
    fn of_mine(way: usize, word: Word, stamp: Stamp) -> Self {
        let is_victim = false;
        Self {
            way,
            word,
            stamp,
            is_victim,
        }
    }

    /// The smallest stamp that a firing may leave here. A firing that replaces another key's or a cancelled
    /// one exceeds its stamp, so the word never again equals a value that another call may hold.
    #[inline]
    fn floor(self) -> Stamp {
        if self.is_victim || self.word.is_void() {
            self.stamp.next()
        } else {
            self.stamp
        }
    }

    /// How long the word keeps its key from firing: not at all if it is another key's, if the firing was
    /// cancelled, or if its stamp is junk, which is passed as zero and does not say when it was.
    #[inline]
    fn remaining(self, now: Stamp, window_ms: u64) -> Option<Duration> {
        let age = self.stamp.age_at(now);
        let is_mine = !self.is_victim && !self.word.is_void();
        let counts = is_mine && self.stamp == self.word.stamp() && age < window_ms;
        counts.then(|| Duration::from_millis(window_ms - age))
    }
}

//! The packed word: a key's complete state in 64 bits.
//!
//! ```text
//!  63                        24   23   22                    0
//! ┌────────────────────────────┬──────┬───────────────────────┐
//! │ stamp: ms since 2025-01-01 │ void │ tag: 23 bits, never 0 │      0 = never used
//! └────────────────────────────┴──────┴───────────────────────┘
//! ```
//!
//! This layout is part of the state file's format: a change requires a new layout version.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bits of a tag.
pub(crate) const TAG_BITS: u32 = 23;
const VOID_BIT: u64 = 1 << TAG_BITS;
const TAG_MASK: u64 = VOID_BIT - 1;
const STAMP_SHIFT: u32 = TAG_BITS + 1;
const STAMP_MASK: u64 = (1 << (64 - STAMP_SHIFT)) - 1;

/// 2025-01-01T00:00:00Z in milliseconds since 1970-01-01 UTC.
const EPOCH_UNIX_MS: u64 = 1_735_689_600_000;

/// How far ahead of the clock a stamp may be before it counts as junk, in milliseconds.
const JUNK_AHEAD_MS: u64 = 10_000;

/// A time in milliseconds since 2025-01-01 UTC, modulo 2^40 (34.8 years).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(u64);

impl Stamp {
    /// The smallest stamp, and that of an unused word.
    pub const ZERO: Self = Self(0);
    /// The largest stamp.
    pub const MAX: Self = Self(STAMP_MASK);

    /// The stamp of a wall-clock reading in milliseconds since 1970-01-01 UTC.
    ///
    /// A clock before 2025 wraps to large stamps that keep ticking, instead of staying at zero: a machine
    /// without a set clock throttles like any other.
    pub const fn from_unix_ms(unix_ms: u64) -> Self {
        Self(unix_ms.wrapping_sub(EPOCH_UNIX_MS) & STAMP_MASK)
    }

    /// Milliseconds since 1970-01-01 UTC, for a stamp taken between 2025 and 2059.
    pub const fn unix_ms(self) -> u64 {
        self.0 + EPOCH_UNIX_MS
    }

    /// The stamp as a number of milliseconds below 2^40.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Milliseconds from `self` to `now`; 0 if `self` is later.
    pub const fn age_at(self, now: Self) -> u64 {
        now.0.saturating_sub(self.0)
    }

    /// Whether this stamp is junk for the clock reading `now`: more than 10 s in the future.
    pub const fn is_junk_at(self, now: Self) -> bool {
        self.0 > now.0 + JUNK_AHEAD_MS
    }

    /// The stamp `ms` milliseconds earlier, or zero.
    #[must_use]
    pub const fn earlier(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }

    /// The next stamp; the largest stays where it is.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 == STAMP_MASK {
            self
        } else {
            Self(self.0 + 1)
        }
    }
}

/// Identifies the key of a word within its set: 23 bits of the key's hash, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag(NonZeroU32);

impl Tag {
    /// The tag made of the low 23 bits; 0 becomes 1.
    pub const fn from_bits(bits: u32) -> Self {
        match NonZeroU32::new(bits & TAG_MASK as u32) {
            Some(bits) => Self(bits),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// The tag as a number from 1 to 2^23 - 1.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// The content of a slot: a key's last firing, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word(u64);

impl Word {
    /// An unused slot.
    pub const EMPTY: Self = Self(0);

    /// The word of a key that fired at `stamp`.
    pub const fn fired(stamp: Stamp, tag: Tag) -> Self {
        Self(stamp.0 << STAMP_SHIFT | tag.get() as u64)
    }

    /// The same firing, cancelled: it keeps its place and order, and suppresses nothing.
    #[must_use]
    pub const fn voided(self) -> Self {
        Self(self.0 | VOID_BIT)
    }

    /// The raw bits, as in the state file.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The word of raw bits. Every bit pattern is valid.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// When the key last fired; zero for an empty word.
    pub const fn stamp(self) -> Stamp {
        Stamp(self.0 >> STAMP_SHIFT)
    }

    /// Whether this is a firing of `tag`, cancelled or not.
    pub const fn is_of(self, tag: Tag) -> bool {
        self.0 & TAG_MASK == tag.get() as u64
    }

    /// The firing in the word; none if it is empty.
    pub fn firing(self) -> Option<Firing> {
        let at = UNIX_EPOCH + Duration::from_millis(self.stamp().unix_ms());
        let is_cancelled = self.is_void();
        (self != Self::EMPTY).then_some(Firing { at, is_cancelled })
    }

    /// Whether the firing was cancelled.
    pub const fn is_void(self) -> bool {
        self.0 & VOID_BIT != 0
    }
}

/// The last known firing of a key.
///
/// ```
/// # use std::time::Duration;
/// # let dir = tempfile::tempdir()?;
/// # let throttle = herald_throttle::Throttle::open(&dir)?;
/// assert_eq!(throttle.recall("report"), None);
/// let _ = throttle.admit("report", Duration::from_secs(60));
/// let firing = throttle.recall("report").expect("it has fired");
/// assert!(!firing.is_cancelled && firing.at.elapsed()? < Duration::from_secs(60));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Firing {
    /// The time of the firing.
    pub at: SystemTime,
    /// Whether it was cancelled, so that it suppresses nothing.
    pub is_cancelled: bool,
}

#[cfg(all(test, not(herald_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_firing_round_trips(millis in 0..=STAMP_MASK, bits in 1..=TAG_MASK as u32) {
            let (stamp, tag) = (Stamp(millis), Tag::from_bits(bits));
            let word = Word::fired(stamp, tag);
            prop_assert_eq!(word.stamp(), stamp);
            prop_assert!(word.is_of(tag));
            prop_assert!(!word.is_void());
            prop_assert_ne!(word, Word::EMPTY);

            let void = word.voided();
            prop_assert!(void.is_void());
            prop_assert_eq!(void.stamp(), stamp);
            prop_assert!(void.is_of(tag));
            prop_assert_eq!(void.voided(), void);
        }

        #[test]
        fn bits_round_trip(bits: u64) {
            prop_assert_eq!(Word::from_bits(bits).bits(), bits);
        }

        #[test]
        fn words_of_one_tag_order_by_stamp(a in 0..=STAMP_MASK, b in 0..=STAMP_MASK, bits: u32) {
            let tag = Tag::from_bits(bits);
            let (first, second) = (Word::fired(Stamp(a), tag), Word::fired(Stamp(b), tag));
            prop_assert_eq!(first.bits().cmp(&second.bits()), a.cmp(&b));
        }

        #[test]
        fn unix_time_round_trips_between_2025_and_2059(ms in EPOCH_UNIX_MS..EPOCH_UNIX_MS + STAMP_MASK) {
            prop_assert_eq!(Stamp::from_unix_ms(ms).unix_ms(), ms);
        }
    }

    #[test]
    fn a_clock_before_2025_still_ticks() {
        let reset = Stamp::from_unix_ms(0);
        assert!(reset > Stamp::ZERO);
        assert_eq!(reset.age_at(Stamp::from_unix_ms(60_000)), 60_000);
    }

    #[test]
    fn junk_begins_ten_seconds_ahead() {
        let now = Stamp(5_000);
        assert!(!Stamp(15_000).is_junk_at(now));
        assert!(Stamp(15_001).is_junk_at(now));
        assert!(!Stamp::MAX.is_junk_at(Stamp::MAX));
    }

    #[test]
    fn the_top_stamp_has_no_next() {
        assert_eq!(Stamp::MAX.next(), Stamp::MAX);
        assert_eq!(Stamp::ZERO.next(), Stamp(1));
    }

    #[test]
    fn a_tag_is_never_zero() {
        assert_eq!(Tag::from_bits(0).get(), 1);
        assert_eq!(Tag::from_bits(1 << TAG_BITS).get(), 1);
    }
}

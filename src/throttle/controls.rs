//! Controls: mute, snooze and master volume, in one word shared by all processes of a user; and the mute of a
//! fleet in a second word, which its relay keeps.
//!
//! ```text
//!  63      62                    31 30            11   10    9            0
//! ┌───────┬────────────────────────┬────────────────┬───────┬──────────────┐
//! │ muted │ end of the snooze: s   │ length of the  │ fleet │ volume: 1 +  │     0 = nothing set
//! │       │ since 2025-01-01 UTC   │ snooze: s      │       │ thousandths  │
//! └───────┴────────────────────────┴────────────────┴───────┴──────────────┘
//! ```
//!
//! This layout is part of the state file's format. Every bit pattern is valid: a volume beyond the range is
//! full volume, and a snooze of length 0 is none.
//!
//! The fleet's word has only a snooze. Readers see it in place of the user's own, if it ends later, with the bit
//! `fleet`; in the file that bit is spare, and preserved. So a change of the user's own word never ends the
//! fleet's mute, and the other way round.
//!
//! # Invariants
//!
//! - Every change is one compare-and-swap that preserves the other fields: a mute and a volume set at the
//!   same moment both take effect.
//! - A snooze ends by itself, by the reader's clock. It is in force only from its start to its end, so that
//!   setting the clock back ends it early rather than extends it.
//!
//! # Concurrency
//!
//! Relaxed throughout: the word publishes no other memory, and a compare-and-swap only needs the order of
//! changes of this one word (coherence).
//!
//! # Limits
//!
//! Ends are whole seconds, rounded up, and wrap after 136 years; a snooze is at most [`LONGEST_SNOOZE`].
//! Volumes are in thousandths.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::sync::{AtomicU64, Ordering::Relaxed};

/// The longest snooze: 7 days.
///
/// ```
/// assert_eq!(herald_throttle::LONGEST_SNOOZE.as_secs(), 7 * 24 * 60 * 60);
/// ```
pub const LONGEST_SNOOZE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const MUTED_BIT: u64 = 1 << 63;
const END_SHIFT: u32 = 31;
/// The snooze is the fleet's.
const FLEET_BIT: u64 = 1 << 10;
const LENGTH_SHIFT: u32 = 11;
const LENGTH_MASK: u64 = (1 << 20) - 1;
const SNOOZE_MASK: u64 = (u32::MAX as u64) << END_SHIFT | LENGTH_MASK << LENGTH_SHIFT;
const VOLUME_MASK: u64 = (1 << 10) - 1;
const FULL_VOLUME: u16 = 1_000;

/// 2025-01-01T00:00:00Z in seconds since 1970-01-01 UTC.
const EPOCH_UNIX_S: u64 = 1_735_689_600;

/// The controls in force for all sounds of a user.
///
/// ```
/// use herald_throttle::Controls;
///
/// let controls = Controls::default();
/// assert!(!controls.is_muted());
/// assert_eq!(controls.volume(), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls(u64);

impl Controls {
    /// Whether everything is muted, until it is unmuted.
    pub const fn is_muted(self) -> bool {
        self.0 & MUTED_BIT != 0
    }

    /// The master volume: a factor from 0 to 1 on top of the configured volume.
    pub fn volume(self) -> f32 {
        f32::from(self.thousandths().unwrap_or(FULL_VOLUME)) / f32::from(FULL_VOLUME)
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Controls {
    /// Nothing is set: every sound plays at its own volume.
    pub const NONE: Self = Self(0);

    /// The raw bits, as in the state file.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The controls of raw bits. Every bit pattern is valid.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The last requested snooze, whether or not it has ended.
    pub const fn snooze(self) -> Snooze {
        Snooze {
            end: (self.0 >> END_SHIFT) as u32,
            length: (self.0 >> LENGTH_SHIFT & LENGTH_MASK) as u32,
        }
    }

    /// The master volume in thousandths, from 0 to 1000; `None` if it was never set, or reset.
    pub fn thousandths(self) -> Option<u16> {
        let stored = (self.0 & VOLUME_MASK) as u16;
        stored.checked_sub(1).map(|volume| volume.min(FULL_VOLUME))
    }

    /// Why sound is off at `unix_ms` milliseconds since 1970, if it is.
    pub fn silence(self, unix_ms: u64) -> Option<Silence> {
        if self.is_muted() {
            return Some(Silence::Muted);
        }
        if let Some(ends_in) = self.snooze().left(unix_ms) {
            return Some(match self.0 & FLEET_BIT {
                0 => Silence::Snoozed { ends_in },
                _ => Silence::Fleet { ends_in },
            });
        }
        (self.thousandths() == Some(0)).then_some(Silence::TurnedDown)
    }

    /// With mute.
    #[must_use]
    pub const fn muted(self) -> Self {
        Self(self.0 | MUTED_BIT)
    }

    /// Without mute and snooze.
    #[must_use]
    pub const fn unmuted(self) -> Self {
        Self(self.0 & !(MUTED_BIT | SNOOZE_MASK))
    }

    /// Without mute and snooze, if one of them is in force at `unix_ms` milliseconds since 1970; else with
    /// mute.
    #[must_use]
    pub fn toggled(self, unix_ms: u64) -> Self {
        match self.silence(unix_ms) {
            Some(Silence::Muted | Silence::Snoozed { .. }) => self.unmuted(),
            Some(Silence::TurnedDown | Silence::Session | Silence::Fleet { .. }) | None => {
                self.muted()
            }
        }
    }

    /// Without snooze.
    #[must_use]
    pub const fn unsnoozed(self) -> Self {
        Self(self.0 & !SNOOZE_MASK)
    }

    /// With `snooze` in place of an earlier one.
    #[must_use]
    pub const fn snoozed(self, snooze: Snooze) -> Self {
        let Snooze { end, length } = snooze;
        let snooze = (end as u64) << END_SHIFT | (length as u64 & LENGTH_MASK) << LENGTH_SHIFT;
        Self(self.0 & !SNOOZE_MASK | snooze)
    }

    /// With the snooze of the fleet's word `fleet`, if it ends after the own one at `unix_ms` milliseconds since
    /// 1970: what readers see.
    #[must_use]
    pub fn beneath(self, fleet: Self, unix_ms: u64) -> Self {
        match fleet.snooze().left(unix_ms) > self.snooze().left(unix_ms) {
            true => Self(self.snoozed(fleet.snooze()).0 | FLEET_BIT),
            false => Self(self.0 & !FLEET_BIT),
        }
    }

    /// With the master volume changed by `by`, clamped to the range.
    #[must_use]
    pub fn louder_by(self, by: f32) -> Self {
        self.at_volume(Some(self.volume() + by))
    }

    /// With the master volume `volume`, a factor from 0 to 1; `None` resets it. Clamped to the range; NaN is
    /// silence.
    #[must_use]
    pub fn at_volume(self, volume: Option<f32>) -> Self {
        // The cast saturates, and converts NaN to 0.
        let thousandths = |volume: f32| (volume * f32::from(FULL_VOLUME)).round() as u16;
        let stored = volume.map_or(0, |volume| 1 + thousandths(volume).min(FULL_VOLUME));
        Self(self.0 & !VOLUME_MASK | u64::from(stored))
    }
}

/// A period without sounds, which ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snooze {
    /// In seconds since 2025-01-01 UTC, modulo 2^32.
    end: u32,
    /// In seconds; 0 means no snooze.
    length: u32,
}

impl Snooze {
    /// A snooze of `length`, starting at `unix_ms` milliseconds since 1970; its end is rounded up to a whole
    /// second.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Range`] if it is zero or longer than [`LONGEST_SNOOZE`].
    pub fn new(unix_ms: u64, length: Duration) -> Result<Self> {
        let refuse = |why: &str| {
            let error = Error::new(ErrorKind::Range, "cannot snooze").because(why);
            Err(error.with_hint("give a time up to 7 days, such as 30m"))
        };
        if length.is_zero() {
            return refuse("the time must be more than 0");
        }
        if length > LONGEST_SNOOZE {
            return refuse("longer than 7 days");
        }
        let start = unix_ms / 1_000;
        let end = (u128::from(unix_ms) + length.as_nanos().div_ceil(1_000_000)).div_ceil(1_000);
        Ok(Self {
            end: end.wrapping_sub(EPOCH_UNIX_S.into()) as u32,
            length: (end - u128::from(start)) as u32,
        })
    }

    /// The time left at `unix_ms` milliseconds since 1970; `None` if it is over, or has not begun because the
    /// clock was set back.
    pub fn left(self, unix_ms: u64) -> Option<Duration> {
        // All modulo 2^32, so that it also works on a machine whose clock was never set.
        let now = (unix_ms / 1_000).wrapping_sub(EPOCH_UNIX_S) as u32;
        let start = self.end.wrapping_sub(self.length);
        let is_in_force = now.wrapping_sub(start) < self.length;
        let seconds = u64::from(self.end.wrapping_sub(now));
        is_in_force.then(|| Duration::from_millis(seconds * 1_000 - unix_ms % 1_000))
    }
}

/// Why sound is off.
///
/// ```
/// use herald_throttle::Silence;
///
/// assert_eq!(Silence::Muted.reason(), "muted");
/// assert_eq!(Silence::Muted.hint(), "herald unmute");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Silence {
    /// Everything is muted.
    Muted,
    /// Everything is muted for a while.
    Snoozed {
        /// The time left.
        ends_in: Duration,
    },
    /// The master volume is 0.
    TurnedDown,
    /// `HERALD_MUTE` mutes this process and those that it starts.
    Session,
    /// The fleet is muted for a while.
    Fleet {
        /// The time left.
        ends_in: Duration,
    },
}

impl Silence {
    /// For programs: `muted` or `snoozed`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Muted | Self::TurnedDown | Self::Session | Self::Fleet { .. } => "muted",
            Self::Snoozed { .. } => "snoozed",
        }
    }

    /// The command that ends it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Muted | Self::Snoozed { .. } => "herald unmute",
            Self::TurnedDown => "herald volume --reset",
            Self::Session => "unset HERALD_MUTE",
            Self::Fleet { .. } => "herald fleet unmute",
        }
    }
}

/// `muted`, `snoozed (12m 3s left)`
impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, ends_in) = match self {
            Self::Muted => return f.write_str("muted"),
            Self::TurnedDown => return f.write_str("master volume 0 (silent)"),
            Self::Session => return f.write_str("muted by HERALD_MUTE"),
            Self::Snoozed { ends_in } => ("snoozed", ends_in),
            Self::Fleet { ends_in } => ("muted by the fleet", ends_in),
        };
        write!(f, "{what} (")?;
        // In whole seconds, so that 30 minutes are not shown as 30 minutes and 1 second.
        let whole = ends_in.as_secs().max(1);
        let mut rest = whole;
        let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
        let largest = units.iter().skip_while(|(_, seconds)| whole < *seconds);
        for (unit, seconds) in largest.take(2) {
            if rest >= *seconds {
                write!(f, "{}{unit} ", rest / seconds)?;
                rest %= seconds;
            }
        }
        f.write_str("left)")
    }
}

impl From<Silence> for Error {
    fn from(silence: Silence) -> Self {
        Self::new(ErrorKind::Muted, silence.to_string()).with_hint(silence.hint())
    }
}

/// Applies `change` to the controls in `word`, and returns the result.
///
/// After losing a race, applies `change` to the other's result. So no change is lost, and `change` may be
/// called more than once.
pub fn change(word: &AtomicU64, change: impl Fn(Controls) -> Controls) -> Controls {
    // Relaxed, here and below: the partner is the same compare-and-swap of another process on this word. An
    // old value read here makes the swap fail, which then returns the latest.
    let mut found = word.load(Relaxed);
    loop {
        let changed = change(Controls(found));
        match word.compare_exchange(found, changed.0, Relaxed, Relaxed) {
            Ok(_) => return changed,
            Err(latest) => found = latest,
        }
    }
}

#[cfg(all(test, not(herald_loom)))]
mod tests;

//! The server between the machines.
//!
//! One implementation, [`redis::Server`]. Every method may fail with [`ErrorKind::State`](herald_audio::ErrorKind::State)
//! when the server is away. The next call connects again, after a pause that grows up to a few seconds.

pub mod redis;

use std::fmt;
use std::time::Duration;

use herald_audio::Result;

/// The place of an entry in a stream: the server's milliseconds since 1970-01-01 UTC, and a number within them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Milliseconds since 1970-01-01 UTC by the server's clock, unless a box chose them.
    pub ms: u64,
    /// The number within the millisecond.
    pub number: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

/// What was read of a box's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The box: the name of its login, and so of its stream.
    pub from: String,
    /// Its place.
    pub id: EntryId,
    /// How old it is in milliseconds by the server's clock, if it was read back: after a connection, or after a
    /// second without reading. Negative if it claims to be from the future. None if it came while this desk waited.
    pub age_ms: Option<i64>,
    /// The message as the box wrote it.
    pub body: Vec<u8>,
}

/// What a desk has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// The entries of other boxes, in the order of their places.
    pub entries: Vec<Entry>,
    /// Whether controls and presence may have changed since the last call.
    pub is_news: bool,
}

/// Who may sound under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// This desk.
    Won,
    /// Another desk.
    Lost,
}

/// The fleet's mute or snooze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mute {
    /// How long it lasts from now.
    pub ends_in: Duration,
}

/// A desk that is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Its name.
    pub name: String,
    /// How long ago somebody was known to be at it; none if nobody ever was.
    pub active_ago: Option<Duration>,
}

/// The server between the machines.
pub trait Engine: Send {
    /// Appends `body` to this box's own stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](herald_audio::ErrorKind::State) if the server is away or refuses: of a reply that was
    /// lost nobody knows whether it was appended, so the caller appends the same `body` again.
    fn append(&mut self, body: &[u8]) -> Result<()>;

    /// Waits up to `patience` for entries of all other boxes, and as long while the server is away.
    ///
    /// # Errors
    ///
    /// As [`Self::append`]. Nothing is lost: the next call begins with what the server kept.
    fn follow(&mut self, patience: Duration) -> Result<Followed>;

    /// Claims `key` for this desk and for `window`. A claim of this desk is renewed.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn claim(&mut self, key: &str, window: Duration) -> Result<Claim>;

    /// Gives a claim of this desk back, because it did not sound.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn release(&mut self, key: &str) -> Result<()>;

    /// The fleet's mute or snooze, if one is in force.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn controls(&mut self) -> Result<Option<Mute>>;

    /// Mutes the fleet for `time`; none unmutes it. All desks are told at once.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn set_controls(&mut self, time: Option<Duration>) -> Result<()>;

    /// The desks that are present, this one included.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn presence(&mut self) -> Result<Vec<Desk>>;

    /// Says that this desk is present, and how long ago somebody was known to be at it; none if that is not known.
    /// An earlier word that is newer stands. Removes what no desk may play any more.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn announce(&mut self, active_ago: Option<Duration>) -> Result<()>;

    /// Whether a desk is present, or the fleet is muted: then a box does not play its own sounds.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    fn is_attended(&mut self) -> Result<bool>;
}

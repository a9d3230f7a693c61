//! What is said to the player, and what it answers: a JSON object a message.
//!
//! A message is data and carries no authority: it says what happened and what may sound for it, and
//! all of it is bounded. What a player uses to make it sound is its own: see
//! [`Authority`](super::Authority). The protocol's version is in the name of the player's inbox and in
//! each message, so that a program never talks to a player of another version; members that a player
//! does not know it passes over, so that new ones need no new version.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::inbox;
pub use super::reply_to::ReplyTo;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::payload::text::start_of;
use crate::playback::Playback;
use crate::sound::Sound;
use crate::system::stopwatch::boot_ms;
use crate::throttle::Admission;

/// The protocol's version.
pub const VERSION: u32 = 5;
/// The longest message, in bytes.
pub const MAX_MESSAGE_LEN: usize = inbox::MAX_LEN;
/// The longest name of an event, in bytes.
pub const MAX_EVENT_LEN: usize = 256;
/// The longest path, in bytes.
pub const MAX_PATH_LEN: usize = 4096;
/// The most sounds of a request.
pub const MAX_SOUNDS: usize = 8;
/// The most bytes of the paths of all sounds of a request that has several files: the message has room
/// for them, whatever else it says.
const MAX_PATHS_LEN: usize = 2048;
/// The most throttle marks of a request.
pub const MAX_ADMISSIONS: usize = 8;

/// Something the player shall do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Make a sound. If `reply_to` says where, it tells the [`Outcome`].
    Play(Box<Request>),
    /// Tell the [`Status`].
    Status {
        /// Who wants to know.
        reply_to: ReplyTo,
    },
    /// Take no more requests, tell the last [`Status`], and leave when the last sound has ended.
    Stop {
        /// Who wants to know.
        reply_to: ReplyTo,
    },
}

/// A message as it travels.
#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    version: u32,
    message: M,
}

/// What every version of the protocol has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Message {
    /// The message as it travels.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sound`] if a path is not Unicode or the message is too long.
    pub fn encode(&self) -> Result<String> {
        let text = serde_json::to_string(&Envelope {
            version: VERSION,
            message: self,
        });
        let text = text.map_err(|error| {
            Error::new(ErrorKind::Sound, "cannot send this sound to the player").because(error)
        })?;
        if text.len() > MAX_MESSAGE_LEN {
            return Err(
                Error::new(ErrorKind::Sound, "the request to the player is too long")
                    .with_hint("use shorter paths"),
            );
        }
        Ok(text)
    }

    /// The message that has travelled as `text`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if it is none of this version, or goes beyond what is allowed.
    pub fn decode(text: &[u8]) -> Result<Self> {
        let not_understood = || Error::new(ErrorKind::Player, "invalid message");
        if text.len() > MAX_MESSAGE_LEN {
            return Err(not_understood().because("too long"));
        }
        let unreadable = |error| not_understood().because(error);
        let Version { version } = serde_json::from_slice(text).map_err(unreadable)?;
        if version != VERSION {
            return Err(not_understood().because(format!("unsupported version {version}")));
        }
        let Envelope { message, .. } = serde_json::from_slice(text).map_err(unreadable)?;
        if let Self::Play(request) = &message {
            request
                .check()
                .map_err(|why| not_understood().because(why))?;
        }
        Ok(message)
    }
}

/// A request to make a sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The event, or the finer key that is configured for it, or the sound that was asked for.
    pub event: String,
    /// Whether its sounds are the user's own: a project's are heard for ten seconds.
    #[serde(default)]
    pub is_users: bool,
    /// The directory of the project it happened in.
    #[serde(default)]
    pub project: Option<String>,
    /// What shall sound: the first of them that can.
    pub sounds: Vec<Sound>,
    /// Volume from 0 to 1, where 1 is the sound's own level.
    pub volume: f32,
    /// How it gets on with other sounds.
    pub playback: Playback,
    /// When it was asked for.
    pub asked: Moment,
    /// Throttle marks to take back if it will not sound: index and bits of each word.
    pub admissions: Vec<(usize, u64)>,
    /// Who wants to know the [`Outcome`].
    #[serde(default)]
    pub reply_to: Option<ReplyTo>,
}

impl Request {
    /// A request of now to make the first of `sounds` that can because of `event`. What goes beyond
    /// what is allowed is left out.
    pub fn new(event: &str, mut sounds: Vec<Sound>, volume: f32) -> Self {
        sounds.truncate(MAX_SOUNDS);
        let (mut number, mut paths_len) = (0.., 0);
        sounds.retain(|sound| {
            let is_first = number.next() == Some(0);
            paths_len += sound.path().map_or(0, |path| path.as_os_str().len());
            is_first || sound.path().is_none() || paths_len <= MAX_PATHS_LEN
        });
        Self {
            event: start_of(event, MAX_EVENT_LEN).to_owned(),
            is_users: false,
            project: None,
            sounds,
            volume,
            playback: Playback::default(),
            asked: Moment::now(),
            admissions: Vec::new(),
            reply_to: None,
        }
    }

    /// The throttle marks to take back if it will not sound.
    pub fn admissions(&self) -> impl Iterator<Item = Admission> {
        self.admissions.iter().copied().map(Admission::from_parts)
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        let is_path = |path: &str| path.len() <= MAX_PATH_LEN && Path::new(path).is_absolute();
        if !(0.0..=1.0).contains(&self.volume) {
            return Err("the volume is not between 0 and 1");
        }
        if !self.playback.is_sane() {
            return Err("a playback setting is out of range");
        }
        if self.event.len() > MAX_EVENT_LEN || self.admissions.len() > MAX_ADMISSIONS {
            return Err("the event or the list of admissions is too long");
        }
        if !(1..=MAX_SOUNDS).contains(&self.sounds.len()) {
            return Err("no sound, or too many");
        }
        let files = self.sounds.iter().filter_map(Sound::path);
        let projects = self.project.iter().map(|project| Some(project.as_str()));
        let mut paths = files.map(Path::to_str).chain(projects);
        if !paths.all(|path| path.is_some_and(is_path)) {
            return Err("a path is too long or not absolute");
        }
        Ok(())
    }
}

/// A moment, by the clock on the wall and by one that nobody sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since 1970-01-01 UTC.
    pub unix_ms: u64,
    /// Milliseconds since the system was started, suspended time included.
    pub boot_ms: u64,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self {
            unix_ms: SystemClock.unix_ms(),
            boot_ms: boot_ms(),
        }
    }

    /// How long it is past, however the clock on the wall was set meanwhile.
    pub fn age(self) -> Duration {
        Duration::from_millis(boot_ms().saturating_sub(self.boot_ms))
    }
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// It was heard, to its end.
    Played {
        /// What it came out of, for people.
        through: String,
    },
    /// It began, and made way for a newer sound.
    Stopped,
    /// It was not heard, or not all of it.
    Failed {
        /// Why.
        reason: String,
    },
}

/// How a player is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of its program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// For how long it has been running, in milliseconds.
    pub running_ms: u64,
    /// When it leaves unless it is needed before, in milliseconds from now.
    pub leaves_in_ms: u64,
    /// Requests it got.
    pub requests: u64,
    /// Those that sound or wait.
    pub open: u64,
    /// Bytes of decoded sounds that it keeps.
    pub kept_bytes: usize,
}

#[cfg(test)]
mod tests;

//! The protocol between clients and the player: each message is a JSON object.
//!
//! A message is data without authority: it says what happened and which sounds may be played, within limits.
//! The player's own settings decide how: see [`Authority`](super::Authority). The protocol version is in the
//! name of the inbox and in each message, so programs never talk to a player of another version. Unknown
//! members are ignored, so adding members needs no new version.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::inbox;
pub use super::reply_to::ReplyTo;
#[cfg(feature = "playback")]
use crate::Throttle;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, FIELDS};
use crate::error::{Error, ErrorKind, Result};
use crate::payload::text::start_of;
use crate::playback::Playback;
#[cfg(feature = "playback")]
use crate::quiet_rule::QuietRule;
use crate::sound::Sound;
use crate::system::process::Process;
use crate::system::stopwatch::boot_ms;
use crate::throttle::Admission;
use crate::variation::VARIATIONS;

/// The protocol version.
pub(crate) const VERSION: u32 = 5;
/// The longest message, in bytes.
pub const MAX_MESSAGE_LEN: usize = inbox::MAX_LEN;
/// The longest event name, in bytes.
pub const MAX_EVENT_LEN: usize = 256;
/// The longest path, in bytes.
pub const MAX_PATH_LEN: usize = 4096;
/// The maximum number of sounds in a request.
pub const MAX_SOUNDS: usize = 8;
/// The limit for all paths together in a request with several files, in bytes, so that the message fits.
const MAX_PATHS_LEN: usize = 2048;
/// The maximum number of throttle marks in a request.
pub const MAX_ADMISSIONS: usize = 8;

/// The longest name of an agent or a session, in bytes.
const MAX_NAME_LEN: usize = 128;
/// The longest value for a command, in bytes.
const MAX_FIELD_LEN: usize = 256;
/// The longest throttle key in a request, in bytes.
pub(crate) const MAX_KEY_LEN: usize = 1024;
/// The maximum number of keys that hold a request.
const MAX_HELD_BY: usize = 2;

/// The key that each change of mute, snooze or volume fires.
pub(crate) const CONTROL: &str = "control";
/// The longest key of a session with a reminder, in bytes.
const MAX_REMINDER_KEY_LEN: usize = 256;
/// How far ahead a reminder may be, in milliseconds: a limit may last a week.
const MAX_REMINDER_MS: u64 = 8 * 24 * 60 * 60 * 1_000;

/// A message to the player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Play a sound; send the `Outcome` to `reply_to`, if set.
    Play(Box<Request>),
    /// Send the [`Status`].
    Status {
        /// The address of the answer.
        reply_to: ReplyTo,
    },
    /// Take no further requests, send the final [`Status`], and exit after the last sound.
    Stop {
        /// The address of the answer.
        reply_to: ReplyTo,
    },
}

/// A message with its protocol version.
#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    version: u32,
    message: M,
}

/// The part common to all versions of the protocol.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Message {
    /// Encodes the message.
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

    /// Decodes a message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if it has another version, is invalid, or exceeds a limit.
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

/// A request to play a sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The event, the configured finer key, or the requested sound.
    pub event: String,
    /// Whether the sounds are the user's own. A project's sound plays for at most ten seconds.
    #[serde(default)]
    pub is_users: bool,
    /// The directory of the project.
    #[serde(default)]
    pub project: Option<String>,
    /// The agent that reported the event, for the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The agent's session, for the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What the event is, if this machine belongs to a fleet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The box of the fleet that reported the event, for the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The candidate sounds: the first that can be played is used.
    pub sounds: Vec<Sound>,
    /// The volume from 0 to 1; 1 is the sound's own level.
    pub volume: f32,
    /// The playback settings.
    pub playback: Playback,
    /// The index of its variation in `VARIATIONS`, by which one hears whose it is; none for the sound itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<u8>,
    /// When it was requested.
    pub asked: Moment,
    /// Whether its outcome stays out of the log.
    #[serde(default)]
    pub is_unlogged: bool,
    /// The throttle marks to cancel if it does not sound, and that of its run: index and bits of each word.
    pub admissions: Vec<(usize, u64)>,
    /// The mark that the end of a session's turn is heard: cancelled if it fails, but not if it is kept quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<(usize, u64)>,
    /// The names of the rules in force that the player asks about before it plays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<String>,
    /// What the event says to the programs of the user's config, if it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// Whether the player has started that command.
    #[serde(skip)]
    pub has_run: bool,
    /// Keys of the throttle: for `settle_ms` of its playback it waits for one of them to be reset, and then
    /// nobody has to hear it. None if it does not wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<String>,
    /// When it is repeated, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind: Option<Reminder>,
    /// The address for the `Outcome`.
    #[serde(default)]
    pub reply_to: Option<ReplyTo>,
}

/// What an event is, whatever a config has a key for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The event with its detail.
    pub name: String,
    /// A hash of what tells events of one name apart, as in the throttle's key.
    pub detail: u64,
}

/// The beginning of `text` without control characters.
fn plain(text: &str, max_len: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    start_of(text, max_len).chars().map(plain).collect()
}

/// What an event says to programs of the user's config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// A throttle key for this run alone: the event's own key may fire again before the player reads this.
    pub key: String,
    /// The values of `FIELDS`.
    pub fields: BTreeMap<String, String>,
}

impl Run {
    /// What `event` says, without control characters and not too long.
    pub fn new(event: &str, fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let fields = fields.into_iter();
        let fields = fields.map(|(name, text)| (name.to_owned(), plain(&text, MAX_FIELD_LEN)));
        let number = RandomState::new().hash_one(std::process::id());
        Self {
            key: format!("{}{number:016x}", Self::prefix(event)),
            fields: fields.collect(),
        }
    }

    fn prefix(event: &str) -> String {
        format!("run\0{event}\0")
    }

    /// Whether its key is for `event`.
    #[cfg(feature = "playback")]
    fn is_for(&self, event: &str) -> bool {
        self.key.starts_with(&Self::prefix(event))
    }

    /// As variables of the command: `HERALD_EVENT` and so on.
    pub fn variables(&self) -> impl Iterator<Item = (String, String)> {
        let fields = self.fields.iter();
        fields.map(|(name, value)| {
            let name = format!("HERALD_{}", name.to_ascii_uppercase());
            (name, value.clone())
        })
    }

    fn is_sane(&self) -> bool {
        let is_sane = |(name, value): (&String, &String)| {
            FIELDS.contains(&&**name)
                && value.len() <= MAX_FIELD_LEN
                && !value.contains(char::is_control)
        };
        self.key.len() <= MAX_KEY_LEN && self.fields.iter().all(is_sane)
    }
}

/// When a sound is repeated, unless something happens in its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// The throttle key of the session.
    pub key: String,
    /// The mark of the event at that key, index and bits: a later one ends the reminder.
    pub mark: (usize, u64),
    /// Another key that ends it when it fires: of a subagent, that of the whole session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// The agent's process, if it is known: the reminder ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Process>,
    /// The times at which it is repeated, in milliseconds since 1970-01-01 UTC.
    pub at_ms: Vec<u64>,
}

impl Reminder {
    /// The beginning of the key of a session.
    pub const SESSION: &str = "session/";

    /// None if its keys are too long for a message.
    pub fn new(reminder: Self) -> Option<Self> {
        Some(reminder).filter(Self::is_sane)
    }

    fn is_sane(&self) -> bool {
        let longest = SystemClock.unix_ms() + MAX_REMINDER_MS;
        let mut keys = [&self.key].into_iter().chain(&self.ended_by);
        keys.all(|key| key.starts_with(Self::SESSION) && key.len() <= MAX_REMINDER_KEY_LEN)
            && (1..=config::MAX_TIMES).contains(&self.at_ms.len())
            && self.at_ms.is_sorted()
            && self.at_ms.iter().all(|at| *at <= longest)
    }
}

impl Request {
    /// A request, made now, to play the first playable of `sounds` for `event`. Values above the limits are
    /// omitted.
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
            agent: None,
            session: None,
            subject: None,
            from: None,
            sounds,
            volume,
            playback: Playback::default(),
            variation: None,
            asked: Moment::now(),
            is_unlogged: false,
            admissions: Vec::new(),
            heard: None,
            quiet: Vec::new(),
            run: None,
            has_run: false,
            held_by: Vec::new(),
            remind: None,
            reply_to: None,
        }
    }

    /// Says who reported the event.
    pub fn told_by(&mut self, agent: Option<&str>, session: Option<&str>) {
        let short = |name: Option<&str>| Some(plain(name?, MAX_NAME_LEN));
        (self.agent, self.session) = (short(agent), short(session));
    }

    /// The throttle marks to cancel if it does not sound.
    pub fn admissions(&self) -> impl Iterator<Item = Admission> {
        self.admissions.iter().copied().map(Admission::from_parts)
    }

    /// The mark for `run` in `throttle`: who has one can write the state file.
    #[cfg(feature = "playback")]
    pub(super) fn standing_mark(&self, run: &Run, throttle: &Throttle) -> Option<Admission> {
        let mut marks = self.admissions();
        marks.find(|mark| run.is_for(&self.event) && throttle.stands(&*run.key, *mark))
    }

    /// Whether the player asks about `rule` before it plays.
    #[cfg(feature = "playback")]
    pub(super) fn asks_about(&self, rule: QuietRule) -> bool {
        self.quiet.iter().any(|name| name == rule.name())
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        let is_path = |path: &str| path.len() <= MAX_PATH_LEN && Path::new(path).is_absolute();
        if !(0.0..=1.0).contains(&self.volume) {
            return Err("the volume is not between 0 and 1");
        }
        if !self.playback.is_sane() {
            return Err("a playback setting is out of range");
        }
        let is_known = |index: u8| usize::from(index) < VARIATIONS.len();
        if !self.variation.is_none_or(is_known) {
            return Err("the variation is out of range");
        }
        if self.event.len() > MAX_EVENT_LEN || self.admissions.len() > MAX_ADMISSIONS {
            return Err("the event or the list of admissions is too long");
        }
        let names = [&self.agent, &self.session, &self.from].into_iter();
        if names.flatten().any(|name| name.len() > MAX_NAME_LEN) {
            return Err("the name of the agent, the session or the box is too long");
        }
        let is_long = |subject: &Subject| subject.name.len() > MAX_EVENT_LEN;
        if self.subject.as_ref().is_some_and(is_long) {
            return Err("the name of what happened is too long");
        }
        if !self.run.as_ref().is_none_or(Run::is_sane) {
            return Err("a value for the command is too long or not plain text");
        }
        let is_key = |key: &String| key.len() <= MAX_KEY_LEN;
        if self.held_by.len() > MAX_HELD_BY || !self.held_by.iter().all(is_key) {
            return Err("it is held by too much");
        }
        if !self.remind.as_ref().is_none_or(Reminder::is_sane) {
            return Err("a reminder is out of range");
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

/// A point in time, on the wall clock and on a monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since 1970-01-01 UTC.
    pub unix_ms: u64,
    /// Milliseconds since boot, including suspended time.
    pub boot_ms: u64,
}

impl Moment {
    /// The current moment.
    pub fn now() -> Self {
        Self {
            unix_ms: SystemClock.unix_ms(),
            boot_ms: boot_ms(),
        }
    }

    /// The elapsed time, unaffected by changes of the wall clock.
    pub fn age(self) -> Duration {
        Duration::from_millis(boot_ms().saturating_sub(self.boot_ms))
    }
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// The sound was played to its end.
    Played {
        /// The output, for messages.
        through: String,
        /// By how much it was turned up or down for its loudness, in decibels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gain_db: Option<f32>,
    },
    /// The sound started and was replaced by a newer one.
    Stopped,
    /// The sound was not played, or not completely.
    Failed {
        /// The reason.
        reason: String,
    },
}

/// The status of a player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// The process id.
    pub pid: u32,
    /// The time since it started, in milliseconds.
    pub running_ms: u64,
    /// The time until it exits if it stays idle, in milliseconds.
    pub leaves_in_ms: u64,
    /// The number of requests received.
    pub requests: u64,
    /// The number of requests that play or wait.
    pub open: u64,
    /// The size of cached decoded sounds, in bytes.
    pub kept_bytes: usize,
    /// The number of sounds that are to be repeated.
    #[serde(default)]
    pub reminders: usize,
    /// The loudest sample since the last status, in thousandths of full scale.
    #[serde(default)]
    pub peak: u32,
}

#[cfg(test)]
mod tests;

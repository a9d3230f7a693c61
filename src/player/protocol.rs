//! What is said to the player, and what it answers: a JSON object a message.
//!
//! The protocol's version is in the name of the player's inbox and in each message, so that a
//! program never talks to a player of another version.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::inbox;
use crate::error::{Error, ErrorKind, Result};
use crate::log::Level;
use crate::playback::Playback;
use crate::sound::{Output, Sound};
use crate::sound_server::SoundServer;
use crate::throttle::Admission;

/// The protocol's version.
pub const VERSION: u32 = 4;
/// The longest message, in bytes.
pub const MAX_MESSAGE_LEN: usize = inbox::MAX_LEN;
/// Name of the player's inbox in the state directory.
pub(crate) const INBOX_NAME: &str = "player.v4.sock";
/// Name of the file whose lock makes a player the one of its state directory and version.
#[cfg(any(feature = "playback", all(feature = "cli", target_os = "linux")))]
pub(crate) const LOCK_NAME: &str = "player.v4.lock";

/// Something the player shall do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Make a sound. If `reply_to` says where, it tells the [`Outcome`].
    Play(Box<Request>),
    /// Tell the [`Status`].
    Status {
        /// The inbox that wants to know.
        reply_to: PathBuf,
    },
    /// Take no more requests, tell the last [`Status`], and leave when the last sound has ended.
    Stop {
        /// The inbox that wants to know.
        reply_to: PathBuf,
    },
}

/// A message as it travels.
#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    version: u32,
    message: M,
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
            Error::new(ErrorKind::Sound, "cannot ask the player for this sound").because(error)
        })?;
        if text.len() > MAX_MESSAGE_LEN {
            return Err(
                Error::new(ErrorKind::Sound, "the request to the player is too long")
                    .mend("use shorter paths"),
            );
        }
        Ok(text)
    }

    /// The message that has travelled as `text`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if it is none of this version.
    pub fn decode(text: &[u8]) -> Result<Self> {
        let not_understood = || Error::new(ErrorKind::Player, "a message was not understood");
        let Envelope { version, message } =
            serde_json::from_slice(text).map_err(|error| not_understood().because(error))?;
        if version != VERSION {
            return Err(not_understood().because(format!("it is of version {version}")));
        }
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
    /// The event, or whatever else asked; for the log.
    pub event: String,
    /// What shall sound.
    pub sound: Sound,
    /// Volume from 0 to 1, where 1 is the sound's own level.
    pub volume: f32,
    /// Where it shall sound.
    pub output: Output,
    /// The sound server of whoever asks.
    #[serde(default)]
    pub server: SoundServer,
    /// How it gets on with other sounds.
    pub playback: Playback,
    /// When it was asked for, in milliseconds since 1970-01-01 UTC.
    pub asked_ms: u64,
    /// Throttle marks to take back if it will not sound: index and bits of each word.
    pub admissions: Vec<(usize, u64)>,
    /// The config files behind it.
    #[serde(default)]
    pub config_files: Vec<PathBuf>,
    /// What is to be told of it in the log.
    pub log: Level,
    /// The inbox that wants to know the [`Outcome`].
    pub reply_to: Option<PathBuf>,
}

impl Request {
    /// A request to make `sound` because of `event`.
    pub fn new(
        event: impl Into<String>,
        sound: Sound,
        volume: f32,
        output: Output,
        asked_ms: u64,
    ) -> Self {
        Self {
            event: event.into(),
            sound,
            volume,
            output,
            server: SoundServer::default(),
            asked_ms,
            playback: Playback::default(),
            admissions: Vec::new(),
            config_files: Vec::new(),
            log: Level::default(),
            reply_to: None,
        }
    }

    /// The throttle marks to take back if it will not sound.
    pub fn admissions(&self) -> impl Iterator<Item = Admission> {
        self.admissions.iter().copied().map(Admission::from_parts)
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        if !(0.0..=1.0).contains(&self.volume) {
            return Err("its volume is not between 0 and 1");
        }
        if !self.playback.is_sane() {
            return Err("a number of its playback is out of range");
        }
        Ok(())
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
mod tests {
    use super::*;
    use crate::sound::Chime;

    fn request() -> Request {
        let sound = Sound::Chime(Chime::Finished);
        Request::new("Stop", sound, 0.5, Output::default(), 1)
    }

    #[test]
    fn messages_round_trip() {
        let mut request = request();
        request.sound = Sound::File("/sounds/päuse.wav".into());
        request.output = Output::Cpal(Some("HDMI".into()));
        request.server.address = Some("tcp:127.0.0.1:4713".to_owned());
        request.admissions.push((7, u64::MAX));
        request.reply_to = Some("/run/reply.sock".into());
        let reply_to = PathBuf::from("/run/reply.sock");
        for message in [
            Message::Play(request.into()),
            Message::Status {
                reply_to: reply_to.clone(),
            },
            Message::Stop { reply_to },
        ] {
            let text = message.encode().unwrap();
            assert_eq!(Message::decode(text.as_bytes()).unwrap(), message);
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let text = Message::Play(request().into()).encode().unwrap();
        for bad in [
            "".to_owned(),
            "{}".to_owned(),
            text.replace("\"version\":4", "\"version\":3"),
            text.replace("\"max_voices\":8", "\"max_voices\":0"),
            text.replace("0.5", "1.5"),
            text.replace("0.5", "null"),
            text.replace("play", "dance"),
            text[..text.len() - 1].to_owned(),
        ] {
            assert!(Message::decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_request_that_fits_no_message_is_an_error() {
        let mut request = request();
        request.sound = Sound::File("x".repeat(MAX_MESSAGE_LEN).into());
        let error = Message::Play(request.into()).encode().unwrap_err();
        assert!(error.to_string().contains("too long"));
    }
}

//! What a hook says to the player: one JSON object in one datagram.
//!
//! The protocol's version is in the socket's name and in each request, so that a program never
//! talks to a player of another version.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::sound::{Output, Sound};
use crate::throttle::Admission;

/// The protocol's version.
pub const VERSION: u32 = 2;
/// The longest request, in bytes: what every system's datagram sockets carry.
pub const MAX_REQUEST_LEN: usize = 8 * 1024;

/// Name of the player's socket in the state directory.
#[cfg(unix)]
pub(crate) const SOCKET_NAME: &str = "player.v2.sock";

/// A request to make a sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`].
    version: u32,
    /// The event, or whatever else asked; for the log.
    pub event: String,
    /// What shall sound.
    pub sound: Sound,
    /// Volume from 0 to 1, where 1 is the sound's own level.
    pub volume: f32,
    /// Where it shall sound.
    pub output: Output,
    /// How it gets on with other sounds.
    pub playback: Playback,
    /// When it was asked for, in milliseconds since 1970-01-01 UTC.
    pub asked_ms: u64,
    /// Throttle marks to take back if it will not sound: index and bits of each word.
    pub admissions: Vec<(usize, u64)>,
    /// A datagram socket that wants to know the [`Outcome`].
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
            version: VERSION,
            event: event.into(),
            sound,
            volume,
            output,
            playback: Playback::default(),
            asked_ms,
            admissions: Vec::new(),
            reply_to: None,
        }
    }

    /// The throttle marks to take back if it will not sound.
    pub fn admissions(&self) -> impl Iterator<Item = Admission> {
        self.admissions.iter().copied().map(Admission::from_parts)
    }

    /// The request as the content of a datagram.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sound`] if a path is not Unicode or the request is too long.
    pub fn encode(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|error| {
            Error::new(ErrorKind::Sound, "cannot ask the player for this sound").because(error)
        })?;
        if text.len() > MAX_REQUEST_LEN {
            return Err(
                Error::new(ErrorKind::Sound, "the request to the player is too long")
                    .mend("use shorter paths"),
            );
        }
        Ok(text)
    }

    /// The request in a datagram.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if it is no request of this version.
    pub fn decode(datagram: &[u8]) -> Result<Self> {
        let not_understood = || Error::new(ErrorKind::Player, "a request was not understood");
        let request: Self =
            serde_json::from_slice(datagram).map_err(|error| not_understood().because(error))?;
        if request.version != VERSION {
            return Err(not_understood().because(format!("it is of version {}", request.version)));
        }
        if !(0.0..=1.0).contains(&request.volume) {
            return Err(not_understood().because("its volume is not between 0 and 1"));
        }
        if !request.playback.is_sane() {
            return Err(not_understood().because("a number of its playback is out of range"));
        }
        Ok(request)
    }
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// It was heard, to its end.
    Played,
    /// It began, and made way for a newer sound.
    Stopped,
    /// It was not heard, or not all of it.
    Failed {
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::Chime;

    fn request() -> Request {
        Request::new(
            "Stop",
            Sound::Chime(Chime::Finished),
            0.5,
            Output::default(),
            1,
        )
    }

    #[test]
    fn requests_round_trip() {
        let mut request = request();
        request.sound = Sound::File("/sounds/päuse.wav".into());
        request.output = Output::Cpal(Some("HDMI".into()));
        request.admissions.push((7, u64::MAX));
        request.reply_to = Some("/run/reply.sock".into());
        let datagram = request.encode().unwrap();
        assert_eq!(Request::decode(datagram.as_bytes()).unwrap(), request);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let text = request().encode().unwrap();
        for bad in [
            "".to_owned(),
            "{}".to_owned(),
            text.replace("\"version\":2", "\"version\":1"),
            text.replace("\"max_voices\":8", "\"max_voices\":0"),
            text.replace("0.5", "1.5"),
            text.replace("0.5", "null"),
            text[..text.len() - 1].to_owned(),
        ] {
            assert!(Request::decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_request_that_fits_no_datagram_is_an_error() {
        let mut request = request();
        request.sound = Sound::File("x".repeat(MAX_REQUEST_LEN).into());
        assert!(
            request
                .encode()
                .unwrap_err()
                .to_string()
                .contains("too long")
        );
    }
}

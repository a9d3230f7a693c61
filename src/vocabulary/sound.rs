//! What can sound, and where to. Sounds travel from the hook to the player; where to is the player's
//! own to say.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::system::env::{self, Env};
use crate::system::external::ExternalPlayer;

/// A built-in sound: one for each family of events, made by the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chime {
    /// The agent needs you.
    Attention,
    /// Something is done.
    Finished,
    /// Something went wrong.
    Failed,
    /// Something begins.
    Started,
}

impl Chime {
    /// Every chime.
    pub const ALL: [Self; 4] = [Self::Attention, Self::Finished, Self::Failed, Self::Started];

    /// The chime called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chime| chime.name() == name)
    }

    /// The chime's name, as it is written in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Started => "started",
        }
    }
}

/// Something that can sound.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sound {
    /// A built-in sound.
    Chime(Chime),
    /// A sound file.
    File(PathBuf),
}

impl Sound {
    /// The sound file called `name`, from the working directory or from what `env` says of the home
    /// directory: for names that no config knows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sound`] if there is no such file.
    pub(crate) fn in_file(name: &str, env: &Env) -> Result<Self, Error> {
        let what = format!("no sound named {name:?}");
        let no_sound = Error::new(ErrorKind::Sound, what);
        let path = env.expand(name);
        if !path.exists() {
            return Err(no_sound.with_hint(
                "use an event such as Stop, a built-in sound (attention, finished, failed, \
                 started), or a sound file (WAV, MP3, Ogg Vorbis, FLAC)",
            ));
        }
        if !path.is_file() {
            return Err(no_sound.because("not a regular file"));
        }
        match std::path::absolute(&path) {
            Ok(path) => Ok(Self::File(path)),
            Err(error) => Err(no_sound.because(error)),
        }
    }

    /// The sound's file, unless it is built in.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Chime(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chime(chime) => write!(f, "builtin:{}", chime.name()),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Where sound goes: the value of `HERALD_OUTPUT`, and of `audio_settings.output` in the user's config.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Whatever works: the external player that the environment names, if it does, then the sound
    /// server, the sound card, and external players that are found.
    Auto(Option<ExternalPlayer>),
    /// A device found by cpal: the named one, else the default.
    Cpal(Option<String>),
    /// An external player: this one, else those that are found.
    Command(Option<ExternalPlayer>),
    /// A WAV file, written in real time.
    Wav(PathBuf),
    /// Nowhere, in real time.
    Null,
}

impl FromStr for Output {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        match (name.to_ascii_lowercase().as_str(), argument) {
            ("auto", None) => Ok(Self::Auto(None)),
            ("command", None) => Ok(Self::Command(None)),
            ("null", None) => Ok(Self::Null),
            ("cpal", device) => Ok(Self::Cpal(device.map(str::to_owned))),
            ("wav", Some(path)) if !path.is_empty() => std::path::absolute(path)
                .map(Self::Wav)
                .map_err(|error| unknown_output(text).because(error)),
            _ => Err(unknown_output(text)),
        }
    }
}

impl Output {
    /// The output called `text`, with paths as people write them: no shell expands what comes after
    /// `wav:`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if there is none.
    pub fn parse(text: &str, env: &Env) -> Result<Self, Error> {
        match text.split_once(':') {
            Some((name, path)) if name.eq_ignore_ascii_case("wav") && env::is_anchored(path) => {
                Ok(Self::Wav(env.expand(path)))
            }
            _ => text.parse(),
        }
    }

    /// The external player that is asked for by its name, if one is.
    pub(crate) const fn named_player(&self) -> Option<&ExternalPlayer> {
        match self {
            Self::Auto(named) | Self::Command(named) => named.as_ref(),
            Self::Cpal(_) | Self::Wav(_) | Self::Null => None,
        }
    }

    /// What `HERALD_OUTPUT` asks for, else `configured`; with the external player that the environment
    /// names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if that is no output, or no player. It is not taken for `auto`:
    /// whoever sets it may want silence.
    pub fn from_env(env: &Env, configured: &Self) -> Result<Self, Error> {
        let output = match env.get("HERALD_OUTPUT") {
            None => configured.clone(),
            Some(value) => match value.to_str() {
                Some(text) => Self::parse(text, env)?,
                None => {
                    let unknown = unknown_output(&value.to_string_lossy());
                    return Err(unknown.because("not Unicode"));
                }
            },
        };
        Ok(match output {
            Self::Auto(_) => Self::Auto(ExternalPlayer::from_env(env)?),
            Self::Command(_) => Self::Command(ExternalPlayer::from_env(env)?),
            other => other,
        })
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::Auto(None)
    }
}

fn unknown_output(text: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("unknown output {text:?} in HERALD_OUTPUT"),
    )
    .with_hint("use auto, cpal, cpal:DEVICE, command, wav:PATH or null")
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto(_) => f.write_str("auto"),
            Self::Command(_) => f.write_str("command"),
            Self::Cpal(None) => f.write_str("cpal"),
            Self::Cpal(Some(device)) => write!(f, "cpal:{device}"),
            Self::Wav(path) => write!(f, "wav:{}", path.display()),
            Self::Null => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_round_trip_as_text() {
        for text in ["auto", "cpal", "cpal:HDMI 1", "command", "null"] {
            assert_eq!(text.parse::<Output>().unwrap().to_string(), text);
        }
        assert_eq!("NULL".parse::<Output>().unwrap(), Output::Null);
        let absolute = std::path::absolute("out.wav").unwrap();
        assert_eq!(
            "wav:out.wav".parse::<Output>().unwrap(),
            Output::Wav(absolute)
        );
    }

    #[test]
    fn an_unknown_output_names_the_known_ones() {
        for text in ["speaker", "wav", "wav:", "null:1", "command:x", ""] {
            let error = text.parse::<Output>().unwrap_err().to_string();
            assert!(error.contains("wav:PATH"), "{error}");
        }
    }
}

//! The methods of the original Python `AudioManager`, under their names.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::config::rounded;
use crate::error::{Error, ErrorKind, Result};
use crate::event;
use crate::manager::{AudioManager, Report};
use crate::sound::Sound;
use crate::system::env::Env;
use crate::system::external::ExternalPlayer;

/// The original's default for `AUDIO_PLAYER_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What the original returned of a sound: whether it was handed to the player, its file, and a context.
pub(super) type Played = (bool, Option<PathBuf>, Map<String, Value>);

/// What the original called `play_audio`: plays the sound configured for `audio_type`, if `enabled`.
///
/// The context has `audioType enabled playerCmd volume filePath`, overridden by the members of `context`, and
/// `status`, `reason`, `returnCode` and `error`. `status` is `played`, `skipped` or `failed`; `reason` is
/// `disabled`, `muted`, `file_not_found`, `busy` or `no_player`.
pub fn play_audio(
    manager: &AudioManager,
    audio_type: &str,
    enabled: bool,
    context: Option<Map<String, Value>>,
) -> Played {
    let sound = manager.sound_for(audio_type, enabled);
    let volume = manager.config().volume_of(audio_type);
    play_audio_as(manager, audio_type, sound, volume, enabled, context)
}

/// As [`play_audio`], with the caller's own sound, and a volume from 0 to 1.
pub fn play_audio_as(
    manager: &AudioManager,
    audio_type: &str,
    sound: Option<Sound>,
    volume: f32,
    enabled: bool,
    context: Option<Map<String, Value>>,
) -> Played {
    let path = sound.as_ref().and_then(Sound::path).map(Path::to_owned);
    let mut told = Map::new();
    let mut put = |key: &str, value: Value| told.insert(key.to_owned(), value);
    put("audioType", json!(event::official(audio_type)));
    put("enabled", json!(enabled));
    put("playerCmd", json!(player_command(manager.env()).0));
    put("volume", rounded(volume));
    put(
        "filePath",
        json!(path.as_deref().map(Path::to_string_lossy)),
    );
    told.extend(context.unwrap_or_default());
    let mut put = |key: &str, value: Value| told.insert(key.to_owned(), value);
    let played = manager.play_as(audio_type, sound, volume, enabled);
    match &played {
        Ok(()) => {
            put("status", json!("played"));
            put("returnCode", json!(0));
        }
        Err(NotPlayed::Skipped(reason)) => {
            put("status", json!("skipped"));
            put("reason", json!(reason));
        }
        Err(NotPlayed::Failed(error)) => {
            put("status", json!("failed"));
            let is_busy = error.kind() == ErrorKind::Busy;
            put("reason", json!(if is_busy { "busy" } else { "no_player" }));
            put("returnCode", json!(1));
            put("error", json!(error.to_string()));
        }
    }
    (played.is_ok(), path, told)
}

/// The program that plays, its arguments before the file, and its time limit: the external player named in
/// the environment, else Herald's own player.
pub fn player_command(env: &Env) -> (String, Vec<String>, Duration) {
    let named = ExternalPlayer::named(env).ok().flatten();
    let limit = named.as_ref().and_then(|(_, player)| player.timeout_ms);
    let limit = limit.map_or(TIMEOUT, Duration::from_millis);
    match named {
        Some((name, player)) => (name, player.args, limit),
        None => ("herald-player".to_owned(), Vec::new(), limit),
    }
}

/// Why a sound was not played.
enum NotPlayed {
    /// In a word: `disabled`, `muted`, `file_not_found`.
    Skipped(&'static str),
    Failed(Error),
}

/// The methods of the original Python `AudioManager`, under their names.
impl AudioManager {
    /// Plays the sound configured for `audio_type`, an event or a sound name, if `enabled`. Does not ask the
    /// throttle, and does not wait. The report's `reason` is `disabled`, `muted`, `file_not_found`, or an
    /// error.
    pub fn play_audio(&self, audio_type: &str, enabled: bool) -> Report {
        let sound = self.sound_for(audio_type, enabled);
        let path = sound.as_ref().and_then(Sound::path).map(Path::to_owned);
        let volume = self.config().volume_of(audio_type);
        let reason = match self.play_as(audio_type, sound, volume, enabled) {
            Ok(()) => String::new(),
            Err(NotPlayed::Skipped(reason)) => reason.to_owned(),
            Err(NotPlayed::Failed(error)) => error.to_string(),
        };
        Report {
            played: reason.is_empty(),
            path,
            ..Report::not_played(reason)
        }
    }

    fn sound_for(&self, audio_type: &str, enabled: bool) -> Option<Sound> {
        match enabled {
            true => self.pick_sound(audio_type),
            // Does not advance the random choice among several sounds.
            false => self.config().sound(audio_type),
        }
    }

    fn play_as(
        &self,
        audio_type: &str,
        sound: Option<Sound>,
        volume: f32,
        enabled: bool,
    ) -> std::result::Result<(), NotPlayed> {
        let sound = match sound {
            _ if !enabled => return Err(NotPlayed::Skipped("disabled")),
            Some(_) if volume == 0.0 || self.silence().is_some() => {
                return Err(NotPlayed::Skipped("muted"));
            }
            None => return Err(NotPlayed::Skipped("file_not_found")),
            Some(sound) => sound,
        };
        let sent = self.send_to_player(audio_type, sound, volume);
        sent.map_err(NotPlayed::Failed)
    }

    /// Sends `sound` to the player. Fails at once, as the original did, if the external player named in the
    /// environment does not exist.
    fn send_to_player(&self, audio_type: &str, sound: Sound, volume: f32) -> Result<()> {
        let output = self.authority().map(|authority| authority.output);
        if let Ok(output) = &output
            && let Some(player) = output.named_player()
            && !player.is_installed()
        {
            let what = format!("program not found: {}", player.program.display());
            let error = Error::new(ErrorKind::Output, what);
            return Err(error.with_hint("install it, or unset AUDIO_PLAYER_CMD"));
        }
        let sounds = self.config().with_substitute(audio_type, [sound]);
        self.send_by_hand(audio_type, sounds, volume)
    }

    /// Whether `audio_type` fired less than `window` ago. If not, marks it as fired now.
    ///
    /// A window of zero never throttles and marks nothing.
    pub fn is_throttled(&self, audio_type: &str, window: Duration) -> bool {
        !window.is_zero() && !self.admit(audio_type, window).is_admitted()
    }

    /// Whether `key` fired less than `window` ago. Marks nothing.
    pub fn should_throttle(&self, key: &str, window: Duration) -> bool {
        self.peek(key, window).is_some()
    }

    /// Marks `key` as fired at `when`, by default now.
    pub fn mark_emitted(&self, key: &str, when: Option<SystemTime>) {
        let when = when.unwrap_or_else(SystemTime::now);
        if let Some(mark) = self.throttle().mark(event::key(key), when) {
            self.remember(key, mark);
        }
    }

    /// The throttle window in the config file for `audio_type`, else `default`.
    pub fn get_throttle_window(&self, audio_type: &str, default: Duration) -> Duration {
        self.config()
            .configured_window(audio_type)
            .unwrap_or(default)
    }

    /// The file configured for `audio_type`, if it exists.
    pub fn resolve_file(&self, audio_type: &str) -> Option<PathBuf> {
        self.config().resolve_file(audio_type)
    }

    /// The value of a dotted config key, such as `audio_settings.volume`.
    pub fn get_config(&self, key: &str) -> Option<Value> {
        self.config().get(key)
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// When `key` last fired; none if that was cancelled or forgotten.
    pub fn last_emitted(&self, key: &str) -> Option<SystemTime> {
        let firing = self.throttle().recall(event::key(key))?;
        (!firing.is_cancelled).then_some(firing.at)
    }
}

//! The original Python `AudioManager`'s methods, by their names.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::AudioManager;
use crate::hook::event::{self, canonical};
use crate::sound::Sound;

/// The original Python `AudioManager`'s methods, by their names.
impl AudioManager {
    /// Plays the sound configured for `audio_type`, an event or a sound name, if `enabled`.
    ///
    /// Returns whether it was handed to the player, its file, and a context: `audioType enabled
    /// playerCmd volume filePath status reason error`, with the members of `context` beside them.
    /// `status` is `played`, `skipped` or `failed`; `reason` says why: `disabled`,
    /// `muted`, `file_not_found`, `no_player`.
    pub fn play_audio(
        &self,
        audio_type: &str,
        enabled: bool,
        context: Option<Map<String, Value>>,
    ) -> (bool, Option<PathBuf>, Map<String, Value>) {
        let config = self.config();
        let sound = self.pick_sound(audio_type);
        let path = sound.as_ref().and_then(Sound::path).map(Path::to_owned);
        let mut context = context.unwrap_or_default();
        let mut put = |key: &str, value: Value| context.insert(key.to_owned(), value);
        put("audioType", json!(canonical(audio_type)));
        put("enabled", json!(enabled));
        put("playerCmd", json!("herald-player"));
        let volume = config.volume_of(audio_type);
        put("volume", json!(volume));
        put(
            "filePath",
            json!(path.as_deref().map(Path::to_string_lossy)),
        );
        let (status, reason) = match (enabled, sound) {
            (false, _) => ("skipped", "disabled"),
            (true, Some(_)) if volume == 0.0 || self.silence().is_some() => ("skipped", "muted"),
            (true, None) => ("skipped", "file_not_found"),
            (true, Some(sound)) => {
                let report = self.play_sound(audio_type, sound, volume);
                if report.played {
                    ("played", "")
                } else {
                    put("error", json!(report.reason));
                    ("failed", "no_player")
                }
            }
        };
        put("status", json!(status));
        if !reason.is_empty() {
            put("reason", json!(reason));
        }
        (status == "played", path, context)
    }

    /// Whether `audio_type` fired less than `window` ago; if not, it counts as fired now.
    ///
    /// No window never throttles and marks nothing.
    pub fn is_throttled(&self, audio_type: &str, window: Duration) -> bool {
        !window.is_zero() && !self.admit(audio_type, window).is_admitted()
    }

    /// Whether `key` fired less than `window` ago. Marks nothing.
    pub fn should_throttle(&self, key: &str, window: Duration) -> bool {
        self.peek(key, window).is_some()
    }

    /// Records that `key` fired at `when`, now if not given.
    pub fn mark_emitted(&self, key: &str, when: Option<SystemTime>) {
        let when = when.unwrap_or_else(SystemTime::now);
        if let Some(mark) = self.throttle().mark(event::key(key), when) {
            self.remember(key, mark);
        }
    }

    /// The throttle window configured for `audio_type`, else `default`.
    pub fn get_throttle_window(&self, audio_type: &str, default: Duration) -> Duration {
        self.config().window(audio_type).unwrap_or(default)
    }

    /// The file configured for `audio_type`, if it exists.
    pub fn resolve_file(&self, audio_type: &str) -> Option<PathBuf> {
        self.config().resolve_file(audio_type)
    }

    /// The value at a dotted config key, such as `audio_settings.volume`.
    pub fn get_config(&self, key: &str) -> Option<Value> {
        self.config().get(key)
    }

    /// Reads the config files again. Snapshots taken before stay as they were.
    pub fn reload_config(&self) {
        self.0.config.reload();
    }
}

//! [`AudioManager`]: config, throttle and player behind one small face.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, LiveConfig};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::dispatch::{Action, dispatch};
use crate::hook::event::{canonical, official};
use crate::hook::payload::Payload;
use crate::player::client::PlayerClient;
use crate::player::protocol::{Outcome, Request};
use crate::sound::{Output, Sound};
use crate::state_dir;
use crate::state_file::{SharedThrottle, StateFile};
use crate::throttle::{Admission, Decision, Throttle};

/// Makes the right sound at most once a window, across all processes of a user.
///
/// Cheap to clone; every method may be called from any number of threads, and none but
/// [`Self::play_and_wait`] waits for a sound. Nothing about sound makes a call fail: what cannot
/// be done is told and left out.
#[derive(Clone, Debug)]
pub struct AudioManager(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    env: Env,
    project_root: Option<PathBuf>,
    config: LiveConfig,
    throttle: SharedThrottle,
    /// The way to the player and what it shall play to, or why there is no sound.
    player: std::result::Result<(PlayerClient, Output), String>,
    notes: Vec<String>,
}

/// What became of an event or a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Whether the sound was handed to the player.
    pub played: bool,
    /// Whether it was suppressed by the throttle; then the window that did it.
    pub throttled: Option<Duration>,
    /// The sound's file, unless it is built in or there is none.
    pub path: Option<PathBuf>,
    /// Why it was not played; empty if it was.
    pub reason: String,
}

impl Report {
    /// Nothing was played, because of `reason`.
    pub fn not_played(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ..Self::default()
        }
    }
}

impl AudioManager {
    /// A manager for this process's environment and working directory.
    pub fn new() -> Self {
        let cwd = std::env::current_dir().ok();
        Self::with_env(Env::process(), cwd.as_deref())
    }

    /// A manager for `env` and the project around `cwd`.
    pub fn with_env(env: Env, cwd: Option<&Path>) -> Self {
        let mut notes = Vec::new();
        let mut note = |error: &Error| notes.push(error.to_string());
        let (storage, client) = match state_dir::find(&env) {
            Ok((dir, passed_over)) => {
                passed_over.iter().for_each(&mut note);
                (StateFile::open(&dir), Ok(PlayerClient::new(dir)))
            }
            Err(error) => {
                let why = error.to_string();
                (StateFile::in_process(error), Err(why))
            }
        };
        if let Some(error) = storage.fallback() {
            note(error);
        }
        let output = Output::from_env(&env).map_err(|error| error.to_string());
        let player = client.and_then(|client| Ok((client, output?)));
        let project_root = config::project_root(&env, cwd);
        let config = LiveConfig::new(config::load(&env, project_root.as_deref()));
        let throttle = Throttle::new(storage, SystemClock);
        Self(Arc::new(Inner {
            env,
            project_root,
            config,
            throttle,
            player,
            notes,
        }))
    }

    /// The config in force.
    pub fn config(&self) -> Arc<Config> {
        self.0.config.snapshot()
    }

    /// The throttle, shared with every process of this user.
    pub fn throttle(&self) -> &SharedThrottle {
        &self.0.throttle
    }

    /// What had to be done without: an unusable state directory, an unusable state file.
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// Does what event `name` with `payload`, parsed from `bytes`, asks for.
    pub fn handle_event(&self, name: &str, payload: &Payload<'_>, bytes: &[u8]) -> Report {
        let config = self.config();
        let root = self.0.project_root.as_deref();
        let Action::Sound { name, gates } = dispatch(name, payload, bytes, &config, root) else {
            return Report::not_played("disabled");
        };
        let mut admissions = Vec::new();
        for gate in gates {
            match self.0.throttle.admit(gate.key.as_str(), gate.window) {
                Decision::Admit(admission) => admissions.push(admission),
                Decision::Suppress { .. } => {
                    self.cancel(&admissions);
                    return Report {
                        throttled: Some(gate.window),
                        ..Report::not_played("throttled")
                    };
                }
            }
        }
        let Some(sound) = config.sound(&name) else {
            self.cancel(&admissions);
            return Report::not_played("file_not_found");
        };
        self.play(&name, sound, config.volume(), admissions)
    }

    /// Hands `sound` to the player because of `event`, whatever the throttle says.
    pub fn play_sound(&self, event: &str, sound: Sound, volume: f32) -> Report {
        self.play(event, sound, volume, Vec::new())
    }

    /// Plays `sound` and waits until it was heard, at most `limit`.
    ///
    /// # Errors
    ///
    /// Why it was not heard.
    pub fn play_and_wait(
        &self,
        event: &str,
        sound: Sound,
        volume: f32,
        limit: Duration,
    ) -> Result<()> {
        let no_player =
            |why: &String| Error::new(ErrorKind::Output, "cannot play").because(why.as_str());
        let (client, output) = self.0.player.as_ref().map_err(no_player)?;
        let request = Request::new(event, sound, volume, output.clone(), SystemClock.unix_ms());
        match client.send_and_wait(request, limit)? {
            Outcome::Played => Ok(()),
            Outcome::Failed { reason } => Err(Error::new(ErrorKind::Output, reason)),
        }
    }

    fn play(&self, event: &str, sound: Sound, volume: f32, admissions: Vec<Admission>) -> Report {
        let path = sound.path().map(Path::to_owned);
        let send = |(client, output): &(PlayerClient, Output)| {
            let now = SystemClock.unix_ms();
            let mut request = Request::new(event, sound, volume, output.clone(), now);
            request.admissions = admissions.iter().map(|mark| mark.to_parts()).collect();
            client.send(&request).map_err(|error| error.to_string())
        };
        match self.0.player.as_ref().map_err(Clone::clone).and_then(send) {
            Ok(()) => Report {
                played: true,
                path,
                ..Report::default()
            },
            Err(reason) => {
                self.cancel(&admissions);
                Report {
                    path,
                    ..Report::not_played(reason)
                }
            }
        }
    }

    fn cancel(&self, admissions: &[Admission]) {
        for admission in admissions {
            self.0.throttle.cancel(*admission);
        }
    }
}

impl Default for AudioManager {
    fn default() -> Self {
        Self::new()
    }
}

/// The original Python `AudioManager`'s methods, by their names.
impl AudioManager {
    /// Plays the sound configured for `audio_type`, an event or a sound name, if `enabled`.
    ///
    /// Returns whether it was handed to the player, its file, and a context: `audioType enabled
    /// playerCmd volume filePath status reason error`, with the members of `context` beside them.
    /// `status` is `played`, `skipped` or `failed`; `reason` says why: `disabled`,
    /// `file_not_found`, `no_player`.
    pub fn play_audio(
        &self,
        audio_type: &str,
        enabled: bool,
        context: Option<Map<String, Value>>,
    ) -> (bool, Option<PathBuf>, Map<String, Value>) {
        let config = self.config();
        let sound = config.sound(audio_type);
        let path = sound.as_ref().and_then(Sound::path).map(Path::to_owned);
        let mut context = context.unwrap_or_default();
        let mut put = |key: &str, value: Value| context.insert(key.to_owned(), value);
        put("audioType", json!(canonical(audio_type)));
        put("enabled", json!(enabled));
        put("playerCmd", json!("herald-player"));
        put("volume", json!(config.volume()));
        put(
            "filePath",
            json!(path.as_deref().map(Path::to_string_lossy)),
        );
        let (status, reason) = match (enabled, sound) {
            (false, _) => ("skipped", "disabled"),
            (true, None) => ("skipped", "file_not_found"),
            (true, Some(sound)) => {
                let report = self.play_sound(audio_type, sound, config.volume());
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
        !window.is_zero()
            && !self
                .throttle()
                .admit(official(audio_type), window)
                .is_admitted()
    }

    /// Whether `key` fired less than `window` ago. Only looks.
    pub fn should_throttle(&self, key: &str, window: Duration) -> bool {
        self.throttle().peek(official(key), window).is_some()
    }

    /// Records that `key` fired at `when`, now if not given.
    pub fn mark_emitted(&self, key: &str, when: Option<SystemTime>) {
        self.throttle()
            .mark(official(key), when.unwrap_or_else(SystemTime::now));
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
        self.0
            .config
            .replace(config::load(&self.0.env, self.0.project_root.as_deref()));
    }
}

//! [`AudioManager`]: config, throttle and player behind one small face.

mod controls;
mod hook;
mod original;
mod throttle;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use throttle::KnownFiring;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, LastGood, LiveConfig};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::log::Level;
use crate::player::client::PlayerClient;
use crate::player::protocol::{Outcome, Request};
use crate::sound::{Output, Sound};
use crate::sound_server::SoundServer;
use crate::state_dir;
use crate::state_file::{Names, SharedThrottle, StateFile};
use crate::stopwatch::Stopwatch;
use crate::throttle::{Admission, Throttle};

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
    /// Looked for when it is first needed: an event that is off needs none of it.
    shared: OnceLock<Shared>,
}

/// What is shared with the other processes of this user.
#[derive(Debug)]
struct Shared {
    throttle: SharedThrottle,
    /// Where it is kept, or why nowhere.
    state_dir: std::result::Result<PathBuf, String>,
    notes: Vec<String>,
}

impl Shared {
    fn find(env: &Env) -> Self {
        match state_dir::find(env) {
            Ok((dir, passed_over)) => Self {
                throttle: Throttle::new(StateFile::open(&dir), SystemClock),
                state_dir: Ok(dir),
                notes: passed_over.iter().map(ToString::to_string).collect(),
            },
            Err(error) => Self {
                state_dir: Err(error.to_string()),
                throttle: Throttle::new(StateFile::in_process(error), SystemClock),
                notes: Vec::new(),
            },
        }
    }
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
        let stopwatch = Stopwatch::default();
        let (project_root, config) = stopwatch.time("config", || {
            let project_root = config::project_root(&env, cwd);
            let config = config::load_remembering(&env, project_root.as_deref(), |path| {
                LastGood::of(&env)?.read(path)
            });
            (project_root, config)
        });
        let manager = Self(Arc::new(Inner {
            config: LiveConfig::new(config, env.clone(), project_root.as_deref()),
            env,
            project_root,
            shared: OnceLock::new(),
        }));
        manager.note("config", "loaded", "", &stopwatch);
        manager
    }

    fn shared(&self) -> &Shared {
        self.0.shared.get_or_init(|| Shared::find(&self.0.env))
    }

    /// What it was made with.
    pub(crate) fn env(&self) -> &Env {
        &self.0.env
    }

    /// The project's directory.
    pub fn project_root(&self) -> Option<&Path> {
        self.0.project_root.as_deref()
    }

    /// The config in force.
    pub fn config(&self) -> Arc<Config> {
        self.0.config.snapshot()
    }

    /// Reloads the config whenever one of its files changes, until the watch is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the files cannot be watched.
    #[cfg(feature = "watch")]
    pub fn watch_config(&self) -> Result<config::FileWatch> {
        let inner = Arc::downgrade(&self.0);
        let watch = config::FileWatch::new(move || {
            if let Some(inner) = inner.upgrade() {
                inner.config.reload();
            }
        })?;
        watch.set_files(self.0.config.files())?;
        Ok(watch)
    }

    /// Calls `observer` with each config that a reload puts in force. It must not reload.
    pub fn on_config_change(&self, observer: impl Fn(&Arc<Config>) + Send + 'static) {
        self.0.config.observe(Box::new(observer));
    }

    /// A way for one thread to look at the config again and again, in a nanosecond.
    pub fn config_reader(&self) -> config::ConfigReader {
        self.0.config.reader()
    }

    /// The throttle, shared with every process of this user.
    pub fn throttle(&self) -> &SharedThrottle {
        &self.shared().throttle
    }

    /// What had to be done without: an unusable state directory, an unusable state file.
    pub fn notes(&self) -> Vec<String> {
        let state = self.throttle().storage().health().problems;
        self.shared().notes.iter().cloned().chain(state).collect()
    }

    /// Hands `sound` to the player because of `event`, whatever the throttle says; not if
    /// everything is muted or snoozed.
    pub fn play_sound(&self, event: &str, sound: Sound, volume: f32) -> Report {
        match self.silence() {
            Some(silence) => Report::not_played(Error::from(silence).to_string()),
            None => self.play(event, sound, volume, &[]),
        }
    }

    /// Plays `sound` and waits until it was heard, at most `limit`. Returns what it came out of,
    /// for people.
    ///
    /// # Errors
    ///
    /// Why it was not heard; [`ErrorKind::Muted`] if everything is muted or snoozed.
    pub fn play_and_wait(
        &self,
        event: &str,
        sound: Sound,
        volume: f32,
        limit: Duration,
    ) -> Result<String> {
        if let Some(silence) = self.silence() {
            return Err(silence.into());
        }
        let no_player = |why| Error::new(ErrorKind::Output, "cannot play").because(why);
        let client = self.player().map_err(no_player)?;
        let request = self.request(event, sound, volume).map_err(no_player)?;
        match client.send_and_wait(request, limit)? {
            Outcome::Played { through } => Ok(through),
            // An external player is ended by a mute.
            Outcome::Stopped => Err(self.silence().map_or_else(
                || Error::new(ErrorKind::Busy, "it made way for a newer sound"),
                Error::from,
            )),
            Outcome::Failed { reason } => Err(Error::new(ErrorKind::Output, reason)),
        }
    }

    fn play(&self, event: &str, sound: Sound, volume: f32, admissions: &[Admission]) -> Report {
        let path = sound.path().map(Path::to_owned);
        let send = || {
            let mut request = self.request(event, sound, volume)?;
            request.admissions = admissions.iter().map(|mark| mark.to_parts()).collect();
            let sent = self.player()?.send(request);
            sent.map_err(|error| error.to_string())
        };
        match send() {
            Ok(()) => Report {
                played: true,
                path,
                ..Report::default()
            },
            Err(reason) => Report {
                path,
                ..Report::not_played(reason)
            },
        }
    }

    /// Names of throttle keys; none without a state directory.
    fn names(&self) -> Option<Names> {
        self.shared().state_dir.as_deref().ok().map(Names::new)
    }

    /// The way to the player, or why there is none.
    fn player(&self) -> std::result::Result<PlayerClient, String> {
        self.shared().state_dir.clone().map(PlayerClient::new)
    }

    fn request(
        &self,
        event: &str,
        sound: Sound,
        volume: f32,
    ) -> std::result::Result<Request, String> {
        let env = &self.0.env;
        let output = Output::from_env(env).map_err(|error| error.to_string())?;
        let mut request = Request::new(event, sound, volume, output, SystemClock.unix_ms());
        let config = self.config();
        request.server = SoundServer::from_env(env);
        request.playback = config.playback();
        // JSON has no other paths.
        let files = config.sources().filter(|file| file.to_str().is_some());
        request.config_files = files.map(Path::to_owned).collect();
        request.log = Level::from_env(env);
        Ok(request)
    }

    fn cancel(&self, admissions: &[Admission]) {
        for admission in admissions {
            self.throttle().cancel(*admission);
        }
    }
}

impl Default for AudioManager {
    fn default() -> Self {
        Self::new()
    }
}

//! [`AudioManager`]: config, throttle and player behind one small face.

mod original;
mod throttle;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use throttle::KnownFiring;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, LiveConfig};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::dispatch::{Action, dispatch};
use crate::hook::event;
use crate::hook::payload::Payload;
use crate::player::client::PlayerClient;
use crate::player::protocol::{Outcome, Request};
use crate::sound::{Output, Sound};
use crate::state_dir;
use crate::state_file::{Count, Names, SharedThrottle, StateFile};
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
    /// Looked for when it is first needed: an event that is off needs none of it.
    shared: OnceLock<Shared>,
}

/// What is shared with the other processes of this user.
#[derive(Debug)]
struct Shared {
    throttle: SharedThrottle,
    /// None without a state directory.
    names: Option<Names>,
    /// The way to the player and what it shall play to, or why there is no sound.
    player: std::result::Result<(PlayerClient, Output), String>,
    notes: Vec<String>,
}

impl Shared {
    fn find(env: &Env) -> Self {
        let mut notes = Vec::new();
        let mut note = |error: &Error| notes.push(error.to_string());
        let (storage, names, client) = match state_dir::find(env) {
            Ok((dir, passed_over)) => {
                passed_over.iter().for_each(&mut note);
                let names = Names::new(&dir);
                (
                    StateFile::open(&dir),
                    Some(names),
                    Ok(PlayerClient::new(dir)),
                )
            }
            Err(error) => {
                let why = error.to_string();
                (StateFile::in_process(error), None, Err(why))
            }
        };
        let output = Output::from_env(env).map_err(|error| error.to_string());
        Self {
            throttle: Throttle::new(storage, SystemClock),
            names,
            player: client.and_then(|client| Ok((client, output?))),
            notes,
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
        let project_root = config::project_root(&env, cwd);
        let config = LiveConfig::new(config::load(&env, project_root.as_deref()));
        Self(Arc::new(Inner {
            env,
            project_root,
            config,
            shared: OnceLock::new(),
        }))
    }

    fn shared(&self) -> &Shared {
        self.0.shared.get_or_init(|| Shared::find(&self.0.env))
    }

    /// The config in force.
    pub fn config(&self) -> Arc<Config> {
        self.0.config.snapshot()
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

    /// Does what event `name` with `payload` asks for.
    pub fn handle_event(&self, name: &str, payload: &Payload) -> Report {
        let config = self.config();
        let root = self.0.project_root.as_deref();
        let Action::Sound { name, gates } = dispatch(name, payload, &config, root) else {
            return Report::not_played("disabled");
        };
        if config.volume() == 0.0 {
            return Report::not_played("muted");
        }
        let count = |what| {
            self.throttle()
                .storage()
                .count(event::counter_line(&name), what)
        };
        let mut admissions = Vec::new();
        for gate in gates {
            match self.throttle().admit(gate.key.as_str(), gate.window) {
                Decision::Admit(admission) => admissions.push(admission),
                Decision::Suppress { .. } => {
                    self.cancel(&admissions);
                    count(Count::Suppressed);
                    return Report {
                        throttled: Some(gate.window),
                        ..Report::not_played("throttled")
                    };
                }
            }
        }
        count(Count::Admitted);
        let report = match config.sound(&name) {
            Some(sound) => self.play(&name, sound, config.volume(), &admissions),
            None => Report::not_played("file_not_found"),
        };
        if !report.played {
            self.cancel(&admissions);
            count(Count::Failed);
        }
        report
    }

    /// Hands `sound` to the player because of `event`, whatever the throttle says.
    pub fn play_sound(&self, event: &str, sound: Sound, volume: f32) -> Report {
        self.play(event, sound, volume, &[])
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
        let (client, output) = self.shared().player.as_ref().map_err(no_player)?;
        let request = self.request(event, sound, volume, output);
        match client.send_and_wait(request, limit)? {
            Outcome::Played => Ok(()),
            Outcome::Stopped => Err(Error::new(ErrorKind::Busy, "it made way for a newer sound")),
            Outcome::Failed { reason } => Err(Error::new(ErrorKind::Output, reason)),
        }
    }

    fn play(&self, event: &str, sound: Sound, volume: f32, admissions: &[Admission]) -> Report {
        let path = sound.path().map(Path::to_owned);
        let send = |(client, output): &(PlayerClient, Output)| {
            let mut request = self.request(event, sound, volume, output);
            request.admissions = admissions.iter().map(|mark| mark.to_parts()).collect();
            client.send(&request).map_err(|error| error.to_string())
        };
        match self
            .shared()
            .player
            .as_ref()
            .map_err(Clone::clone)
            .and_then(send)
        {
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

    fn request(&self, event: &str, sound: Sound, volume: f32, output: &Output) -> Request {
        let now = SystemClock.unix_ms();
        let mut request = Request::new(event, sound, volume, output.clone(), now);
        request.playback = self.config().playback();
        request
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

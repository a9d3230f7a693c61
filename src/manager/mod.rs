//! [`AudioManager`]: combines config, throttle and player.

mod controls;
pub(crate) mod decide;
#[cfg(feature = "relay")]
mod fleet;
mod held;
mod hook;
mod idle;
mod names;
mod options;
mod reminders;
mod sessions;
mod throttle;
mod turns;
mod voices;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use options::Options;
pub use throttle::KnownFiring;

use crate::Throttle;
use crate::config::{self, Config, LastGood, LiveConfig, Terminal};
use crate::error::{Error, ErrorKind, Result};
use crate::player::client::PlayerClient;
use crate::player::protocol::{Outcome, Request};
use crate::player::{Authority, LocalOutput};
use crate::sound::Sound;
#[cfg(feature = "editing")]
use crate::sound::Theme;
use crate::state_file::{Storage, UnmappedFile};
use crate::system::env::Env;
use crate::system::log::Line;
use crate::system::state_dir;
use crate::system::stopwatch::Stopwatch;
use crate::throttle::Admission;
use names::Names;

/// Plays the right sound at most once per window, across all processes of a user.
///
/// It is cheap to clone. Every method may be called from any number of threads; only [`Self::play_and_wait`]
/// and [`Self::wait_until_silent`] wait for a sound. Problems with sound never make a call fail: they are
/// reported, and the sound is skipped.
///
/// ```
/// use std::time::Duration;
/// use herald_audio::{AudioManager, Options};
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let manager = AudioManager::open(Options::new().state_dir(dir).output("null"))?;
/// manager.snooze(Duration::from_secs(30 * 60))?; // in every process, also for sounds that are playing
/// assert_eq!(manager.play("Stop").reason, "snoozed");
///
/// // Other things than sounds, at most once an hour, whichever process asks:
/// assert!(manager.admit("report sent", Duration::from_secs(3_600)).is_admitted());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Where sounds come from
///
/// By default the resident player plays them; it outlives this process and serves all others, which is what a
/// hook needs. With [`Options::in_process`] this process plays them without another program, and they end
/// with it.
///
/// # After a fork
///
/// The child continues with the same throttle. It plays through the resident player, because the parent's
/// playing threads do not exist in the child. If [`Self::prepare`] was called before the fork, the child
/// never waits for a lock that another thread held, except for a reload of the config: one second at most.
#[derive(Clone, Debug)]
pub struct AudioManager(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    env: Env,
    project_root: Option<PathBuf>,
    config: LiveConfig,
    /// The program to start if no player runs, instead of the usual one.
    player: Option<PathBuf>,
    /// The player in this process, if requested, or why it could not be started.
    local: Option<Result<Box<dyn LocalOutput>>>,
    /// This and the next two are opened when first needed: a disabled event needs none of them.
    state_dir: OnceLock<StateDir>,
    /// What the first event reads: in a hook it is the only one, and if it is suppressed, nothing has to be
    /// mapped.
    unmapped: OnceLock<Option<UnmappedFile>>,
    throttle: OnceLock<Arc<Throttle>>,
}

/// Where the processes of this user share state.
#[derive(Debug)]
struct StateDir {
    /// The directory, or why there is none.
    path: std::result::Result<PathBuf, String>,
    /// The directories that could not be used.
    passed_over: Vec<String>,
}

impl StateDir {
    fn find(env: &Env) -> Self {
        let (path, passed_over) = match state_dir::find(env) {
            Ok((path, passed_over)) => (Ok(path), passed_over),
            Err(error) => (Err(error.to_string()), Vec::new()),
        };
        let passed_over = passed_over.iter().map(ToString::to_string).collect();
        Self { path, passed_over }
    }

    fn open_throttle(&self, env: &Env) -> Arc<Throttle> {
        let throttle = match &self.path {
            Ok(dir) => Throttle::open_keeping(dir, env),
            Err(why) => Throttle::in_process(Error::new(ErrorKind::State, why.clone())),
        };
        throttle.into()
    }
}

/// The outcome of an event or a call.
///
/// ```
/// use herald_audio::{AudioManager, Options};
///
/// # let dir = tempfile::tempdir()?;
/// let manager = AudioManager::open(Options::new().state_dir(dir.path()).output("null"))?;
/// let report = manager.play("Stop");
/// match report.throttled {
///     Some(window) => println!("it was played less than {window:?} ago"),
///     None if report.played => println!("played; the throttle used: {:?}", report.storage),
///     None => println!("not played: {}", report.reason),
/// }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Whether the sound was handed to the player, at a volume above 0.
    pub played: bool,
    /// The throttle's window, if it suppressed the sound.
    pub throttled: Option<Duration>,
    /// The sound's file; none for a built-in sound, or without one.
    pub path: Option<PathBuf>,
    /// Why it was not played; empty if it was. A word such as `disabled`, `muted`, `snoozed`, `throttled` or
    /// `file_not_found`; otherwise an error.
    pub reason: String,
    /// What the throttle shared with other processes; `None` if it was not asked.
    pub storage: Option<Storage>,
    /// What the agent is to do in its terminal.
    pub(crate) terminal: Option<Terminal>,
}

/// A sound that was played to its end.
#[derive(Clone, Debug)]
#[doc(hidden)]
pub struct Played {
    /// The output, for messages.
    pub through: String,
    /// By how much it was turned up or down for its loudness, in decibels; none if it was not measured.
    pub gain_db: Option<f32>,
}

impl Report {
    /// The report for a sound, sent or not, from the file `path`.
    fn of(path: Option<PathBuf>, sent: &Result<()>) -> Self {
        Self {
            played: sent.is_ok(),
            path,
            reason: sent
                .as_ref()
                .err()
                .map(Error::to_string)
                .unwrap_or_default(),
            ..Self::default()
        }
    }

    /// A report that nothing was played, because of `reason`.
    pub(crate) fn not_played(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ..Self::default()
        }
    }
}

impl AudioManager {
    /// A manager for this process's environment and working directory.
    pub fn new() -> Self {
        Self::make(Options::new())
    }

    /// A manager with `options`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Output`] for sounds in process, in a build without the engine.
    pub fn open(options: Options) -> Result<Self> {
        if options.in_process && options.starts.is_none() {
            let error = Error::new(ErrorKind::Output, "this build cannot play in process");
            return Err(error.with_hint("build herald-audio with the feature `playback`"));
        }
        Ok(Self::make(options))
    }

    /// Opens now what is otherwise opened when it is first needed: the throttle's state file.
    pub fn prepare(&self) {
        self.throttle();
    }

    /// The project's directory.
    pub fn project_root(&self) -> Option<&Path> {
        self.0.project_root.as_deref()
    }

    /// The config in force now.
    pub fn config(&self) -> Arc<Config> {
        self.0.config.snapshot()
    }

    /// Reads the config files again. Existing snapshots do not change.
    pub fn reload_config(&self) {
        self.0.config.reload();
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

    /// Calls `observer` with each reloaded config. It must not reload.
    pub fn on_config_change(&self, observer: impl Fn(&Arc<Config>) + Send + 'static) {
        self.0.config.observe(Box::new(observer));
    }

    /// A cached reader of the config for one thread; reading takes about a nanosecond.
    pub fn config_reader(&self) -> config::ConfigReader {
        self.0.config.reader()
    }

    /// The throttle, shared with all processes of this user.
    pub fn throttle(&self) -> &Throttle {
        self.0.throttle.get_or_init(|| match self.0.unmapped.get() {
            Some(Some(file)) => Throttle::of(file.map(self.0.env.clone())).into(),
            _ => self.state_dir().open_throttle(&self.0.env),
        })
    }

    /// Problems that were worked around: an unusable state directory or state file, no playing thread.
    pub fn notes(&self) -> Vec<String> {
        let throttle = self.throttle_unless_read();
        let state = throttle.map(Throttle::problems).unwrap_or_default();
        let local = self.0.local.as_ref().and_then(|local| local.as_ref().err());
        let local = local.map(|error| format!("{error}; the resident player is used instead"));
        let notes = self.state_dir().passed_over.iter().cloned();
        notes.chain(state).chain(local).collect()
    }

    /// Plays `sound` for `event` without asking the throttle, unless sound is off.
    pub fn play_sound(&self, event: &str, sound: Sound, volume: f32) -> Report {
        match self.silence() {
            Some(silence) => Report::not_played(Error::from(silence).to_string()),
            None => {
                let path = sound.path().map(Path::to_owned);
                Report::of(path, &self.send_by_hand(event, vec![sound], volume))
            }
        }
    }

    /// Plays `sound` and waits until it ends, at most `limit`. Returns the output, for messages.
    ///
    /// # Errors
    ///
    /// Why it was not played; [`ErrorKind::Muted`] if sound is off.
    pub fn play_and_wait(
        &self,
        event: &str,
        sound: Sound,
        volume: f32,
        limit: Duration,
    ) -> Result<String> {
        let played =
            self.play_to_its_end(self.request_by_hand(event, vec![sound], volume), limit)?;
        Ok(played.through)
    }

    /// Waits until the sounds of this process have ended, at most `limit`. Returns whether they have. Sounds
    /// of the resident player are not waited for.
    pub fn wait_until_silent(&self, limit: Duration) -> bool {
        self.local()
            .is_none_or(|local| local.wait_until_silent(limit))
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// Plays `sound` as [`Self::play_and_wait`] does, but leaves no line in the log.
    ///
    /// # Errors
    ///
    /// The same.
    #[cfg(feature = "editing")]
    pub fn demonstrate(
        &self,
        sound: Sound,
        variation: Option<u8>,
        volume: f32,
        limit: Duration,
    ) -> Result<String> {
        let mut request = self.request("demo", vec![sound], volume);
        request.is_users = true;
        request.is_unlogged = true;
        request.variation = variation;
        Ok(self.play_to_its_end(request, limit)?.through)
    }

    /// Plays `sound` as [`Self::play_and_wait`] does, and returns all that is known about it.
    ///
    /// # Errors
    ///
    /// The same.
    #[cfg(feature = "editing")]
    pub fn play_and_tell(
        &self,
        event: &str,
        sound: Sound,
        theme: Theme,
        volume: f32,
        limit: Duration,
    ) -> Result<Played> {
        let mut request = self.request_by_hand(event, vec![sound], volume);
        request.playback.theme = theme;
        self.play_to_its_end(request, limit)
    }

    /// A manager for `env` and the project around `cwd`.
    pub fn with_env(env: Env, cwd: Option<&Path>) -> Self {
        Self::make(Options::with(env, cwd.map(Path::to_owned)))
    }

    /// The environment it uses.
    pub fn env(&self) -> &Env {
        &self.0.env
    }

    /// The settings of the player for its sounds.
    ///
    /// # Errors
    ///
    /// Those of [`Output::from_env`](crate::sound::Output::from_env).
    pub fn authority(&self) -> Result<Authority> {
        Authority::new(&self.0.env, self.config().output())
    }

    /// Plays `sound`, and waits up to `limit` for it to fail.
    ///
    /// # Errors
    ///
    /// Why it was not played, if known by then.
    #[cfg(feature = "editing")]
    pub fn play_and_look(
        &self,
        event: &str,
        sound: Sound,
        theme: Theme,
        volume: f32,
        limit: Duration,
    ) -> Result<()> {
        if let Some(silence) = self.silence() {
            return Err(silence.into());
        }
        let mut request = self.request_by_hand(event, vec![sound], volume);
        request.playback.theme = theme;
        let sent = match self.local() {
            Some(local) => local.send(request).map(|()| None),
            None => self
                .player()
                .and_then(|player| player.send_and_look(request, limit)),
        };
        match sent {
            Ok(Some(Outcome::Failed { reason })) => Err(Error::new(ErrorKind::Output, reason)),
            Ok(_) => Ok(()),
            Err(error) => {
                self.log_failure(event, &error.to_string());
                Err(error)
            }
        }
    }
}

impl AudioManager {
    fn make(options: Options) -> Self {
        let Options { env, cwd, .. } = options;
        let stopwatch = Stopwatch::default();
        let (project_root, config) = stopwatch.time("config", || {
            let project_root = config::project_root(&env, cwd.as_deref());
            let config = config::load_remembering(&env, project_root.as_deref(), |path| {
                LastGood::of(&env)?.read(path)
            });
            (project_root, config)
        });
        let (state_dir, throttle) = (OnceLock::new(), OnceLock::new());
        let local = options.starts.map(|start| {
            let state_dir: &StateDir = state_dir.get_or_init(|| StateDir::find(&env));
            let throttle: &Arc<_> = throttle.get_or_init(|| state_dir.open_throttle(&env));
            let authority = Authority::new(&env, config.output())?;
            let (path, decoder) = (state_dir.path.as_deref().ok(), options.player.as_deref());
            start(throttle.clone(), path, authority, decoder)
        });
        let manager = Self(Arc::new(Inner {
            config: LiveConfig::new(config, env.clone(), project_root.as_deref()),
            env,
            project_root,
            player: options.player,
            local,
            state_dir,
            unmapped: OnceLock::new(),
            throttle,
        }));
        let slow = stopwatch.slow();
        if !slow.is_empty() {
            let line = Line {
                event: "config",
                status: "loaded",
                slow,
                ..Line::default()
            };
            // A command that only looks at the config makes no directory for that.
            manager.log(line, || state_dir::existing(manager.env()));
        }
        manager
    }

    fn state_dir(&self) -> &StateDir {
        let find = || StateDir::find(&self.0.env);
        self.0.state_dir.get_or_init(find)
    }

    /// The state file for the first event. `None` for later ones, if the throttle is open already, and if
    /// the file is missing or needs a repair.
    fn unmapped_file(&self) -> Option<&UnmappedFile> {
        let mut is_first = false;
        let file = self.0.unmapped.get_or_init(|| {
            is_first = true;
            match self.0.throttle.get() {
                None => UnmappedFile::open(self.state_dir().path.as_deref().ok()?),
                Some(_) => None,
            }
        });
        file.as_ref().filter(|_| is_first)
    }

    /// The throttle; `None` if the state file was only read until now, which then has no problem.
    fn throttle_unless_read(&self) -> Option<&Throttle> {
        match (self.0.throttle.get(), self.0.unmapped.get()) {
            (None, Some(Some(_))) => None,
            _ => Some(self.throttle()),
        }
    }

    /// What the throttle shares with other processes.
    fn storage(&self) -> Storage {
        let throttle = self.throttle_unless_read();
        throttle.map_or(Storage::Mapped, Throttle::storage)
    }

    /// Whether the state file was truncated while it was mapped here.
    pub(crate) fn was_state_truncated(&self) -> bool {
        let throttle = self.0.throttle.get();
        throttle.is_some_and(|throttle| throttle.state_file().was_truncated())
    }

    fn play_to_its_end(&self, request: Request, limit: Duration) -> Result<Played> {
        if let Some(silence) = self.silence() {
            return Err(silence.into());
        }
        match self.send_and_wait(request, limit)? {
            Outcome::Played { through, gain_db } => Ok(Played { through, gain_db }),
            // Muting stops an external player.
            Outcome::Stopped => Err(self.silence().map_or_else(
                || Error::new(ErrorKind::Busy, "a newer sound replaced it"),
                Error::from,
            )),
            Outcome::Failed { reason } => Err(Error::new(ErrorKind::Output, reason)),
        }
    }

    /// Sends a sound that no agent's event requested, without waiting. Logs a failure.
    pub(crate) fn send_by_hand(&self, event: &str, sounds: Vec<Sound>, volume: f32) -> Result<()> {
        let sent = self.send(self.request_by_hand(event, sounds, volume));
        if let Err(error) = &sent {
            self.log_failure(event, &error.to_string());
        }
        sent
    }

    fn request_by_hand(&self, event: &str, sounds: Vec<Sound>, volume: f32) -> Request {
        let mut request = self.request(event, sounds, volume);
        request.is_users = true;
        request.variation = self.variation(None, &self.config());
        request
    }

    /// Sends a sound without waiting.
    fn send(&self, request: Request) -> Result<()> {
        match self.local() {
            Some(local) => local.send(request),
            None => self.player()?.send(request),
        }
    }

    /// Sends the sound of an event without waiting: to the relay, if this machine sends to a fleet and has the
    /// program.
    fn send_event(&self, request: Request) -> Result<()> {
        match self.relay() {
            Some(relay) if self.local().is_none() => match relay.send(request.clone()) {
                Err(error) if error.kind() == ErrorKind::Player => self.send(request),
                sent => sent,
            },
            _ => self.send(request),
        }
    }

    /// The client of the relay, if this machine sends to a fleet.
    fn relay(&self) -> Option<PlayerClient> {
        self.config().fleet().filter(|fleet| fleet.sends())?;
        let dir = self.state_dir().path.as_ref().ok()?;
        Some(PlayerClient::relay(dir, &self.authority().ok()?))
    }

    fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome> {
        match self.local() {
            Some(local) => local.send_and_wait(request, limit),
            None => self.player()?.send_and_wait(request, limit),
        }
    }

    /// The names of throttle keys; none without a state directory.
    fn names(&self) -> Option<Names> {
        self.state_dir().path.as_deref().ok().map(Names::new)
    }

    /// The player in this process, if there is one.
    fn local(&self) -> Option<&dyn LocalOutput> {
        let local = self.0.local.as_ref()?.as_ref().ok()?;
        local.is_in_this_process().then_some(local.as_ref())
    }

    /// The client of the resident player, or why there is none.
    fn player(&self) -> Result<PlayerClient> {
        match &self.state_dir().path {
            Ok(dir) => {
                Ok(PlayerClient::new(dir, &self.authority()?).starting(self.0.player.clone()))
            }
            Err(why) => Err(Error::new(ErrorKind::State, why.clone())),
        }
    }

    fn request(&self, event: &str, sounds: Vec<Sound>, volume: f32) -> Request {
        let mut request = Request::new(event, sounds, volume);
        // JSON requires Unicode.
        let project = self.project_root().and_then(Path::to_str);
        request.project = project.map(str::to_owned);
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

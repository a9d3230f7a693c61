//! The options of a manager.

use std::path::{Path, PathBuf};

use crate::player::StartLocal;
use crate::system::env::Env;

/// Options for [`AudioManager::open`](super::AudioManager::open).
///
/// ```
/// use herald_audio::{AudioManager, Options};
///
/// # let dir = tempfile::tempdir()?;
/// let options = Options::new()
///     .state_dir(dir.path())
///     .config(dir.path().join("herald.json"))
///     .output("null");
/// let manager = AudioManager::open(options)?;
/// assert!(!manager.play("no such event").played);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(super) env: Env,
    pub(super) cwd: Option<PathBuf>,
    pub(super) player: Option<PathBuf>,
    pub(super) in_process: bool,
    /// Starts the player in this process. Only set by [`Self::in_process`], so that other programs link no
    /// audio library.
    pub(super) starts: Option<StartLocal>,
}

impl Options {
    /// The current environment and working directory of this process, and the resident player. Later changes
    /// of the environment have no effect.
    pub fn new() -> Self {
        Self::with(Env::snapshot(), std::env::current_dir().ok())
    }

    pub(super) const fn with(env: Env, cwd: Option<PathBuf>) -> Self {
        Self {
            env,
            cwd,
            player: None,
            in_process: false,
            starts: None,
        }
    }

    /// The state directory, instead of the default one. It must belong to this user, and is created if it does
    /// not exist.
    pub fn state_dir(self, dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref();
        let absolute = std::path::absolute(dir);
        self.variable("HERALD_STATE_DIR", absolute.as_deref().unwrap_or(dir))
    }

    /// The config file, instead of the user's and the project's.
    pub fn config(self, file: impl AsRef<Path>) -> Self {
        self.variable("HERALD_CONFIG", file)
    }

    /// The output: `auto`, `cpal:DEVICE`, `command`, `wav:PATH` or `null`.
    pub fn output(self, output: &str) -> Self {
        self.variable("HERALD_OUTPUT", output)
    }

    fn variable(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.env = self.env.with(name, value.as_ref());
        self
    }

    /// Uses another working directory: the project is the one around it, unless the environment names one.
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = Some(cwd.into());
        self
    }

    /// The program to start if no resident player runs. By default, or if it does not exist: `herald-player`
    /// next to the running program, else the one on the `PATH`.
    pub fn player(mut self, program: impl Into<PathBuf>) -> Self {
        self.player = Some(program.into());
        self
    }

    /// Plays sounds in this process; they end with it. Requires the feature `playback`.
    ///
    /// Files are untrusted, so everything except plain PCM WAV is decoded in a separate process: by
    /// `herald-player`, located as in [`Self::player`] when the manager is opened. If it is not installed,
    /// such sounds fail with that reason.
    pub fn in_process(mut self) -> Self {
        self.in_process = true;
        #[cfg(feature = "playback")]
        {
            self.starts = Some(crate::player::local::start);
        }
        self
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Options {
    /// Uses another environment.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

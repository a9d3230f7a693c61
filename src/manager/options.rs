//! The options of a manager.

use std::path::PathBuf;

use crate::player::StartLocal;
use crate::system::env::Env;

/// Options for [`AudioManager::open`](super::AudioManager::open).
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

    /// Uses another environment.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
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

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

//! How a manager is made.

use std::path::PathBuf;

use crate::player::StartLocal;
use crate::system::env::Env;

/// How an [`AudioManager`](super::AudioManager) is made: see
/// [`AudioManager::open`](super::AudioManager::open).
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(super) env: Env,
    pub(super) cwd: Option<PathBuf>,
    pub(super) player: Option<PathBuf>,
    pub(super) in_process: bool,
    /// What to start for that. Named where it is asked for and nowhere else, so that a program that
    /// never asks links no audio library.
    pub(super) starts: Option<StartLocal>,
}

impl Options {
    /// This process's environment and working directory as they are now, and the resident player. What
    /// becomes of the environment later changes nothing.
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

    /// Another environment.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Another working directory: the project is the one around it, unless the environment names
    /// another.
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = Some(cwd.into());
        self
    }

    /// The program to start where no resident player runs. Where it is not there, and where none is
    /// given, that is `herald-player` beside the running program, else the one on the path.
    pub fn player(mut self, program: impl Into<PathBuf>) -> Self {
        self.player = Some(program.into());
        self
    }

    /// Sounds come from this process, and end with it. Only in builds with the feature `playback`.
    ///
    /// Files are anybody's, so all but plain PCM WAV is decoded in a process of its own: by
    /// `herald-player`, found as in [`Self::player`] when the manager is opened. Where it is not
    /// installed, such sounds fail and say so.
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

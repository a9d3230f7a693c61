//! How a manager is made.

use std::path::PathBuf;

use crate::env::Env;

/// How an [`AudioManager`](super::AudioManager) is made: see
/// [`AudioManager::open`](super::AudioManager::open).
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(super) env: Env,
    pub(super) cwd: Option<PathBuf>,
    pub(super) player: Option<PathBuf>,
    pub(super) in_process: bool,
}

impl Options {
    /// This process's environment and working directory, and the resident player.
    pub fn new() -> Self {
        Self {
            env: Env::process(),
            cwd: std::env::current_dir().ok(),
            player: None,
            in_process: false,
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
    pub fn in_process(mut self) -> Self {
        self.in_process = true;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

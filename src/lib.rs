#![doc = include_str!("../README.md")]

pub mod clock;
mod error;
pub mod sync;
pub mod throttle;

pub use error::{Error, ErrorKind, Result};
pub use throttle::{Decision, Key, Throttle};

/// Everything that touches the system: not part of the models that `--cfg herald_loom` builds.
macro_rules! system {
    ($($item:item)*) => { $(#[cfg(not(herald_loom))] $item)* };
}

system! {
    pub mod config;
    pub mod env;
    pub mod hook;
    mod manager;
    pub mod player;
    pub mod sound;
    pub mod state_dir;
    pub mod state_file;

    #[cfg(feature = "cli")]
    pub mod cli;

    #[cfg(feature = "playback")]
    pub mod audio;
    #[cfg(feature = "playback")]
    pub mod backend;
    #[cfg(feature = "playback")]
    pub mod engine;
    #[cfg(feature = "playback")]
    pub mod speaker;

    pub use manager::{AudioManager, Report};
}

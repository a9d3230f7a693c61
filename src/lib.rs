#![doc = include_str!("docs/links.md")]
#![doc = include_str!("../README.md")]

pub mod clock;
pub mod controls;
mod error;
pub mod picks;
pub mod sync;
pub mod throttle;

// What touches the system is no part of the models that `--cfg herald_loom` builds.

#[cfg(not(herald_loom))]
mod beneath;
#[cfg(not(herald_loom))]
pub mod config;
#[cfg(all(any(feature = "cli", feature = "playback"), not(herald_loom)))]
pub mod decodings;
#[cfg(not(herald_loom))]
mod dispatcher;
#[cfg(not(herald_loom))]
pub mod docs;
#[cfg(not(herald_loom))]
pub mod env;
#[cfg(not(herald_loom))]
pub mod external;
#[cfg(not(herald_loom))]
mod file;
#[cfg(not(herald_loom))]
pub mod hook;
#[cfg(not(herald_loom))]
pub mod log;
#[cfg(not(herald_loom))]
mod manager;
#[cfg(not(herald_loom))]
mod nearest;
#[cfg(not(herald_loom))]
pub mod original;
#[cfg(all(feature = "cli", not(herald_loom)))]
mod owner;
#[cfg(not(herald_loom))]
pub mod pack;
#[cfg(not(herald_loom))]
pub mod playback;
#[cfg(not(herald_loom))]
pub mod player;
#[cfg(not(herald_loom))]
pub mod policy;
#[cfg(all(any(feature = "cli", feature = "playback"), not(herald_loom)))]
mod printable;
#[cfg(not(herald_loom))]
pub mod project;
#[cfg(not(herald_loom))]
mod severity;
#[cfg(not(herald_loom))]
pub mod sound;
#[cfg(not(herald_loom))]
pub mod sound_server;
#[cfg(not(herald_loom))]
pub mod state_dir;
#[cfg(not(herald_loom))]
pub mod state_file;
#[cfg(not(herald_loom))]
pub mod stopwatch;

#[cfg(all(unix, not(herald_loom)))]
mod wait;

#[cfg(all(feature = "cli", not(herald_loom)))]
pub mod agent;
#[cfg(all(feature = "cli", not(herald_loom)))]
pub mod cli;
#[cfg(all(feature = "cli", not(herald_loom)))]
mod replace;

#[cfg(all(feature = "playback", not(herald_loom)))]
pub mod audio;
#[cfg(all(feature = "playback", not(herald_loom)))]
pub mod backend;
#[cfg(all(feature = "playback", not(herald_loom)))]
pub mod engine;
#[cfg(all(feature = "playback", not(herald_loom)))]
pub mod speaker;

#[cfg(not(herald_loom))]
pub use dispatcher::{DispatchContext, DispatchReport, Dispatcher};
pub use error::{Error, ErrorKind, Result};
#[cfg(not(herald_loom))]
pub use manager::{AudioManager, KnownFiring, Options, Report};
pub use throttle::{Decision, Key, Throttle};

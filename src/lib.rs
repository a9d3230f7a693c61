#![doc = include_str!("docs/links.md")]
#![doc = include_str!("../README.md")]

mod beneath;
pub mod config;
#[cfg(any(feature = "cli", feature = "playback"))]
pub mod decodings;
mod dispatcher;
pub mod docs;
pub mod external;
pub mod hook;
pub mod log;
mod manager;
mod nearest;
pub mod original;
#[cfg(feature = "cli")]
mod owner;
pub mod pack;
pub mod playback;
pub mod player;
pub mod policy;
#[cfg(any(feature = "cli", feature = "playback"))]
mod printable;
pub mod project;
mod severity;
pub mod sound;
pub mod sound_server;
pub mod stopwatch;
pub mod sync;

#[cfg(unix)]
mod wait;

#[cfg(feature = "cli")]
pub mod agent;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
mod replace;

#[cfg(feature = "playback")]
pub mod audio;
#[cfg(feature = "playback")]
pub mod backend;
#[cfg(feature = "playback")]
pub mod engine;
#[cfg(feature = "playback")]
pub mod speaker;

pub use dispatcher::{DispatchContext, DispatchReport, Dispatcher};
pub use herald_throttle::system::{env, state_dir};
pub use herald_throttle::{Decision, Key, Throttle};
pub use herald_throttle::{Error, ErrorKind, Result};
pub use herald_throttle::{clock, controls, picks, state_file, table as throttle};
pub(crate) use herald_throttle::{error, system::file};
pub use manager::{AudioManager, KnownFiring, Options, Report};

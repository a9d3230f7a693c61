//! Access to the operating system: files, programs, logs, clocks, sound servers.

#[cfg(feature = "playback")]
pub(crate) mod desktop;
pub(crate) mod external;
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod leftover;
pub(crate) mod log;
#[cfg(feature = "editing")]
pub(crate) mod owner;
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod printable;
pub(crate) mod process;
#[cfg(feature = "editing")]
pub(crate) mod replace;
pub(crate) mod sound_server;
pub(crate) mod sounds;
pub(crate) mod stopwatch;
#[cfg(unix)]
pub(crate) mod wait;

pub(crate) use herald_throttle::internals::system::{env, file, state_dir};

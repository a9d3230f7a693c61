//! Access to the operating system: files, programs, logs, clocks, sound servers.

pub mod external;
pub mod log;
#[cfg(feature = "editing")]
pub mod owner;
#[cfg(any(feature = "editing", feature = "playback"))]
pub mod printable;
#[cfg(feature = "editing")]
pub mod replace;
pub mod sound_server;
pub mod stopwatch;
#[cfg(unix)]
pub mod wait;

pub use herald_throttle::internals::system::{env, file, state_dir};

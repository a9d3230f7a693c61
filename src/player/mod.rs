//! The resident player: one process a user that makes every hook's sound.
//!
//! A hook must not wait for a sound, and its process group may be killed the moment it exits. So
//! it hands a request over in one datagram ([`protocol`]) to a player in a session of its own
//! ([`client`], `spawn`), which outlives it (`server`, in builds with the `playback` feature).

pub mod client;
pub mod protocol;
mod spawn;

#[cfg(feature = "playback")]
mod log;
#[cfg(feature = "playback")]
pub mod server;

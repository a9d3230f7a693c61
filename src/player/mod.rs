//! The resident player: one process a user that makes every hook's sound.
//!
//! A hook must not wait for a sound, and its process group may be killed the moment it exits. So
//! it hands a request over in one message ([`protocol`], `inbox`) to a player in a session of its
//! own ([`client`], `spawn`), which outlives it (`server`, in builds with the `playback` feature).
//! A program that lives long may play by itself instead (`local`).

pub mod client;
mod inbox;
pub mod protocol;
mod spawn;

pub use spawn::FIRST_REQUEST;
#[cfg(feature = "cli")]
pub(crate) use spawn::{cannot_start, program};

#[cfg(feature = "playback")]
mod configs;
#[cfg(feature = "playback")]
mod desk;
#[cfg(feature = "playback")]
pub(crate) mod local;
#[cfg(feature = "playback")]
mod post;
#[cfg(feature = "playback")]
pub mod server;
#[cfg(feature = "playback")]
mod stage;

//! The audible result.

mod decoding;
mod in_process;
mod loudness;
#[cfg(target_os = "linux")]
pub(crate) mod sound_server;
#[cfg(target_os = "linux")]
mod unplayable;

//! The audible result.

mod decoding;
mod in_process;
#[cfg(target_os = "linux")]
pub(crate) mod sound_server;
#[cfg(target_os = "linux")]
mod unplayable;

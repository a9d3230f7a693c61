//! Decodes in a separate process.
//!
//! # Purpose
//!
//! Sound files are untrusted, and decoders are large third-party code whose use of memory and time depends on
//! the file. So everything except plain PCM WAV is decoded by `herald-player --decode`, one process per file.
//! The process gets the open file and [`limits`], and writes its result ([`wire`]). If it fails, this process
//! is unaffected.
//!
//! # Invariants
//!
//! - The process has exited and is reaped when the answer is returned. No other process is waited for or
//!   killed: on Linux it is identified by a descriptor, because a host may reap any child (`wait(-1)`,
//!   SIGCHLD ignored), after which the process id is reused.
//! - No wait is longer than the time in [`limits::LIMITS`] plus a margin.
//!
//! # Limits
//!
//! At most [`MAX_AT_ONCE`] processes run at a time; further callers wait.

mod decoder;
mod limits;
mod process;
mod serve;
mod wire;

pub(super) use decoder::{Decoder, MAX_AT_ONCE};
pub(crate) use serve::serve;

#[cfg(all(test, unix))]
mod tests;

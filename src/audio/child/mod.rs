//! Decoding in a process of its own.
//!
//! # Purpose
//!
//! Sound files are anybody's, and decoders are large, other people's code that takes memory and time by
//! what a file says. So everything but plain PCM WAV is decoded by `herald-player --decode`, a process
//! for each file: it is given the open file and its [`limits`], and says what it finds ([`wire`]). What
//! becomes of it, this process goes on.
//!
//! # Invariants
//!
//! - The process has ended, and is reaped, when the answer is given out. Nobody else's process is
//!   waited for or killed: on Linux it goes by a descriptor, since a host may reap what it has not
//!   started (`wait(-1)`, SIGCHLD ignored), and numbers are given to others then.
//! - Nothing waits longer than [`limits::LIMITS`]' time and a little more.
//!
//! # Limits
//!
//! [`MAX_AT_ONCE`] of them at a time; who wants more waits.

mod decoder;
mod limits;
mod process;
mod serve;
mod wire;

pub(super) use decoder::{Decoder, MAX_AT_ONCE};
pub use serve::serve;

#[cfg(all(test, unix))]
mod tests;

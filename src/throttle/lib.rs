//! A throttle for any number of processes: for each key and window exactly one winner, without locks, in
//! nanoseconds.
//!
//! Many short programs ask at the same moment whether something may happen now: a hook whether its sound
//! may play, a job whether its mail may be sent. One is admitted, and the others learn how long they would
//! have to wait. They share a file of 132 KiB that each of them maps: a check is a few atomic operations on
//! one cache line.
//!
//! ```
//! use std::time::Duration;
//! use herald_throttle::clock::SystemClock;
//! use herald_throttle::{Decision, StateFile, Throttle};
//!
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//! let throttle = Throttle::new(StateFile::open(dir), SystemClock);
//! match throttle.admit("backup finished", Duration::from_secs(60)) {
//!     Decision::Admit(_) => println!("at most once a minute, whoever asks"),
//!     Decision::Suppress { retry_after } => println!("another one was first: {retry_after:?}"),
//! }
//! # Ok::<_, std::io::Error>(())
//! ```
//!
//! | room | what is in it |
//! |---|---|
//! | [`table`] | the algorithm, its invariants, and the argument for one winner |
//! | [`state_file`] | the file that processes share: made, checked, repaired, mapped |
//! | [`controls`], [`picks`] | two more kinds of words in that file: mute and volume, and which sound was last |
//! | [`clock`] | wall-clock time, or a test's |
//! | [`sync`] | the atomics of it all, which are loom's when the models are built |
//! | [`system`] | the state directory, careful opening of files, the environment as a value |

pub mod clock;
pub mod controls;
pub mod error;
pub mod picks;
pub mod sync;
pub mod table;

// What touches the system is no part of the models that `--cfg herald_loom` builds.
#[cfg(not(herald_loom))]
pub mod state_file;
#[cfg(not(herald_loom))]
pub mod system;

pub use error::{Error, ErrorKind, Result};
#[cfg(not(herald_loom))]
pub use state_file::StateFile;
pub use table::{Decision, Key, Throttle};

#![doc = include_str!("docs/links.md")]
#![doc = include_str!("../README.md")]
//!
//! # Rooms
//!
//! From the ground up; none knows what stands above it.
//!
//! | room | what it is for |
//! |---|---|
//! | `throttle` | a package of its own: one winner for each key and window, and the file that processes share |
//! | `system` | what asks the operating system: files, programs, logs, clocks, sound servers |
//! | `vocabulary` | words that everybody may know: events, sounds, how they get on with each other |
//! | `agents` | one description of each agent: what its payloads, events and replies look like |
//! | `trust` | whose word a file is, and whether it counts |
//! | `payload` | what an agent says about an event |
//! | `pack` | sound packs: found, checked, installed |
//! | `audio` | from the bytes of a file to samples |
//! | `config` | what is to sound, from every file that has a word in it |
//! | `policy` | rules about tool calls |
//! | `engine` | the mixer, with its real-time side |
//! | `backend` | outputs: devices, sound servers, files |
//! | `speaker` | sounds that take turns at outputs |
//! | `player` | the resident player, and the way to it |
//! | `manager` | from an event to a sound on its way |
//! | `dispatcher` | from a payload to the agent's reply |
//! | `original` | what serves the Python program that Herald replaces |
//! | `programs` | a package of its own: the command line, agents' settings, the two programs |
//! | `bindings` | packages of their own: C and Python |
//! | `docs` | pages to read |

pub mod agents;
pub mod config;
pub mod dispatcher;
pub mod docs;
pub mod manager;
pub mod original;
pub mod pack;
pub mod payload;
pub mod player;
pub mod policy;
pub mod system;
pub mod trust;
mod vocabulary;

#[cfg(feature = "playback")]
pub mod audio;
#[cfg(feature = "playback")]
pub mod backend;
#[cfg(feature = "playback")]
pub mod engine;
#[cfg(feature = "playback")]
pub mod speaker;

pub use dispatcher::{DispatchContext, DispatchReport, Dispatcher};
pub use manager::{AudioManager, KnownFiring, Options, Report};
#[cfg(any(feature = "editing", feature = "playback"))]
pub use vocabulary::decodings;
pub use vocabulary::{event, nearest, playback, severity, sound};

pub use herald_throttle::internals::{clock, error, picks, state_file, table as throttle};
pub use herald_throttle::{Decision, Error, ErrorKind, Key, Result, Throttle, controls};

/// The atomics of everything that shares memory, and the queue that is made of them.
pub mod sync {
    pub use herald_throttle::internals::sync::{AtomicU64, Ordering};

    #[cfg(feature = "playback")]
    pub(crate) use atomic::Atomic;
    #[cfg(feature = "playback")]
    pub(crate) use crossbeam::queue::ArrayQueue;
}

#![doc = include_str!("docs/links.md")]
#![doc = include_str!("crate.md")]

// # Modules
//
// From the lowest layer up; none uses what is above it.
//
// | module | what it is for |
// |---|---|
// | `throttle` | a package of its own: one winner for each key and window, and the file that processes share |
// | `system` | what asks the operating system: files, programs, logs, clocks, sound servers |
// | `vocabulary` | words that everybody may know: events, sounds, how they get on with each other |
// | `agents` | one description of each agent: what its payloads, events and replies look like |
// | `trust` | whose word a file is, and whether it counts |
// | `payload` | what an agent says about an event |
// | `pack` | sound packs: found, checked, installed |
// | `audio` | from the bytes of a file to samples |
// | `config` | what is to sound, from every file that has a word in it |
// | `policy` | rules about tool calls |
// | `engine` | the mixer, with its real-time side |
// | `backend` | outputs: devices, sound servers, files |
// | `speaker` | sounds that take turns at outputs |
// | `player` | the resident player, and the way to it |
// | `manager` | from an event to a sound on its way |
// | `dispatcher` | from a payload to the agent's reply |
// | `original` | what serves the Python program that Herald replaces |
// | `programs` | a package of its own: the command line, agents' settings, the two programs |
// | `studio` | a package of its own: the program that needs a network |
// | `bindings` | packages of their own: C and Python |
// | `docs` | pages to read |

mod agents;
mod config;
mod dispatcher;
pub mod docs;
#[doc(hidden)]
pub mod internals;
mod manager;
mod original;
mod pack;
mod payload;
mod player;
mod policy;
mod system;
mod trust;
mod vocabulary;

#[cfg(feature = "playback")]
mod audio;
#[cfg(feature = "playback")]
mod backend;
#[cfg(feature = "playback")]
mod engine;
#[cfg(feature = "playback")]
mod speaker;

#[cfg(feature = "watch")]
pub use config::FileWatch;
pub use config::{Config, ConfigIssue, ConfigReader, Position, Severity};
pub use dispatcher::{DispatchReport, Dispatcher};
pub use herald_throttle::{
    Admission, Controls, Decision, Error, ErrorKind, Firing, Key, LONGEST_SNOOZE, Result, Silence,
    Storage, Throttle,
};
pub use manager::{AudioManager, Options, Report};
pub use vocabulary::sound::{Chime, Sound};

// Lower layers, by the names that the modules know them by.
use herald_throttle::internals::{clock, controls, error, state_file, table as throttle};
#[cfg(any(feature = "editing", feature = "playback"))]
use vocabulary::decodings;
use vocabulary::{event, loudness, nearest, playback, quiet_rule, severity, sound, variation};

/// The atomics of everything that shares memory, and the queue that is made of them.
mod sync {
    #[cfg(any(feature = "playback", test))]
    pub(crate) use herald_throttle::internals::sync::AtomicU64;
    pub(crate) use herald_throttle::internals::sync::{Ordering, fence};

    #[cfg(feature = "playback")]
    pub(crate) use atomic::Atomic;
    #[cfg(feature = "playback")]
    pub(crate) use crossbeam::queue::ArrayQueue;
}

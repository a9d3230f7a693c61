//! Behaviour from outside: real programs, real files, a real sound server.
//!
//! | folder | what is covered |
//! |---|---|
//! | `agents` | The agents' side: the hook, its reply, its decisions, and its installation. |
//! | `cli` | The commands and their output. |
//! | `config` | Rules of the config, and trusted files. |
//! | `library` | The library for programs: the manager, the examples, and events. |
//! | `packs` | Sound packs. |
//! | `player` | The resident player and its clients. |
//! | `sound` | The audible result. |
//! | `source` | Rules about the source that the compiler does not check. |
//! | `throttle` | One winner on every storage. |
//!
//! Helpers of several folders are in `support`, which has no tests.

#[cfg(feature = "playback")]
mod agents;
#[cfg(all(unix, feature = "playback"))]
mod cli;
#[cfg(all(unix, feature = "playback"))]
mod config;
mod library;
#[cfg(unix)]
mod packs;
#[cfg(all(unix, feature = "playback"))]
mod player;
#[cfg(all(unix, feature = "playback"))]
mod sound;
mod source;
mod support;
mod throttle;

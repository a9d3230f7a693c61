//! Behaviour, seen from outside: real programs, real files, a real sound server.
//!
//! | folder | what is covered |
//! |---|---|
//! | `agents` | What an agent gets: the hook, its reply, its decisions, and how it is installed. |
//! | `cli` | The commands, and what they print. |
//! | `config` | Rules of the config, and whose files count. |
//! | `library` | What programs link: the manager, the examples, events as the library takes them. |
//! | `packs` | Sound packs. |
//! | `player` | The resident player, and the way to it. |
//! | `sound` | What is heard. |
//! | `source` | Rules about the source that the compiler does not know. |
//! | `throttle` | One winner, on whatever ground. |
//!
//! What tests of several folders use is in `support`, which has no tests.

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

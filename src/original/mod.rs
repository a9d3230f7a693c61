//! Support for users of the original Herald, a Python program: see [`crate::docs::original`].
//!
//! | file | content |
//! |---|---|
//! | `files` | its files, and their keys that Herald does not use |
//! | `defaults` | its default sound files and windows |
//! | `methods` | the methods of its `AudioManager` |
//! | `context` | the context in its replies |
//! | `call` | tool calls as it read them |
//! | `report` | its report of an event, and its line on standard error |
//!
//! Other modules that must match the original (config values, agents' commands, rules) ask here.

mod call;
mod context;
mod defaults;
mod files;
mod methods;
mod report;

pub(crate) use call::as_read;
pub(crate) use context::context;
pub(crate) use defaults::DEFAULTS;
pub use defaults::defaults;
pub(crate) use files::is_wanted;
pub(crate) use files::{
    CONFIG, CONFIG_NAME, KEYS_OF_CONFIG, KEYS_OF_POLICY, POLICY, SOUNDS, VOLUME, home,
};
pub use files::{PROGRAM, is_own, is_policy};
pub use methods::{play_audio, play_audio_as, player_command};
pub use report::{Record, line};

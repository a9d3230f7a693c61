//! What serves the original Herald alone, a Python program, and those who come from it:
//! [`crate::docs::original`] says what that is.
//!
//! | file | responsibility |
//! |---|---|
//! | `files` | where it has its files, and what those say that nothing reads |
//! | `defaults` | the sound files and windows that it had by itself |
//! | `methods` | its `AudioManager`'s methods, by their names |
//! | `context` | what its replies told the agent |
//! | `call` | tool calls as it read them |
//! | `line` | its line on standard error |
//!
//! Where another room has to know of it (a config's values, an agent's commands, the rules of a policy),
//! that room asks here for what it was.

mod call;
mod context;
mod defaults;
mod files;
mod line;
mod methods;

pub(crate) use call::as_read;
pub(crate) use context::context;
pub use defaults::{DEFAULTS, Defaults, defaults};
pub(crate) use files::{
    CONFIG, CONFIG_NAME, KEYS_OF_CONFIG, KEYS_OF_POLICY, POLICY, SOUNDS, VOLUME, home,
};
pub use files::{PROGRAM, is_own, is_wanted};
pub use line::line;

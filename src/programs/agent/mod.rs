//! The agents that run hooks: where their settings are, and which of their hooks are Herald's.
//!
//! | file | responsibility |
//! |---|---|
//! | `command` | recognises Herald's commands, and quotes its own |
//! | `place` | where agents and their settings are |
//! | `program` | finds the program that a command runs |
//! | `document`, `splice`, `removal` | parse settings, and change them without touching other bytes |
//! | `plan` | install and uninstall, as functions of text |
//! | `planned` | what is to be written, and what was done |
//! | `toml` | hooks in settings in TOML |
//! | `script` | hooks that are files of their own |
//! | `plugin` | the same for the plugin of agents without hooks |
//! | `events` | which events a hook is registered for |
//! | `layers` | the files that an agent merges |
//! | `foreign` | what else sounds on the same events |
//! | `registered` | which hooks are registered where |
//! | `silenced` | why an agent does not run its hooks |
//! | `surfaces` | where an agent fires only some of its events |
//! | `settings` | the files: read, compare, replace, back up |
//!
//! Other programs write these files, too: their hooks and their formatting must stay.

mod command;
mod document;
mod events;
mod foreign;
mod layers;
mod place;
pub mod plan;
mod planned;
mod plugin;
mod program;
mod registered;
mod removal;
mod script;
mod settings;
mod silenced;
mod splice;
mod surfaces;
mod toml;

pub use command::{Herald, recognize};
pub use document::{Fault, Hook};
pub use events::{PROVIDERS, Registrable, Wanted, events_to_register, names};
pub use foreign::foreign;
pub use place::{
    Scope, found, has_scope, hook_args, outer_dir, registrable, settings_files, settings_in,
};
pub use program::{Form, Found, Program, is_portable};
pub use registered::{OF_PLUGIN, Registered, is_of_plugin, plugins, registered};
pub use settings::{Changed, Settings, backup_of, install, uninstall};
pub use silenced::{Cause, causes, missing_programs};
pub use surfaces::silent;

//! `herald-studio`: what Herald needs a network or a whole screen for. `herald` starts it with its own
//! arguments, so that the program that runs as a hook links neither.
//!
//! | module | what is in it |
//! |---|---|
//! | `source` | where a pack comes from, as a person writes it |
//! | `web` | what is fetched, within limits |
//! | `unpack` | archives, which are checked as a whole before anything is written |
//! | `registry` | the public index of packs |
//! | `packs` | the commands about packs |
//! | `screen` | whole screens, and the terminal that is left as it was |
//! | `choose`, `watch` | what is on them |
//! | `herald` | plain commands, by which screens do everything |

mod bar;
mod choose;
mod herald;
mod interrupt;
mod packs;
mod registry;
mod screen;
mod source;
mod unpack;
mod watch;
mod web;

/// What the tests of this repository use: no promise.
#[doc(hidden)]
pub mod internals {
    pub use crate::unpack::unpack;
    pub use crate::web::{Fetched, Limits, Web};
}

use std::ffi::OsString;

use herald_cli::cli::studio::{self, Task};
use herald_cli::cli::studio_task;

use web::Web;

/// Runs the program with `args`, without the program's name. Returns the exit code.
pub fn run(args: &[OsString]) -> u8 {
    if matches!(args, [arg] if arg == "--version" || arg == "-V") {
        let version = concat!("herald-studio ", env!("CARGO_PKG_VERSION"), "\n");
        return studio::say(version).map_or(1, |()| 0);
    }
    let task = match studio_task(args) {
        Ok(task) => task,
        Err(code) => return code,
    };
    interrupt::catch();
    let web = Web::default();
    let result = match task {
        Task::Choose => choose::run(),
        Task::Watch => watch::run(),
        Task::Install {
            source,
            force,
            json,
        } => packs::install(&web, &source, force, json),
        Task::Search { words, json } => packs::search(&web, &words, json),
        Task::Update { names, json } => packs::update(&web, &names, json),
    };
    result.unwrap_or_else(|error| {
        studio::error(&error);
        1
    })
}

//! `herald fleet`: logins, joining and leaving, status, test, mute.
//!
//! | file | what it does |
//! |---|---|
//! | `context` | what several commands need |
//! | `server` | one connection, and its errors with hints |
//! | `rights` | what each login may do |
//! | `key` | makes, reads and writes keys |
//! | [`own_server`] | the server that the relay of a desk starts itself |
//! | `init`, `join` | adds machines; makes this one part of a fleet, or not |
//! | `service` | what keeps the relay of a desk running |
//! | `controls` | mute, snooze and the desk in use |
//! | `status`, `steps` | what is known of the fleet; the way of an event |
//! | `examine` | what `herald doctor` says about it |

mod context;
mod controls;
mod examine;
mod init;
mod join;
mod key;
pub mod own_server;
pub(crate) mod rights;
mod server;
mod service;
mod status;
mod steps;

use herald_audio::internals::system::env::Env;
use herald_audio::{LONGEST_SNOOZE, Result};
pub use herald_cli::cli::fleet::Command;

/// Carries out `command`. Returns the exit code.
///
/// # Errors
///
/// What the command could not do.
pub fn run(command: &Command, env: &Env) -> Result<u8> {
    match command {
        Command::Init(args) => init::init(args, env),
        Command::Revoke(args) => init::revoke(args, env),
        Command::Join(args) => join::join(args, env),
        Command::Leave(args) => join::leave(args, env),
        Command::Status(args) => status::status(args, env),
        Command::Flush(args) => status::flush(args, env),
        Command::Test(args) => steps::test(args, env),
        Command::Here(args) => controls::here(args.json, env),
        Command::Mute(args) => controls::mute(args.json, env, LONGEST_SNOOZE),
        Command::Snooze(args) => controls::mute(args.json, env, args.time),
        Command::Unmute(args) => controls::unmute(args.json, env),
        Command::Examine => examine::run(env),
    }
}

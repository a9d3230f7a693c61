//! The relay: brings events of agents on many machines to a desk, each once, through a Valkey or Redis server.
//!
//! # Modules
//!
//! From the lowest layer up; none uses what is above it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`message`] | what a box says about an event, and what a desk believes of it |
//! | [`engine`] | the server between the machines: append, follow, claim, controls, presence |
//! | `queue` | what a box could not append yet |
//! | `desk` | whether an event sounds at this desk, without I/O |
//! | [`admin`] | `herald fleet`: logins, joining and leaving, status, test, mute |
//! | [`resident`] | the resident program: receives from hooks, appends, follows and plays |

pub mod admin;
mod desk;
pub mod engine;
pub mod message;
mod queue;
pub mod resident;
#[cfg(all(test, unix))]
mod tests;

use std::process::ExitCode;

use clap::Parser;
use herald_audio::internals::system::env::Env;
use herald_cli::cli::internals;

/// The relay of Herald's fleet. Hooks start it on demand; that of a desk stays
///
/// Without a command, it runs in the foreground: for a service.
#[derive(Parser)]
#[command(name = "herald-relay", version, about)]
struct Args {
    /// Read the first request from standard input, then run in the background
    #[arg(long, exclusive = true)]
    first_request: bool,
    #[command(subcommand)]
    command: Option<admin::Command>,
}

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    herald_audio::internals::state_file::catch_truncation();
    let env = Env::process();
    let done = match Args::parse() {
        Args {
            command: Some(command),
            ..
        } => admin::run(&command, &env),
        Args {
            first_request: true,
            ..
        } => resident::run_for_hook(&env).map(|()| internals::OK),
        Args { .. } => resident::run(&env).map(|()| internals::OK),
    };
    done.unwrap_or_else(|error| {
        internals::error(&error);
        internals::FAILED
    })
    .into()
}

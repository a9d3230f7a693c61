//! The `herald` program: parse, then resolve, then run; one file a command.

mod args;
mod hook;
mod play;
mod stdin;
mod throttle;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Runs the program with the process's arguments.
///
/// A hook is run before anything else is set up: it is what agents wait for.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(call) = hook::Call::parse(&args) {
        return hook::run(&call);
    }
    let Cli { command } = Cli::parse();
    let result = match command {
        Command::Hook(args) => return hook::run(&args.into()),
        Command::Play(args) => play::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Throttle(command) => return throttle::run(&command),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says on stderr what is wrong: `herald: what is wrong: why (how to mend it)`.
fn complain(error: &dyn std::fmt::Display) {
    // There is nobody else to complain to.
    let _ = writeln!(std::io::stderr(), "herald: {error}");
}

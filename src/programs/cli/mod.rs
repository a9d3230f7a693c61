//! The `herald` program: parse, then resolve, then run; one file a command.

mod answer;
mod args;
mod completions;
mod config;
mod controls;
mod decode;
mod doctor;
mod hook;
mod install;
mod log;
mod pack;
mod paint;
mod patient;
mod play;
mod player;
mod run;
mod status;
mod stdin;
mod terminal;
mod test;
mod throttle;
mod times;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use terminal::complain;

use herald_audio::system::printable::printable;

/// Whether `args` are an agent's call of its hook.
pub fn is_hook(args: &[OsString]) -> bool {
    hook::Call::parse(args).is_some()
}

/// Runs the program with `args`, the first of which is no name of a program any more. Returns the
/// exit code.
///
/// A hook is run before anything else is set up: it is what agents wait for.
pub fn run(args: &[OsString]) -> u8 {
    if let Some(call) = hook::Call::parse(args) {
        return hook::run(&call);
    }
    let Cli { command } = match parse(args) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let result = match command {
        Command::Hook(args) => return hook::run(&args.into()),
        Command::Completions(args) => return completions::run(&args),
        Command::Config(command) => return config::run(&command),
        Command::Doctor(args) => return doctor::run(&args),
        Command::Install(args) => install::install(&args),
        Command::Uninstall(args) => install::uninstall(&args),
        Command::Log(args) => return log::run(&args),
        Command::Pack(command) => pack::run(&command),
        Command::Play(args) => play::run(&args).map(|()| 0),
        Command::Mute(args) => controls::mute(&args).map(|()| 0),
        Command::Unmute(args) => controls::unmute(&args).map(|()| 0),
        Command::Snooze(args) => controls::snooze(&args),
        Command::Volume(args) => controls::volume(&args).map(|()| 0),
        Command::Player(command) => player::run(&command),
        Command::Status(args) => return status::run(&args),
        Command::Test(args) => return test::run(&args),
        Command::Throttle(command) => return throttle::run(&command),
    };
    result.unwrap_or_else(|error| {
        complain(&error);
        1
    })
}

/// What `args` ask for; else the exit code, when help was given or what is wrong with them was told.
fn parse(args: &[OsString]) -> Result<Cli, u8> {
    let program = OsString::from("herald");
    Cli::try_parse_from([&program].into_iter().chain(args)).map_err(|error| {
        // clap shows arguments as they are: it gets to show what a terminal may have.
        let shown = args.iter().map(|arg| printable(arg.to_string_lossy()));
        let shown = Cli::try_parse_from(["herald".to_owned()].into_iter().chain(shown));
        let error = shown.err().unwrap_or(error);
        // There is nobody else to complain to.
        let _ = error.print();
        u8::try_from(error.exit_code()).unwrap_or(2)
    })
}

/// Says what is wrong with the arguments, as clap does. Returns the exit code.
fn misused(why: &str) -> u8 {
    let error = Cli::command().error(clap::error::ErrorKind::ValueValidation, printable(why));
    // There is nobody else to complain to.
    let _ = error.print();
    answer::NO_ANSWER
}

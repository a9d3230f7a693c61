//! The `herald` program: parse, then resolve, then run. Each command has a file or folder, with its
//! arguments for clap; `values` parses times, volumes and keys. `hook` parses its arguments by hand.

mod answer;
mod choose;
mod companion;
mod completions;
mod config;
mod config_file;
mod controls;
mod decode;
mod demo;
mod doctor;
mod events;
mod exit;
pub mod fleet;
mod hook;
mod install;
mod log;
mod output;
mod pack;
mod paint;
mod patient;
mod play;
mod player;
mod preset;
mod run;
mod sounds;
mod status;
mod stdin;
pub mod studio;
mod table;
mod terminal;
mod test;
mod throttle;
mod times;
mod usage;
mod values;
mod version;
mod voices;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use exit::{FAILED, OK, USAGE};

const EXAMPLES: &str = "\
Examples:
  herald demo                                hear every built-in sound
  herald install                             make your agents play sounds
  herald play finished                       play a built-in sound
  herald test                                send a sample Stop event, report each step
  herald hook Stop < payload.json            what an agent runs at each event
  herald throttle check build --window 30s && notify-send built
                                             at most one notification in 30 s
  herald snooze 30m                          no sound for half an hour, in every agent
  HERALD_OUTPUT=wav:out.wav herald play failed --wait
                                             write the sound to a file

Environment:
  HERALD_OUTPUT     auto, cpal, cpal:DEVICE, command, wav:PATH or null
  HERALD_CONFIG     config file to use instead of the user's and the project's
  HERALD_LOG        log level: off, warn, info (default) or debug
  HERALD_MUTE       1: no sound from this process and those that it starts
  HERALD_POLICY     original: reply like the original Herald, which allows tool calls
  HERALD_STATE_DIR  directory of throttle, mute, player socket and log";

/// The audio engine for coding-agent hooks: the right sound, at once, exactly once.
#[derive(Debug, Parser)]
#[command(
    name = "herald",
    version,
    disable_version_flag = true,
    after_help = format!("{EXAMPLES}\n\n{}", exit::HELP),
    arg_required_else_help = true
)]
struct Cli {
    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
    /// With --version: also print commit, target, linkage and the player's version
    #[arg(long, requires = "version")]
    verbose: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Install(install::InstallArgs),
    Uninstall(install::UninstallArgs),
    Events(events::Args),
    Test(test::Args),
    Status(status::Args),
    Doctor(doctor::Args),
    Log(log::Args),
    Mute(controls::MuteArgs),
    Unmute(controls::UnmuteArgs),
    Snooze(controls::SnoozeArgs),
    Volume(controls::VolumeArgs),
    Demo(demo::Args),
    Play(play::Args),
    Voices(voices::Args),
    Choose(choose::Args),
    Sounds(sounds::Args),
    Output(output::Args),
    #[command(subcommand)]
    Pack(pack::PackCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    #[command(subcommand)]
    Throttle(throttle::ThrottleCommand),
    #[command(subcommand)]
    Player(player::PlayerCommand),
    #[command(subcommand)]
    Fleet(fleet::Command),
    Completions(completions::Args),
    Hook(hook::Args),
}

/// What `herald-relay` shares with `herald`: no promise.
#[doc(hidden)]
pub mod internals {
    pub use super::answer::{answer, answer_json};
    pub use super::config_file::ConfigFile;
    pub use super::exit::{FAILED, OK};
    pub use super::table::table;
    pub use super::terminal::{agrees, can_ask, error, warn};
    pub use super::times::{ago, span};
}

/// Every command with its arguments, for manual pages.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// The usual file name of each shell's completion script, and the script.
pub fn completion_scripts() -> impl Iterator<Item = (String, String)> {
    completions::scripts()
}

/// Whether `args` run a hook.
pub fn is_hook(args: &[OsString]) -> bool {
    hook::Call::parse(args).is_some()
}

/// Runs the program with `args`, without the program's name. Returns the exit code.
///
/// A hook runs before anything else is set up, because agents wait for it.
pub fn run(args: &[OsString]) -> u8 {
    if let Some(call) = hook::Call::parse(args) {
        return hook::run(&call);
    }
    if let Some(code) = completions::answer(args, Cli::command) {
        return code;
    }
    let cli = match parse(args) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // Without any argument, clap has printed help: only --version has no command.
    let Some(command) = cli.command.filter(|_| !cli.version) else {
        return version::run(cli.verbose);
    };
    if task(&command).is_some() {
        return studio::run(args);
    }
    let result = match command {
        Command::Hook(args) => return hook::run(&args.into()),
        Command::Completions(args) => return completions::run(&args),
        Command::Config(command) => config::run(&command),
        Command::Doctor(args) => return doctor::run(&args),
        Command::Install(args) => install::install(&args),
        Command::Uninstall(args) => install::uninstall(&args),
        Command::Events(args) => events::run(&args),
        Command::Log(args) => return log::run(&args),
        Command::Pack(command) => pack::run(&command),
        // Passed on before.
        Command::Choose(_) => Ok(OK),
        Command::Sounds(args) => sounds::run(&args),
        Command::Output(args) => output::run(&args),
        Command::Demo(args) => demo::run(&args).map(|()| OK),
        Command::Play(args) => play::run(&args).map(|()| OK),
        Command::Voices(args) => voices::run(&args).map(|()| OK),
        Command::Mute(args) => controls::mute(&args).map(|()| OK),
        Command::Unmute(args) => controls::unmute(&args).map(|()| OK),
        Command::Snooze(args) => match args.length() {
            Ok(length) => controls::snooze(&args, length).map(|()| OK),
            Err(why) => return exit::misused(&why),
        },
        Command::Volume(args) => controls::volume(&args).map(|()| OK),
        Command::Player(command) => player::run(&command),
        // Whatever the relay understands, this program does: `args` were parsed above.
        Command::Fleet(_) => fleet::run(&args[1..]),
        Command::Status(args) => return status::run(&args),
        Command::Test(args) => return test::run(&args),
        Command::Throttle(command) => return throttle::run(&command),
    };
    result.unwrap_or_else(|error| {
        terminal::error(&error);
        FAILED
    })
}

/// What `command` asks `herald-studio` to do; none if `herald` does it.
fn task(command: &Command) -> Option<studio::Task> {
    match command {
        Command::Pack(command) => studio::Task::of_pack(command),
        Command::Choose(_) => Some(studio::Task::Choose),
        Command::Status(args) if args.watch => Some(studio::Task::Watch),
        _ => None,
    }
}

/// What `args`, which are those of `herald`, ask `herald-studio` to do.
///
/// # Errors
///
/// The exit code, if they ask for help, are wrong, or are for `herald` itself. That was printed.
pub fn studio_task(args: &[OsString]) -> Result<studio::Task, u8> {
    let command = parse(args)?.command;
    let task = command.as_ref().and_then(task);
    let why = "herald-studio has no such command; hint: run herald instead";
    task.ok_or_else(|| exit::misused(&why))
}

/// Parses `args`. If they ask for help, or are wrong, prints that and returns the exit code.
fn parse(args: &[OsString]) -> Result<Cli, u8> {
    let program = OsString::from("herald");
    Cli::try_parse_from([&program].into_iter().chain(args)).map_err(|error| {
        if let Some(why) = usage::complaint(&error, &Cli::command(), args) {
            return exit::misused(&why);
        }
        // A failed write cannot be reported anywhere.
        let _ = error.print();
        u8::try_from(error.exit_code()).unwrap_or(USAGE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

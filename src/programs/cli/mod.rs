//! The `herald` program: parse, then resolve, then run. One file or folder a command, with its arguments
//! as clap reads them; what `values` of theirs mean is told in one place. Hooks are parsed by hand, in
//! `hook`.

mod answer;
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
mod values;
mod version;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use terminal::complain;

use herald_audio::system::printable::printable;

const EXAMPLES: &str = "\
Examples:
  herald install                             let Claude Code make sounds
  herald play finished                       make a built-in sound
  herald test                                is Stop heard, and if not, why?
  herald hook Stop < payload.json            what an agent runs at each event
  herald throttle check build --window 30s && make-noise
                                             at most once in 30 s, whoever asks
  herald snooze 30m                          no sound for half an hour, in every agent
  HERALD_OUTPUT=wav:out.wav herald play failed --wait
                                             render into a file instead

Environment:
  HERALD_OUTPUT     auto, cpal, cpal:DEVICE, command, wav:PATH or null
  HERALD_CONFIG     config file, instead of the user's and the project's
  HERALD_LOG        off, warn, info (default) or debug: what the log tells
  HERALD_POLICY     original: reply as the original Herald did, which allows tool calls
  HERALD_STATE_DIR  where throttle, mute, player socket and log are kept";

/// The audio engine for coding-agent hooks: the right sound, at once, exactly once.
#[derive(Debug, Parser)]
#[command(
    name = "herald",
    version,
    disable_version_flag = true,
    after_help = EXAMPLES,
    arg_required_else_help = true
)]
struct Cli {
    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
    /// With --version: print the commit, the target, how it is linked, and the player's version
    #[arg(long, requires = "version")]
    verbose: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Install(install::InstallArgs),
    Uninstall(install::UninstallArgs),
    Test(test::Args),
    Status(status::Args),
    Doctor(doctor::Args),
    Log(log::Args),
    Mute(controls::MuteArgs),
    Unmute(controls::UnmuteArgs),
    Snooze(controls::SnoozeArgs),
    Volume(controls::VolumeArgs),
    Play(play::Args),
    #[command(subcommand)]
    Pack(pack::PackCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    #[command(subcommand)]
    Throttle(throttle::ThrottleCommand),
    #[command(subcommand)]
    Player(player::PlayerCommand),
    Completions(completions::Args),
    Hook(hook::Args),
}

/// Every command with its arguments, for manual pages and completions.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

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
    let cli = match parse(args) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // Without a command it is about the version: no argument at all prints help.
    let Some(command) = cli.command.filter(|_| !cli.version) else {
        return version::run(cli.verbose);
    };
    let result = match command {
        Command::Hook(args) => return hook::run(&args.into()),
        Command::Completions(args) => return completions::run(&args, &mut Cli::command()),
        Command::Config(command) => return config::run(&command),
        Command::Doctor(args) => return doctor::run(&args),
        Command::Install(args) => install::install(&args),
        Command::Uninstall(args) => install::uninstall(&args),
        Command::Log(args) => return log::run(&args),
        Command::Pack(command) => pack::run(&command),
        Command::Play(args) => play::run(&args).map(|()| 0),
        Command::Mute(args) => controls::mute(&args).map(|()| 0),
        Command::Unmute(args) => controls::unmute(&args).map(|()| 0),
        Command::Snooze(args) => match args.length() {
            Ok(length) => controls::snooze(&args, length).map(|()| 0),
            Err(why) => return misused(&why),
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

//! The command line, as clap reads it. Hooks are parsed by hand, in [`super::hook`].

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::completions::CompletionsArgs;
use super::controls::{MuteArgs, SnoozeArgs, UnmuteArgs, VolumeArgs, factor};
use super::doctor::DoctorArgs;
use super::install::{InstallArgs, UninstallArgs};
use super::log::LogArgs;
use super::pack::PackCommand;
use super::status;
use super::test::TestArgs;
use super::throttle::ThrottleCommand;

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
#[command(name = "herald", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Install(InstallArgs),
    Uninstall(UninstallArgs),
    Test(TestArgs),
    Status(status::StatusArgs),
    Doctor(DoctorArgs),
    Log(LogArgs),
    Mute(MuteArgs),
    Unmute(UnmuteArgs),
    Snooze(SnoozeArgs),
    Volume(VolumeArgs),
    Play(PlayArgs),
    #[command(subcommand)]
    Pack(PackCommand),
    #[command(subcommand)]
    Config(ConfigCommand),
    #[command(subcommand)]
    Throttle(ThrottleCommand),
    #[command(subcommand)]
    Player(PlayerCommand),
    Completions(CompletionsArgs),
    Hook(HookArgs),
}

/// Look at the config: where it comes from, what holds, and what is wrong with it
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  herald config check                  what is wrong, by file, line and column
  herald config show                   every setting, and where it comes from
  herald config show audio_settings.volume
  herald config schema > herald.schema.json
                                       for editors that complete and check

Exit codes:
  0  done; no mistakes (check)
  1  mistakes (check)
  2  wrong usage, or no answer: standard error says why")]
pub(super) enum ConfigCommand {
    /// List the config files, lowest precedence first, and which of them are in force
    Path(ConfigPathArgs),
    /// Show every setting in force, and where it comes from
    Show(ConfigShowArgs),
    /// Tell what is wrong with the config, or with FILE
    Check(ConfigCheckArgs),
    /// Write the JSON Schema of config files
    Schema,
}

#[derive(Args, Debug)]
pub(super) struct ConfigPathArgs {
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfigShowArgs {
    /// Only this dotted key and what is inside it
    pub(super) key: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfigCheckArgs {
    /// A config file; by default those in force
    pub(super) file: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Answer a hook: payload on stdin, reply on stdout, exit code 0 whatever happens
///
/// Reads the JSON payload that the agent writes, makes the event's sound unless it was heard a
/// moment ago, and replies with a JSON object. Never waits for the sound.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald hook < payload.json       the event is the payload's hook_event_name
  herald hook Stop                 the event is Stop, whatever the payload says
  herald hook --agent codex        reply as Codex needs it
  herald --hook Stop --json-only   the original Herald's spelling")]
pub(super) struct HookArgs {
    /// The event; by default the payload's hook_event_name
    pub(super) event: Option<String>,
    /// The agent that reads the reply; by default what the payload tells, else claude
    #[arg(long, value_name = "NAME")]
    pub(super) agent: Option<String>,
    /// Reply, but make no sound
    #[arg(long)]
    pub(super) no_audio: bool,
}

/// Play a configured sound, a built-in one, or a file
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald play Stop                 what Stop sounds like
  herald play attention            a built-in sound: attention, finished, failed, started
  herald play ./bell.wav --volume 1 --wait")]
pub(super) struct PlayArgs {
    /// An event, a configured or built-in sound, or a sound file (WAV, MP3, Ogg Vorbis, FLAC)
    #[arg(value_name = "SOUND|FILE")]
    pub(super) sound: String,
    /// Volume from 0 to 1, or in percent; by default the config's
    #[arg(long, value_parser = factor)]
    pub(super) volume: Option<f32>,
    /// Return when the sound was heard, and fail if it was not
    #[arg(long)]
    pub(super) wait: bool,
}

/// Look after the resident player, which hooks start when there is something to play
///
/// It keeps sounds and an open device at hand, so that the next sound starts at once, and leaves
/// when it was not needed for a while (player_idle_exit in the config, by default 5 minutes).
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  herald player status         is one running, and for how long?
  herald player status --json  the same for a script
  herald player stop           begin anew with the next sound
  herald player run            see what it complains of

Exit codes:
  0  done (stop), or it is running (status)
  1  none is running (status), or something is wrong: standard error says what
  2  wrong usage")]
pub(super) enum PlayerCommand {
    /// Run the player in this terminal, until it is stopped or not needed any more
    Run,
    /// Tell how the player is; the exit code is 1 if none is running
    Status(StatusArgs),
    /// Let the player leave when its last sound has ended; the next sound starts another one
    Stop,
}

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Write JSON, with times in milliseconds; null if none is running
    #[arg(long)]
    pub(super) json: bool,
}

/// A time such as `30s`; a number alone is seconds.
pub(super) fn window(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::try_from_secs_f64);
    match seconds {
        Some(Ok(window)) => Ok(window),
        Some(Err(_)) => Err("give a time that is not negative, such as 30s".to_owned()),
        None => humantime::parse_duration(text)
            .map_err(|error| format!("{error}; give a time such as 500ms, 30s, 5m or 1h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn windows_are_times_or_seconds() {
        for (text, ms) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1h 30m", 5_400_000),
            ("2", 2_000),
            ("0.25", 250),
            ("0", 0),
        ] {
            assert_eq!(window(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "-1", "NaN", "inf", "1e300", "soon", "30 parsecs"] {
            assert!(window(text).is_err(), "{text}");
        }
    }
}

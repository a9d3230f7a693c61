//! The command line, as clap reads it. Hooks are parsed by hand, in [`super::hook`].

use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  herald play finished                       make a built-in sound
  herald hook Stop < payload.json            what an agent runs at each event
  HERALD_OUTPUT=wav:out.wav herald play failed --wait
                                             render into a file instead

Environment:
  HERALD_OUTPUT     auto, cpal, cpal:DEVICE, wav:PATH or null
  HERALD_CONFIG     config file, instead of the user's and the project's
  HERALD_STATE_DIR  where throttle, player socket and log are kept";

/// The audio engine for coding-agent hooks: the right sound, at once, exactly once.
#[derive(Debug, Parser)]
#[command(name = "herald", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Hook(HookArgs),
    Play(PlayArgs),
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
  herald --hook Stop --json-only   the original Herald's spelling")]
pub(super) struct HookArgs {
    /// The event; by default the payload's hook_event_name
    pub(super) event: Option<String>,
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
    /// An event, a configured or built-in sound, or a WAV file
    #[arg(value_name = "SOUND|FILE")]
    pub(super) sound: String,
    /// Volume from 0 to 1; by default the config's
    #[arg(long, value_parser = volume)]
    pub(super) volume: Option<f32>,
    /// Return when the sound was heard, and fail if it was not
    #[arg(long)]
    pub(super) wait: bool,
}

fn volume(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|volume| (0.0..=1.0).contains(volume))
        .ok_or_else(|| "give a number from 0 (silent) to 1 (the sound's own level)".to_owned())
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
    fn a_volume_out_of_range_is_refused() {
        for text in ["1.5", "-0.1", "loud", "NaN"] {
            assert!(volume(text).is_err(), "{text}");
        }
        assert_eq!(volume("0.25"), Ok(0.25));
    }
}

//! The command line of `herald throttle`, as clap reads it.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::args::window;

/// Ask the throttle from a script: may this happen now, or did it a moment ago?
///
/// All processes of a user share one throttle. A key is any name; that of an event may be spelled
/// in any way, and is not the key of the event's hooks, which have one for each project. Of any
/// number of processes that ask at the same moment, one is admitted.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  herald throttle check build --window 30s && notify-send 'built'
  herald throttle peek build --window 30s    is it still quiet?
  herald throttle list                       what fired, and when
  herald throttle reset build                let it fire again at once

Exit codes:
  0  may fire (check, peek), done (reset, list)
  1  fired less than a window ago: standard output says how long to wait
  2  wrong usage, or no answer: standard error says why")]
pub(in crate::cli) enum ThrottleCommand {
    /// Ask whether KEY may fire now, and mark it as fired if so
    Check(CheckArgs),
    /// Ask whether KEY could fire now; marks nothing
    Peek(CheckArgs),
    Reset(ResetArgs),
    /// List what fired and when, and how often hooks were admitted and suppressed
    List(ListArgs),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct CheckArgs {
    /// Any name; events may be spelled in any way
    #[arg(value_parser = key)]
    pub(super) key: String,
    /// At most once in this time: 500ms, 30s, 5m, 1h 30m; a number alone is seconds
    #[arg(long, value_parser = window)]
    pub(super) window: Duration,
}

/// Let KEY, or every key, fire again at once
///
/// For an event that is also what its hooks in this project ask for, and those everywhere if its
/// scope is global; with the finer keys of it that are configured, such as PreToolUse/Bash. What
/// is left are keys that nobody can guess: of notifications with a message, of payloads with a
/// marker, and of events whose scope is a session. Those go with --all.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald throttle reset build
  herald throttle reset Stop                 let the next Stop of this project be heard
  herald throttle reset PreToolUse/Bash      only this finer key
  herald throttle reset --all                begin anew")]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct ResetArgs {
    /// The key: any name, or an event, spelled in any way
    #[arg(value_parser = key)]
    pub(super) key: Option<String>,
    /// Every key of this user, whatever its name
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListArgs {
    /// Write JSON, with times in milliseconds since 1970
    #[arg(long)]
    pub(super) json: bool,
}

fn key(text: &str) -> Result<String, String> {
    match text {
        "" => Err("give the key a name".to_owned()),
        name => Ok(name.to_owned()),
    }
}

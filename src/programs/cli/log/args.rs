//! The command line of `herald log`, as clap reads it.

use clap::Args;

/// Show the log: what became of each request for a sound, and why
///
/// One line for each request that the player got, with the reason if it was not heard, and with
/// each step on the way that took longer than 10 ms. Hooks that asked for no sound are in it
/// where HERALD_LOG=debug was set for them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald log                       the last 20 lines
  herald log -f                    and those that come, until Ctrl-C
  herald log -n 5 --failed         the last five sounds that were not heard
  herald log --event Stop --json | jq .took_ms

Exit codes:
  0  done, or nobody reads any more
  2  wrong usage, or no answer: standard error says why")]
pub(in crate::cli) struct LogArgs {
    /// Go on with new lines as they come
    #[arg(short, long)]
    pub(super) follow: bool,
    /// How many of the lines that are there
    #[arg(short = 'n', long, default_value_t = 20)]
    pub(super) lines: usize,
    /// Only lines about this event, or a finer key of it such as PreToolUse/Bash
    #[arg(long)]
    pub(super) event: Option<String>,
    /// Only what failed or was refused
    #[arg(long)]
    pub(super) failed: bool,
    /// Write the lines as they are: a JSON object each
    #[arg(long)]
    pub(super) json: bool,
}

//! The command line of `herald status`, as clap reads it.

use clap::Args;

/// Tell what is configured, playing and muted, and when each event was last heard
///
/// Lists events that are on, and others that hooks have asked for. A row under an event is a finer
/// key of it that is configured. When it was heard is what the log and the throttle know of it:
/// of hooks in all projects what the log still has, of this project's also when one last asked.
/// Counts are those of all projects since the state directory was made.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald status
  herald status --all                   events that are off, too
  herald status --json | jq '.events[] | select(.failed > 0)'

Exit codes:
  0  done, whether or not something is wrong: that is what herald doctor looks for
  2  wrong usage, or no answer: standard error says why")]
pub(in crate::cli) struct StatusArgs {
    /// Every event
    #[arg(long)]
    pub(super) all: bool,
    /// Write JSON, with times in milliseconds since 1970
    #[arg(long)]
    pub(super) json: bool,
}

//! The command line of `herald test`, as clap reads it.

use clap::Args;

/// Fire a sample event through the whole path, as an agent would, and tell each step
///
/// Runs the hook program with a payload of its own on standard input, checks its reply, and waits
/// until the player has made the sound or says why not. The payload is of a session and with a
/// throttle key of its own, so that neither an event of a moment ago nor this test suppresses the
/// other; it is counted, logged and heard like any other event.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald test                                  is Stop heard?
  herald test Notification/permission_prompt   a finer key
  herald test PreToolUse/Bash --json           the same for a script
  HERALD_OUTPUT=wav:out.wav herald test        leave the device out of it

Exit codes:
  0  it was heard
  1  it was not: standard output says what stopped it, and how to mend it
  2  wrong usage, or no answer: standard error says why")]
pub(in crate::cli) struct TestArgs {
    /// The event, or what it is about after a slash
    #[arg(default_value = "Stop")]
    pub(super) event: String,
    /// Write JSON, with times in milliseconds
    #[arg(long)]
    pub(super) json: bool,
}

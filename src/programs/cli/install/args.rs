//! The command lines of `herald install` and `herald uninstall`, as clap reads them.

use clap::Args;

use crate::agent::{Agent, Scope};

/// Register Herald's hook with an agent, for each event that sounds with the config in force
///
/// Adds what is missing and nothing else: other hooks, comments and formatting stay as they are,
/// and a second run changes nothing. A hook that runs a herald of another place runs this one
/// afterwards; where the original Herald (herald.py) is registered, this one takes its place, for the
/// events that it had. The file as it was before the first run is kept beside it, as FILE.herald-backup.
/// Run it again when the config makes more events sound.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald install --dry-run          what would change?
  herald install                    Claude Code, in every project
  herald install --scope project    only in this one, for everybody who works on it
  herald install --agent codex      Codex; it asks you to review the hook, see /hooks there
  herald install --json | jq .events

Files:
  claude  user     $CLAUDE_CONFIG_DIR/settings.json, else ~/.claude/settings.json
          project  .claude/settings.json
  codex   user     $CODEX_HOME/hooks.json, else ~/.codex/hooks.json
          project  .codex/hooks.json

Exit codes:
  0  done, or nothing to do
  1  something is wrong, and nothing was changed: standard error says what
  2  wrong usage")]
pub(in crate::cli) struct InstallArgs {
    #[command(flatten)]
    pub(super) target: Target,
}

/// Take Herald's hooks out of an agent's settings
///
/// Every hook of Herald's goes, whatever its path, and nothing else. If nobody else has changed
/// the file since `herald install`, it is byte for byte what it was before, and the backup goes,
/// too; a file that only Herald's hooks were in goes with them. Else what others have changed
/// stays, and so does the backup.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald uninstall --dry-run        what would change?
  herald uninstall                  from Claude Code, for the user
  herald uninstall --scope project --agent codex

Exit codes:
  0  done, or nothing to do
  1  something is wrong, and nothing was changed: standard error says what
  2  wrong usage")]
pub(in crate::cli) struct UninstallArgs {
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Args, Debug)]
pub(super) struct Target {
    /// Whose hooks
    #[arg(long, value_enum, default_value_t = Agent::Claude)]
    pub(super) agent: Agent,
    /// The user's settings, or those of the project
    #[arg(long, value_enum, default_value_t = Scope::User)]
    pub(super) scope: Scope,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

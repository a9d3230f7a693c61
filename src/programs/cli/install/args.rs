//! The command lines of `herald install` and `herald uninstall`, as clap reads them.

use clap::Args;

use crate::agent::{Agent, Scope};

/// Register Herald's hook with an agent, for each event that sounds
///
/// Adds only what is missing: other hooks, comments and formatting stay, and a second run changes
/// nothing. A hook that runs a herald elsewhere is changed to run this one. The original Herald
/// (herald.py) is replaced, for the events it is registered for. The file before the first run is kept
/// as FILE.herald-backup. Run it again after you have switched on more events.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald install --dry-run          show what would change
  herald install                    for Claude Code, in every project
  herald install --scope project    for everybody in this project
  herald install --agent codex      for Codex, which asks you to review the hook (/hooks)
  herald install --json | jq .events

Files:
  claude  user     $CLAUDE_CONFIG_DIR/settings.json, else ~/.claude/settings.json
          project  .claude/settings.json
  codex   user     $CODEX_HOME/hooks.json, else ~/.codex/hooks.json
          project  .codex/hooks.json")]
pub(in crate::cli) struct InstallArgs {
    #[command(flatten)]
    pub(super) target: Target,
}

/// Remove Herald's hooks from an agent's settings
///
/// Removes every hook of Herald, whatever its path, and nothing else. If the file has not been changed
/// otherwise since `herald install`, it is restored byte for byte, and the backup is removed; a file
/// that held only Herald's hooks is removed. Otherwise other changes and the backup stay.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald uninstall --dry-run        show what would change
  herald uninstall                  from Claude Code, in your own settings
  herald uninstall --scope project --agent codex")]
pub(in crate::cli) struct UninstallArgs {
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Args, Debug)]
pub(super) struct Target {
    /// Agent to change
    #[arg(long, value_enum, default_value_t = Agent::Claude)]
    pub(super) agent: Agent,
    /// Your own settings, or the project's
    #[arg(long, value_enum, default_value_t = Scope::User)]
    pub(super) scope: Scope,
    /// Show what would change, but change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

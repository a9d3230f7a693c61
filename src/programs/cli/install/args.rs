//! The command lines of `herald install` and `herald uninstall`, as clap reads them.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::agent::Scope;
use herald_audio::internals::agents::{self, Agent};

/// Register Herald's hook with your agents, for each event that sounds
///
/// Without --agent, registers it with every agent found on this machine; with --scope project, with
/// every agent that has a directory in the project. Adds only what is missing: other hooks, comments and formatting stay, and
/// a second run changes nothing. A hook that runs a herald elsewhere is changed to run this one. The
/// original Herald (herald.py) is replaced, for the events it is registered for. The file before the
/// first run is kept as FILE.herald-backup. Run it again after you have switched on more events.
///
/// The first line and the exit code say whether the agents will run the hooks.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald install --dry-run          show what would change
  herald install                    for the agents on this machine, in every project
  herald install --scope project    for everybody in this project
  herald install --agent codex      for Codex, which asks you to approve the hook (/hooks)
  herald install --print --agent gemini
                                    only print what to add to the settings
  herald install --json | jq .events")]
pub(in crate::cli) struct InstallArgs {
    #[command(flatten)]
    pub(super) target: Target,
    /// Do not ask before changing files
    #[arg(long)]
    pub(super) yes: bool,
    /// Only print the settings of a hook; needs one --agent
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    pub(super) print: bool,
    #[command(flatten)]
    pub(super) command: Command,
}

/// How a hook's command is written.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct Command {
    /// Register a path that starts with $HOME, for settings that several machines share
    #[arg(long)]
    pub(super) portable: bool,
    /// Also change hooks that run this program in an older form; Codex asks you to approve them again
    #[arg(long)]
    pub(super) upgrade: bool,
}

/// Remove Herald's hooks from the settings of your agents
///
/// Without --agent, changes every agent that has some. Removes every hook of Herald, whatever its path,
/// and nothing else. If the file has not been changed otherwise since `herald install`, it is
/// restored byte for byte, and the backup is removed; a file that held only Herald's hooks is removed.
/// Otherwise other changes and the backup stay.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald uninstall --dry-run        show what would change
  herald uninstall                  from every agent, in your own settings
  herald uninstall --scope project --agent codex
  herald uninstall --all            remove every trace but your config, sounds and packs")]
pub(in crate::cli) struct UninstallArgs {
    #[command(flatten)]
    pub(super) target: Target,
    /// From every agent and scope; also stop the player, and remove log, throttle and mute
    #[arg(long, conflicts_with_all = ["agents", "scope"])]
    pub(super) all: bool,
}

#[derive(Args, Debug)]
pub(super) struct Target {
    /// Agent to change; may be given several times
    #[arg(long = "agent", value_name = "NAME", value_parser = agent())]
    pub(super) agents: Vec<&'static Agent>,
    /// Your own settings, the project's, or your own for this project
    #[arg(long, value_enum, default_value_t = Scope::User)]
    pub(super) scope: Scope,
    /// Show what would change, but change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print JSON: an object, or a list of them if several agents are changed
    #[arg(long)]
    pub(super) json: bool,
}

fn agent() -> impl TypedValueParser<Value = &'static Agent> {
    let names = agents::ALL.iter().map(|agent| agent.name);
    PossibleValuesParser::new(names).map(|name| Agent::named(&name).unwrap_or_else(Agent::claude))
}

//! The command line of `herald pack`, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::completions;

/// List, check and install sound packs: directories of sounds (CESP 1.0, openpeon.json)
///
/// Your packs are in ~/.openpeon/packs, a project's in its .openpeon/packs. The active pack supplies
/// an event's sound, unless the config maps the event to a file.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  herald pack install ./peon        copy a pack into ~/.openpeon/packs
  herald pack use peon              make it the active pack
  herald pack use none              go back to the built-in sounds
  herald pack list                  show which packs are installed
  herald pack check ./my-pack       find broken rules and unplayable sounds
  herald pack remove peon

Exit codes:
  0  no errors (check), or done
  1  errors (check), or failed
  2  wrong usage")]
pub(in crate::cli) enum PackCommand {
    /// List the installed packs, and mark the active one
    List(ListArgs),
    /// Make a pack the active one, in your config or the project's
    Use(UseArgs),
    /// Check a pack against the rules of CESP 1.0, and decode its sounds
    Check(CheckArgs),
    /// Copy a pack into your directory of packs
    Install(InstallArgs),
    /// Remove a pack from your directory of packs; if it is a link, only the link
    Remove(RemoveArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack list
  herald pack list --json | jq '.packs[].name'")]
pub(in crate::cli) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack use peon              for you, in every project
  herald pack use peon --project    for everybody in this project
  herald pack use none              use no pack")]
pub(in crate::cli) struct UseArgs {
    /// Name of the pack, as `herald pack list` shows it; `none` for no pack
    #[arg(required_unless_present = "none", conflicts_with = "none", add = completions::packs_or_none())]
    pub(super) name: Option<String>,
    /// Use no pack: remove the key from the config
    #[arg(long)]
    pub(super) none: bool,
    /// Change the project's .claude/herald.json instead of your config
    #[arg(long)]
    pub(super) project: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack check ./my-pack
  herald pack check peon --json

Exit codes:
  0  no errors; there may be warnings
  1  errors: the pack cannot be used, or is unsafe; or failed
  2  wrong usage")]
pub(in crate::cli) struct CheckArgs {
    /// Directory, or name of an installed pack
    #[arg(value_name = "DIR|NAME", add = completions::packs())]
    pub(super) pack: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack install ./my-pack
  herald pack install ./my-pack --force     replace the installed pack of that name")]
pub(in crate::cli) struct InstallArgs {
    /// Directory of the pack, with its openpeon.json
    pub(super) dir: PathBuf,
    /// Replace an installed pack of the same name
    #[arg(long)]
    pub(super) force: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack remove peon")]
pub(in crate::cli) struct RemoveArgs {
    /// Name of the pack, as `herald pack list` shows it
    #[arg(add = completions::packs())]
    pub(super) name: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

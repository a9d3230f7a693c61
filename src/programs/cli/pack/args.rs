//! The command line of `herald pack`, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Look after sound packs: directories of sounds for events, as CESP 1.0 (openpeon.json) has them
///
/// Packs are in ~/.openpeon/packs, and a project's own in its .openpeon/packs. The active one
/// makes an event's sound, unless the config maps the event to a file.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  herald pack install ./peon        copy a pack into ~/.openpeon/packs
  herald pack use peon              let its sounds be heard
  herald pack use none              and the built-in ones again
  herald pack list                  which are there, and which one is active?
  herald pack check ./my-pack       what cannot be played, or other players may not like
  herald pack remove peon

Exit codes:
  0  done; for check: no errors, though perhaps warnings
  1  something is wrong: standard error says what; for check: there are errors
  2  wrong usage; for check: there is no such pack")]
pub(in crate::cli) enum PackCommand {
    /// List the packs that are there, and which one is active
    List(ListArgs),
    /// Make a pack the active one, in the user's config or the project's
    Use(UseArgs),
    /// Check a pack against the rules of CESP 1.0, and decode its sounds
    Check(CheckArgs),
    /// Copy a pack into the user's directory of packs
    Install(InstallArgs),
    /// Remove a pack from the user's directory of packs; of a link, only the link
    Remove(RemoveArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack list
  herald pack list --json | jq '.packs[].name'

Exit codes:
  0  done, though a pack may be listed with what is wrong with it
  1  the list could not be written")]
pub(in crate::cli) struct ListArgs {
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack use peon              for this user
  herald pack use peon --project    for everybody who works on this project
  herald pack use none              no pack any more

Exit codes:
  0  done
  1  there is no such pack, or the config cannot be written: standard error says why
  2  wrong usage")]
pub(in crate::cli) struct UseArgs {
    /// The pack, as `herald pack list` names it; `none` for no pack
    #[arg(required_unless_present = "none", conflicts_with = "none")]
    pub(super) name: Option<String>,
    /// No pack: take the key out of the config
    #[arg(long)]
    pub(super) none: bool,
    /// Write the project's .claude/herald.json, not the user's config
    #[arg(long)]
    pub(super) project: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack check ./my-pack
  herald pack check peon --json

Exit codes:
  0  no errors, though perhaps warnings
  1  errors: the pack cannot be used, or is unsafe to install
  2  wrong usage, or no such pack")]
pub(in crate::cli) struct CheckArgs {
    /// A directory, or the name of a pack that is installed
    #[arg(value_name = "DIR|NAME")]
    pub(super) pack: PathBuf,
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack install ./my-pack
  herald pack install ./my-pack --force     in place of the one of that name

Exit codes:
  0  done
  1  the pack cannot be used, is there already, or cannot be copied: standard error says why
  2  wrong usage")]
pub(in crate::cli) struct InstallArgs {
    /// The pack's directory, with its openpeon.json
    pub(super) dir: PathBuf,
    /// Replace the pack of that name
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack remove peon

Exit codes:
  0  done
  1  there is no such pack, or it cannot be removed: standard error says why
  2  wrong usage")]
pub(in crate::cli) struct RemoveArgs {
    /// The pack, as `herald pack list` names it
    pub(super) name: String,
}

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
  herald pack search orc            find packs in the public registry
  herald pack install registry:peon fetch one, and copy it into ~/.openpeon/packs
  herald pack install ./peon        copy a pack that you have
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
    /// Copy a pack into your directory of packs, from a directory, an archive, an address or GitHub
    Install(InstallArgs),
    /// Find packs in the registry
    Search(SearchArgs),
    /// Fetch installed packs again from where they came
    Update(UpdateArgs),
    /// Play the sounds of a pack and name them
    Preview(PreviewArgs),
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
  herald pack install ./my-pack             a directory with an openpeon.json
  herald pack install ./my-pack.zip         or .tar.gz
  herald pack install https://example.com/my-pack.tar.gz
  herald pack install gh:owner/repo         a repository on GitHub
  herald pack install gh:owner/repo/peon@v1 a directory in it, at a tag, branch or commit
  herald pack install registry:peon         a pack that `herald pack search` has found
  herald pack install ./my-pack --force     replace the installed pack of that name

What is fetched is limited in size and time, its SHA-256 is shown, and nothing in it is run.")]
pub(in crate::cli) struct InstallArgs {
    /// Directory, archive (.zip, .tar.gz), https:// address, gh:OWNER/REPO[/PATH][@REF] or registry:NAME
    pub(super) source: PathBuf,
    /// Replace an installed pack of the same name
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

impl InstallArgs {
    /// The source, if `herald-studio` has to fetch or unpack it.
    pub(in crate::cli) fn fetched(&self) -> Option<&str> {
        let source = self.source.to_str()?;
        let lower = source.to_ascii_lowercase();
        let is_named = ["https://", "http://", "gh:", "registry:"]
            .iter()
            .any(|begin| lower.starts_with(begin));
        let is_archive = || {
            let endings = [".zip", ".tar.gz", ".tgz"];
            endings.iter().any(|end| lower.ends_with(end)) && !self.source.is_dir()
        };
        (is_named || is_archive()).then_some(source)
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack search                every pack
  herald pack search warcraft german

Exit codes:
  0  found
  1  none found, or failed
  2  wrong usage")]
pub(in crate::cli) struct SearchArgs {
    /// Words that name, description, language or tags must have
    #[arg(value_name = "WORD")]
    pub(in crate::cli) words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack update                every pack that was fetched
  herald pack update peon")]
pub(in crate::cli) struct UpdateArgs {
    /// Names of packs, as `herald pack list` shows them
    #[arg(value_name = "NAME", add = completions::packs())]
    pub(in crate::cli) names: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald pack preview peon
  herald pack preview peon task.complete

Exit codes:
  0  played
  1  no such sounds, or not played
  2  wrong usage")]
pub(in crate::cli) struct PreviewArgs {
    /// Name of the pack, as `herald pack list` shows it
    #[arg(add = completions::packs())]
    pub(super) name: String,
    /// Only the sounds of this category, such as task.complete
    pub(super) category: Option<String>,
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

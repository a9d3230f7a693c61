//! The program `herald-studio`, and what it shares with `herald`: arguments, messages and installation. What
//! needs the network or a whole screen is there, so that the program that runs as a hook links neither.

use std::ffi::OsString;

use super::exit::FAILED;
use super::pack::PackCommand;
use super::{companion, terminal};

pub use super::answer::{counted, unless_unread};
pub use super::pack::{Origin, install_fetched, installed_to_json, installed_to_words};
pub use super::sounds::{Listed, all as all_sounds};
pub use super::table::table;
pub use super::terminal::{error, note, progress, say, say_json, warn};

const PROGRAM: &str = "herald-studio";
const TO_HAVE_IT: &str = "cargo xtask install --studio";

/// What `herald-studio` is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// `herald choose`
    Choose,
    /// `herald status --watch`
    Watch,
    /// `herald pack install`, from anything but a directory.
    Install {
        /// As written.
        source: String,
        /// Whether to replace a pack of the same name.
        force: bool,
        /// Whether to answer in JSON.
        json: bool,
    },
    /// `herald pack search`
    Search {
        /// All of them must be found.
        words: Vec<String>,
        /// Whether to answer in JSON.
        json: bool,
    },
    /// `herald pack update`
    Update {
        /// The packs; none for all.
        names: Vec<String>,
        /// Whether to answer in JSON.
        json: bool,
    },
}

impl Task {
    /// None if `herald` runs `command` itself.
    pub(super) fn of_pack(command: &PackCommand) -> Option<Self> {
        match command {
            PackCommand::Install(args) => Some(Self::Install {
                source: args.fetched()?.to_owned(),
                force: args.force,
                json: args.json,
            }),
            PackCommand::Search(args) => Some(Self::Search {
                words: args.words.clone(),
                json: args.json,
            }),
            PackCommand::Update(args) => Some(Self::Update {
                names: args.names.clone(),
                json: args.json,
            }),
            _ => None,
        }
    }
}

/// Runs `herald-studio` with `args`, and returns its exit code.
pub(super) fn run(args: &[OsString]) -> u8 {
    companion::run(PROGRAM, args, TO_HAVE_IT).unwrap_or_else(|error| {
        terminal::error(&error);
        FAILED
    })
}

//! The program `herald-studio`, and what it shares with `herald`: arguments, messages and installation. What
//! needs the network or a whole screen is there, so that the program that runs as a hook links neither.

use std::ffi::OsString;
use std::io;
use std::process::Command as Process;

use super::exit::FAILED;
use super::pack::PackCommand;
use super::terminal;
use herald_audio::internals::system::external::of_herald;
use herald_audio::{Error, ErrorKind};

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
    let program = of_herald(PROGRAM);
    let mut command = Process::new(&program);
    let error = replace_by(command.args(args));
    let code = error.map_err(|error| {
        let what = format!("cannot start {}", program.display());
        let missing = error.kind() == io::ErrorKind::NotFound;
        let error = Error::new(ErrorKind::Player, what).because(error);
        match missing {
            true => error.with_hint(TO_HAVE_IT),
            false => error,
        }
    });
    code.unwrap_or_else(|error| {
        terminal::error(&error);
        FAILED
    })
}

/// Runs `command` in place of this program, so that signals reach it.
#[cfg(unix)]
fn replace_by(command: &mut Process) -> io::Result<u8> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn replace_by(command: &mut Process) -> io::Result<u8> {
    let code = command.status()?.code();
    Ok(code
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(FAILED))
}

//! Starting the player so that nothing of the hook clings to it, nor it to the hook.
//!
//! Agents wait until every holder of a hook's stdout has closed it, and kill the hook's process
//! group; so the player gets a session of its own and none of the hook's open files. Its working
//! directory is `/`, and its environment only what sound needs and what says what it may use: it will
//! serve other hooks of this user, whose secrets and projects are not this one's. What it is to play reaches it through a
//! pipe, since everybody on the machine may read a program's arguments.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Mutex, TryLockError};

use super::authority::Authority;
use crate::error::{Error, ErrorKind, Result};
use crate::system::env::Env;
use crate::system::external;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(feature = "playback")]
pub(super) use system::{keep_standard_files, take_leave_of_the_hook};

/// Tells the player that its first request comes through its standard input.
pub const FIRST_REQUEST: &str = "--first-request";

/// Variables the player inherits, besides those with a prefix of [`INHERITED_PREFIXES`].
const INHERITED: &[&str] = &[
    "APPDATA",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LANG",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "SystemRoot",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USER",
    "USERPROFILE",
    "WAYLAND_DISPLAY",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_RUNTIME_DIR",
];
const INHERITED_PREFIXES: &[&str] = &["ALSA_", "LC_", "PIPEWIRE_", "PULSE_"];

/// How glibc gives memory back (mallopt(3)); other systems do not read it. Every opening of a sound
/// server's stream has threads of its own that come and go. With an arena for each of them and
/// thresholds that grow, the player grew from 5 to 13 MiB in forty sounds; like this it stays.
const MEMORY: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "65536"),
    ("MALLOC_TRIM_THRESHOLD_", "65536"),
];

/// A player that this process has started.
#[derive(Debug)]
pub(super) struct Started(system::Process);

/// Players this process has left to themselves. One that ended stays a zombie until it is looked
/// at: in a program that lives long, that is when it needs the next one.
static LEFT: Mutex<Vec<Started>> = Mutex::new(Vec::new());

impl Started {
    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.ended()
    }

    /// Leaves the player to itself, and takes leave of those that have ended.
    ///
    /// Never waits: in a child of a fork, the thread that holds the lock may not be there.
    pub(super) fn leave(self) {
        let mut left = match LEFT.try_lock() {
            Ok(left) => left,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            // A zombie more, until this process ends.
            Err(TryLockError::WouldBlock) => return,
        };
        left.retain_mut(|player| player.ended().is_none());
        left.push(self);
    }
}

/// Starts `program` as the player of `state_dir` that may use what `authority` says, and hands it
/// `message`.
///
/// Of several players started together one stays; the others hand their requests to it.
pub(super) fn spawn(
    program: &Path,
    state_dir: &Path,
    authority: &Authority,
    message: &str,
) -> Result<Started> {
    let own = [("HERALD_STATE_DIR".into(), state_dir.as_os_str().to_owned())];
    let memory = MEMORY.map(|(name, value)| (name.into(), value.into()));
    let says = &authority.variables;
    let inherited = authority.env.vars().into_iter();
    let inherited = inherited
        .filter(|(name, _)| is_inherited(name) && says.iter().all(|(said, _)| said != name));
    let inherited = inherited.map(|(name, value)| (name.into(), value));
    let said = says
        .iter()
        .map(|(name, value)| (name.into(), value.clone()));
    let env: Vec<(OsString, OsString)> = own
        .into_iter()
        .chain(memory)
        .chain(inherited)
        .chain(said)
        .collect();
    // A line, so that its end is seen even where another process still has the pipe.
    let line = format!("{message}\n");
    let started = system::start(program, FIRST_REQUEST, &env, &line);
    started
        .map(Started)
        .map_err(|error| cannot_start(program, error))
}

/// That `program` cannot be started.
pub fn cannot_start(program: &Path, error: io::Error) -> Error {
    let what = format!("cannot start the player {}", program.display());
    Error::new(ErrorKind::Player, what)
        .because(error)
        .with_hint("install herald-player next to herald")
}

fn is_inherited(name: &str) -> bool {
    let has_prefix = || {
        INHERITED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    INHERITED.contains(&name) || has_prefix()
}

/// The player beside this program; else the one on the path; else where it should be.
pub fn program() -> PathBuf {
    let name = format!("herald-player{}", std::env::consts::EXE_SUFFIX);
    let herald = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/"));
    let beside = herald.with_file_name(&name);
    match beside.exists() {
        true => beside,
        false => external::on_path(&name, &Env::process()).unwrap_or(beside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_player_inherits_what_sound_needs_and_nothing_else() {
        for name in ["HOME", "XDG_RUNTIME_DIR", "PULSE_SINK", "LC_ALL"] {
            assert!(is_inherited(name), "{name}");
        }
        for name in [
            "ANTHROPIC_API_KEY",
            "CLAUDE_PROJECT_DIR",
            "LD_PRELOAD",
            "PWD",
        ] {
            assert!(!is_inherited(name), "{name}");
        }
    }
}

//! Starts the player detached from the hook.
//!
//! Agents wait until all holders of a hook's stdout have closed it, and kill the hook's process group. So the
//! player gets a separate session and no open files of the hook. Its working directory is `/`, and its
//! environment only contains variables for sound and for its settings, because it serves other hooks of this
//! user, too, and must not see this one's secrets and project. The first request is sent through a pipe,
//! because all users can read a program's arguments.

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
use crate::system::external;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(any(feature = "playback", feature = "relay"))]
pub(super) use system::detach_from_hook;
#[cfg(feature = "playback")]
pub(super) use system::keep_standard_files;

/// Makes the player read its first request from standard input.
pub const FIRST_REQUEST: &str = "--first-request";

/// Variables that the player inherits, besides those with a prefix in [`INHERITED_PREFIXES`].
const INHERITED: &[&str] = &[
    "APPDATA",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LANG",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SWAYSOCK",
    "SystemRoot",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TMUX_TMPDIR",
    "USER",
    "USERPROFILE",
    "WAYLAND_DISPLAY",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
];
const INHERITED_PREFIXES: &[&str] = &["ALSA_", "LC_", "PIPEWIRE_", "PULSE_"];

/// Makes glibc return memory (mallopt(3)); other systems ignore it. Each opened stream of a sound server has
/// its own short-lived threads. With an arena per thread and growing thresholds, the player grew from 5 to 13
/// MiB in forty sounds; with these settings it does not grow.
const MEMORY: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "65536"),
    ("MALLOC_TRIM_THRESHOLD_", "65536"),
];

/// A player started by this process.
#[derive(Debug)]
pub(super) struct Started(system::Process);

/// Detached players. One that exited stays a zombie until it is reaped here: in a long-running program, when
/// it starts the next player.
static LEFT: Mutex<Vec<Started>> = Mutex::new(Vec::new());

impl Started {
    /// The exit status, if it has exited.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.ended()
    }

    /// Detaches the player, and reaps exited ones.
    ///
    /// Never waits: in a forked child, the thread that holds the lock may be missing.
    pub(super) fn leave(self) {
        let mut left = match LEFT.try_lock() {
            Ok(left) => left,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            // Leaves one more zombie until this process ends.
            Err(TryLockError::WouldBlock) => return,
        };
        left.retain_mut(|player| player.ended().is_none());
        left.push(self);
    }
}

/// Starts `program` as the player of `state_dir` with the settings `authority`, and sends it `message`.
///
/// If several are started at once, one stays and the others pass their requests to it.
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
    // A line, so that its end is visible even if another process still holds the pipe.
    let line = format!("{message}\n");
    let started = system::start(program, FIRST_REQUEST, &env, &line);
    started
        .map(Started)
        .map_err(|error| cannot_start(program, error))
}

/// The hint for a missing player.
pub const TO_HAVE_IT: &str = "put herald-player beside herald, or on the PATH";

/// The error for a `program` that cannot be started.
pub fn cannot_start(program: &Path, error: io::Error) -> Error {
    let what = format!("cannot start the player {}", program.display());
    let hint = match error.kind() {
        io::ErrorKind::NotFound => TO_HAVE_IT,
        _ => "herald doctor",
    };
    Error::new(ErrorKind::Player, what)
        .because(error)
        .with_hint(hint)
}

fn is_inherited(name: &str) -> bool {
    let has_prefix = || {
        INHERITED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    INHERITED.contains(&name) || has_prefix()
}

/// The player program.
pub fn program() -> PathBuf {
    external::of_herald("herald-player")
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

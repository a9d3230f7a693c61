//! Starting the player so that nothing of the hook clings to it, nor it to the hook.
//!
//! Agents wait until every holder of a hook's stdout has closed it, and kill the hook's process
//! group; so the player gets a session of its own and none of the hook's open files. Its working
//! directory is `/`, and its environment only what sound needs: it will serve other hooks of this
//! user, whose secrets and projects are not this one's.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};

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

/// Starts a player for `state_dir` and hands it `request`.
///
/// Of several players started together one stays; the others hand their requests to it.
pub(super) fn spawn(state_dir: &Path, request: &str) -> Result<Child> {
    let program = program();
    let mut command = Command::new(&program);
    command
        .args(["--request", request])
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_inherited)))
        .envs(MEMORY)
        .env("HERALD_STATE_DIR", state_dir)
        .current_dir(if cfg!(windows) {
            Path::new("C:\\")
        } else {
            Path::new("/")
        })
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    detach(&mut command);
    command.spawn().map_err(|error| {
        Error::new(
            ErrorKind::Player,
            format!("cannot start the player {}", program.display()),
        )
        .because(error)
        .mend("install herald-player beside herald")
    })
}

/// Players this process has started. One that ended stays a zombie until it is looked at: in a
/// program that lives long, that is when it needs the next one.
static STARTED: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Leaves `player` to itself, and takes leave of those that have ended.
pub(super) fn leave(player: Child) {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.retain_mut(|player| matches!(player.try_wait(), Ok(None)));
    started.push(player);
}

fn is_inherited(name: &str) -> bool {
    INHERITED.contains(&name)
        || INHERITED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// The player beside this program; else the one on the path.
fn program() -> PathBuf {
    let name = format!("herald-player{}", std::env::consts::EXE_SUFFIX);
    std::env::current_exe()
        .map(|herald| herald.with_file_name(&name))
        .ok()
        .filter(|beside| beside.exists())
        .unwrap_or_else(|| PathBuf::from(&name))
}

/// A session of its own: no terminal, and out of reach of whoever kills the hook's group. And
/// none of the files that others left open in the hook: agents wait for pipes among them.
#[cfg(unix)]
#[allow(
    unsafe_code,
    reason = "only pre_exec reaches the player before its first instruction"
)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. setsid and
    // close_on_exec_from make system calls and nothing else, and an io::Error made of an error
    // number allocates nothing.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            close_on_exec_from(3);
            Ok(())
        });
    }
}

/// Marks every descriptor from `first` on to be closed when the next program starts.
#[cfg(unix)]
#[allow(
    unsafe_code,
    reason = "descriptors that are not ours have no safe name"
)]
fn close_on_exec_from(first: libc::c_int) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: plain integers; a kernel older than 5.11 says no, and the loop does it.
        let done = unsafe {
            libc::syscall(
                libc::SYS_close_range,
                first,
                libc::c_int::MAX,
                libc::CLOSE_RANGE_CLOEXEC,
            )
        };
        if done == 0 {
            return;
        }
    }
    for descriptor in first..1_024 {
        // SAFETY: plain integers; a number that is no descriptor is an error without effect.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_BREAKAWAY_FROM_JOB);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_player_inherits_what_sound_needs_and_nothing_else() {
        for name in ["HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER", "LC_ALL"] {
            assert!(is_inherited(name), "{name}");
        }
        for name in [
            "ANTHROPIC_API_KEY",
            "CLAUDE_PROJECT_DIR",
            "HERALD_OUTPUT",
            "LD_PRELOAD",
            "PWD",
        ] {
            assert!(!is_inherited(name), "{name}");
        }
    }
}

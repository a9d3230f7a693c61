//! The state directory and its files.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::space::{self, Room};
use herald_audio::AudioManager;
use herald_audio::internals::state_file::Storage;
use herald_audio::internals::state_file::medium::{self, Kind};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::file;
use herald_audio::internals::system::log;
use herald_audio::internals::system::state_dir;

const ANOTHER: &str = "set HERALD_STATE_DIR to a directory of your own on a local disk";

pub(super) fn findings(env: &Env, manager: &AudioManager) -> Vec<Finding> {
    let throttle = throttle(env, manager);
    let notes = manager.notes();
    let notes = notes.iter().map(|note| Finding::warning("state", note));
    let mut findings: Vec<_> = notes.collect();
    // The notes report a directory that cannot be used.
    if let Ok((dir, _)) = state_dir::find(env) {
        findings.push(directory(env, &dir));
        findings.extend(readable(&dir, "700"));
        findings.extend(room(&dir));
        findings.extend(damaged(&dir));
        findings.extend(log(&dir));
    }
    findings.push(throttle);
    findings
}

/// Its path, why it was chosen, and its file system.
fn directory(env: &Env, dir: &Path) -> Finding {
    let why = reason(env, dir);
    let (name, kind) = match space::of(dir).map(|(magic, _)| (magic, medium::known(magic))) {
        None => return Finding::ok("state", format!("{} ({why})", dir.display())),
        Some((magic, None)) => (format!("file system {magic:#x}"), Kind::Local),
        Some((_, Some((name, kind)))) => (name.to_owned(), kind),
    };
    let what = format!("{} ({why}), on {name}", dir.display());
    match kind {
        Kind::Local => Finding::ok("state", what),
        Kind::Memory => {
            let kept = match state_dir::kept_controls(env, dir) {
                Some(copy) => format!("; mute and volume are kept in {}", copy.display()),
                None => String::new(),
            };
            let what = format!("{what}: in memory, lost at logout or reboot{kept}");
            Finding::ok("state", what)
        }
        Kind::Elsewhere => {
            let what = format!(
                "{what}: not a local disk, so each check locks the file, and a sound may play twice \
                 if locks do not work there"
            );
            Finding::warning("state", what).with_hint(ANOTHER)
        }
    }
}

/// Why `dir` is the state directory.
fn reason(env: &Env, dir: &Path) -> &'static str {
    let is = |name: &str, below: &str| {
        let named = env.path(name).map(|named| named.join(below));
        named.is_some_and(|named| named.components().eq(dir.components()))
    };
    if is("HERALD_STATE_DIR", "") {
        "named by HERALD_STATE_DIR"
    } else if is("XDG_RUNTIME_DIR", "herald") {
        "in XDG_RUNTIME_DIR"
    } else if dir.starts_with("/run/user") {
        "your runtime directory, although XDG_RUNTIME_DIR is not set to it"
    } else if dir.starts_with("/tmp") {
        "you have no runtime directory"
    } else if is("LOCALAPPDATA", "herald") {
        "in LOCALAPPDATA"
    } else {
        "the preferred directories cannot be used"
    }
}

/// A warning if others can read `path`.
#[cfg(unix)]
fn readable(path: &Path, mode: &str) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt;
    let others = path.symlink_metadata().ok()?.mode() & 0o077;
    (others != 0).then(|| {
        let what = format!("other users can read {}", path.display());
        Finding::warning("state", what).with_hint(format!("chmod {mode} {}", path.display()))
    })
}

/// On Windows, the user's local application data is private.
#[cfg(not(unix))]
fn readable(_: &Path, _: &str) -> Option<Finding> {
    None
}

fn room(dir: &Path) -> Option<Finding> {
    const HINT: &str =
        "free some space there, or set HERALD_STATE_DIR to another directory of your own";
    let (_, free) = space::of(dir)?;
    let what = format!("only {} KiB are free in the state directory", free >> 10);
    match space::room(free) {
        Room::Enough => None,
        Room::Little => Some(Finding::warning("state", what).with_hint(HINT)),
        Room::TooLittle => Some(Finding::error("state", what).with_hint(HINT)),
    }
}

/// Damaged state files that were renamed.
fn damaged(dir: &Path) -> Vec<Finding> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-"))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    let finding = |path: &PathBuf| {
        let what = format!("a damaged state file was renamed to {}", path.display());
        let hint = format!(
            "attach it to a bug report, or remove it: rm {}",
            path.display()
        );
        Finding::warning("state", what).with_hint(hint)
    };
    found.iter().map(finding).collect()
}

/// Whether the log can be written, and whether others can read it.
fn log(dir: &Path) -> Option<Finding> {
    let path = log::path(dir);
    let metadata = path.symlink_metadata().ok()?;
    let usable = file::check_file_of_ours(&metadata).map_err(str::to_owned);
    let open = |()| {
        file::own()
            .append(true)
            .open(&path)
            .map_err(|error| error.to_string())
    };
    match usable.and_then(open) {
        Ok(_) => readable(&path, "600"),
        Err(why) => {
            let what = format!("cannot write the log {}: {why}", path.display());
            Some(Finding::error("state", what).with_hint(format!("rm {}", path.display())))
        }
    }
}

fn throttle(env: &Env, manager: &AudioManager) -> Finding {
    let health = manager.throttle().state_file().health();
    match health.storage {
        Storage::Mapped => Finding::ok(
            "throttle",
            "memory-mapped file, shared by all your processes",
        ),
        // The locked file grows as keys fire, so a lack of space shows late.
        Storage::Locked if health.has_decided_alone || lacks_room(env) => {
            let what = "locked file, but some checks had no space or no lock: a sound may play \
                        several times";
            Finding::error("throttle", what).with_hint(ANOTHER)
        }
        Storage::Locked => Finding::warning("throttle", "locked file: exact, but slower"),
        // `Storage::InProcess`.
        _ => {
            let what = "not shared between processes: a sound may play several times";
            Finding::error("throttle", what).with_hint(ANOTHER)
        }
    }
}

fn lacks_room(env: &Env) -> bool {
    let free = state_dir::find(env)
        .ok()
        .and_then(|(dir, _)| space::of(&dir));
    free.is_some_and(|(_, free)| space::room(free) == Room::TooLittle)
}

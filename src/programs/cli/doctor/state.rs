//! The state directory and what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::space::{self, Room};
use herald_audio::manager::AudioManager;
use herald_audio::state_file::Storage;
use herald_audio::state_file::medium::{self, Kind};
use herald_audio::system::env::Env;
use herald_audio::system::file;
use herald_audio::system::log;
use herald_audio::system::state_dir;

const ANOTHER: &str = "set HERALD_STATE_DIR to a directory of your own on a local disk";

pub(super) fn findings(env: &Env, manager: &AudioManager) -> Vec<Finding> {
    let throttle = throttle(env, manager);
    let notes = manager.notes();
    let notes = notes.iter().map(|note| Finding::doubtful("state", note));
    let mut findings: Vec<_> = notes.collect();
    // A directory that cannot be used is in the notes.
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

/// Where it is, why there, and what kind of place that is.
fn directory(env: &Env, dir: &Path) -> Finding {
    let why = reason(env, dir);
    let (name, kind) = match space::of(dir).map(|(magic, _)| (magic, medium::known(magic))) {
        None => return Finding::good("state", format!("{} ({why})", dir.display())),
        Some((magic, None)) => (format!("file system {magic:#x}"), Kind::Local),
        Some((_, Some((name, kind)))) => (name.to_owned(), kind),
    };
    let what = format!("{} ({why}), on {name}", dir.display());
    match kind {
        Kind::Local => Finding::good("state", what),
        Kind::Memory => Finding::good(
            "state",
            format!("{what}: in memory, forgotten when you log out or the machine stops"),
        ),
        Kind::Elsewhere => {
            let what = format!(
                "{what}: not on a disk of this machine, so its files are locked for each check, \
                 and a sound may be heard twice where locks do not hold"
            );
            Finding::doubtful("state", what).with_hint(ANOTHER)
        }
    }
}

/// Why the state directory is `dir` and no other.
fn reason(env: &Env, dir: &Path) -> &'static str {
    let is = |name: &str, below: &str| {
        let named = env.path(name).map(|named| named.join(below));
        let named = named.and_then(|named| std::path::absolute(named).ok());
        named.is_some_and(|named| named.components().eq(dir.components()))
    };
    if is("HERALD_STATE_DIR", "") {
        "named by HERALD_STATE_DIR"
    } else if is("XDG_RUNTIME_DIR", "herald") {
        "in XDG_RUNTIME_DIR"
    } else if dir.starts_with("/run/user") {
        "this user's runtime directory; XDG_RUNTIME_DIR does not say so"
    } else if dir.starts_with("/tmp") {
        "this user has no runtime directory"
    } else if is("LOCALAPPDATA", "herald") {
        "in LOCALAPPDATA"
    } else {
        "nothing before it can be used"
    }
}

/// Whether others may look into `path`.
#[cfg(unix)]
fn readable(path: &Path, mode: &str) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt;
    let others = path.symlink_metadata().ok()?.mode() & 0o077;
    (others != 0).then(|| {
        let what = format!("other users may read {}", path.display());
        Finding::doubtful("state", what).with_hint(format!("chmod {mode} {}", path.display()))
    })
}

/// On Windows it is in the user's own local application data.
#[cfg(not(unix))]
fn readable(_: &Path, _: &str) -> Option<Finding> {
    None
}

fn room(dir: &Path) -> Option<Finding> {
    const HINT: &str = "make room there, or set HERALD_STATE_DIR to another directory of your own";
    let (_, free) = space::of(dir)?;
    let what = format!("{} KiB are free for the state directory", free >> 10);
    match space::room(free) {
        Room::Enough => None,
        Room::Little => Some(Finding::doubtful("state", what).with_hint(HINT)),
        Room::TooLittle => Some(Finding::wrong("state", what).with_hint(HINT)),
    }
}

/// Damaged files that were set aside.
fn damaged(dir: &Path) -> Vec<Finding> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-"))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    let finding = |path: &PathBuf| {
        let what = format!("a damaged state file was set aside as {}", path.display());
        let hint = format!("send it with a report, or remove it: rm {}", path.display());
        Finding::doubtful("state", what).with_hint(hint)
    };
    found.iter().map(finding).collect()
}

/// Whether the log can be written, and by whom it can be read.
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
            let what = format!("the log {} cannot be written: {why}", path.display());
            Some(Finding::wrong("state", what).with_hint(format!("remove {}", path.display())))
        }
    }
}

fn throttle(env: &Env, manager: &AudioManager) -> Finding {
    let health = manager.throttle().state_file().health();
    match health.storage {
        Storage::Mapped => Finding::good(
            "throttle",
            "mapped file, shared by every process of this user",
        ),
        // It grows as keys fire: which of them has no room left shows only then.
        Storage::Locked if health.has_decided_alone || lacks_room(env) => {
            let what = "locked file, without room or lock for every check: a sound may be heard \
                        several times";
            Finding::wrong("throttle", what).with_hint(ANOTHER)
        }
        Storage::Locked => Finding::doubtful("throttle", "locked file: exact, and slower"),
        // `Storage::InProcess`.
        _ => {
            let what = "each process for itself: a sound may be heard several times";
            Finding::wrong("throttle", what).with_hint(ANOTHER)
        }
    }
}

fn lacks_room(env: &Env) -> bool {
    let free = state_dir::find(env)
        .ok()
        .and_then(|(dir, _)| space::of(&dir));
    free.is_some_and(|(_, free)| space::room(free) == Room::TooLittle)
}

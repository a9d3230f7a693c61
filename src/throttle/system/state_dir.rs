//! The directory of Herald's state: the throttle file, the player's socket and lock, the log.
//!
//! The first usable one of:
//!
//! 1. `$HERALD_STATE_DIR`, an absolute path: a relative one would be another directory in each project
//! 2. `$XDG_RUNTIME_DIR/herald`
//! 3. `/run/user/UID/herald`: the same directory, for su, cron or ssh without the variable
//! 4. `/tmp/herald-UID` (`%LOCALAPPDATA%\herald` on Windows)
//! 5. `$HOME/.local/state/herald`, if another user has taken that name
//!
//! Usable means that it can be created, or is a directory of this user (not a link) that only this user can
//! write. So nobody else can send the player requests or take its socket's name.

use std::path::{Path, PathBuf};

use crate::error::{Cause, Error, ErrorKind, Result};
use crate::system::env::Env;
#[cfg(unix)]
use crate::system::file;

/// Finds the state directory, creating it if necessary. Also returns why earlier candidates were rejected.
///
/// # Errors
///
/// [`ErrorKind::State`] if no candidate is usable: the error of the last one.
pub fn find(env: &Env) -> Result<(PathBuf, Vec<Error>)> {
    let mut passed_over = Vec::new();
    for candidate in candidates(env) {
        match prepare(&candidate) {
            Ok(()) => return Ok((candidate, passed_over)),
            Err(error) => passed_over.push(error),
        }
    }
    Err(passed_over
        .pop()
        .unwrap_or_else(|| Error::new(ErrorKind::State, "no usable state directory"))
        .with_hint("set HERALD_STATE_DIR to a directory of your own"))
}

/// The state directory that [`find`] would return, if it exists: for commands that only read.
pub fn existing(env: &Env) -> Option<PathBuf> {
    for candidate in candidates(env).filter(|dir| dir.is_absolute()) {
        match candidate.symlink_metadata() {
            // It would be created.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            _ if check(&candidate).is_ok() => return Some(candidate),
            _ => {}
        }
    }
    None
}

/// The directories in which Herald has stored something: the state directory, and that of the copy of its
/// controls.
pub fn in_use(env: &Env) -> Vec<PathBuf> {
    let kept = candidates(env).next();
    let kept = kept.and_then(|dir| kept_controls(env, &dir));
    let kept = kept.filter(|file| file.exists());
    let kept = kept.and_then(|file| Some(file.parent()?.to_owned()));
    existing(env).into_iter().chain(kept).collect()
}

/// The state directory named in the environment, if it exists and is usable. Not created.
///
/// # Errors
///
/// [`ErrorKind::State`] if not.
pub fn named(env: &Env) -> Result<PathBuf> {
    let named = env.path("HERALD_STATE_DIR").unwrap_or_default();
    let is_there = std::fs::symlink_metadata(&named).map_err(Cause::from);
    let usable = is_there.and_then(|_| check(&named));
    usable.map_err(|why| unusable(&named, why))?;
    Ok(named)
}

/// Where the controls of the state directory `dir` have a copy: a default directory is lost at logout or
/// reboot. None if `dir` is another one, or lasts.
pub fn kept_controls(env: &Env, dir: &Path) -> Option<PathBuf> {
    if cfg!(not(unix)) {
        return None;
    }
    let state_home = env.path("XDG_STATE_HOME").filter(|dir| dir.is_absolute());
    let state_home = state_home.or_else(|| Some(env.home()?.join(".local/state")))?;
    let lasting = state_home.join("herald");
    let is_default = defaults(env).any(|default| default == dir);
    (is_default && dir != lasting && lasting.is_absolute()).then(|| lasting.join("controls"))
}

fn candidates(env: &Env) -> impl Iterator<Item = PathBuf> {
    let named = env.path("HERALD_STATE_DIR");
    named.into_iter().chain(defaults(env))
}

/// The candidates that no variable names.
fn defaults(env: &Env) -> impl Iterator<Item = PathBuf> {
    #[cfg(unix)]
    let defaults = {
        let user = rustix::process::geteuid().as_raw();
        let run_user = PathBuf::from(format!("/run/user/{user}"));
        let runtime = env.path("XDG_RUNTIME_DIR").into_iter().chain([run_user]);
        // Neither created, nor used if it belongs to the user before `su`.
        let runtime = runtime.filter(move |dir| dir.is_absolute() && belongs_to(user, dir));
        let home = env
            .path("HOME")
            .map(|home| home.join(".local/state/herald"));
        runtime
            .map(|dir| dir.join("herald"))
            .chain([short_dir(user)])
            .chain(home)
    };
    #[cfg(not(unix))]
    let defaults = [
        env.path("LOCALAPPDATA").map(|dir| dir.join("herald")),
        Some(std::env::temp_dir().join("herald")),
    ]
    .into_iter()
    .flatten();
    defaults
}

#[cfg(unix)]
fn belongs_to(user: u32, dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    dir.metadata()
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
}

/// A per-user directory with a short name, independent of the environment.
#[cfg(unix)]
fn short_dir(user: u32) -> PathBuf {
    PathBuf::from(format!("/tmp/herald-{user}"))
}

fn prepare(dir: &Path) -> Result<()> {
    let checked = match dir.is_absolute() {
        true => check(dir),
        false => Err("not an absolute path".into()),
    };
    checked.map_err(|why| unusable(dir, why))
}

fn unusable(dir: &Path, why: Cause) -> Error {
    let what = format!("cannot use the state directory {}", dir.display());
    Error::new(ErrorKind::State, what).because(why)
}

#[cfg(unix)]
fn check(dir: &Path) -> std::result::Result<(), Cause> {
    use rustix::fs::Access;
    use std::io::ErrorKind::{AlreadyExists, NotFound};
    use std::os::unix::fs::DirBuilderExt;

    let metadata = match dir.symlink_metadata() {
        Err(error) if error.kind() == NotFound => {
            let mut private = std::fs::DirBuilder::new();
            private.mode(0o700);
            if let Some(parent) = dir.parent() {
                private.recursive(true).create(parent)?;
            }
            match private.recursive(false).create(dir) {
                Err(error) if error.kind() != AlreadyExists => return Err(error.into()),
                _ => dir.symlink_metadata()?,
            }
        }
        found => found?,
    };
    if !metadata.is_dir() {
        return Err("not a directory".into());
    }
    file::check_ours_alone(&metadata)?;
    rustix::fs::access(dir, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?;
    Ok(())
}

/// On Windows the local application data belongs to the user; nothing else to check.
#[cfg(not(unix))]
fn check(dir: &Path) -> std::result::Result<(), Cause> {
    Ok(std::fs::create_dir_all(dir)?)
}

/// The path of the inbox `name` for `dir`.
///
/// The path of a socket is limited to 104 to 108 bytes. If `dir` is too long, the socket is in the short
/// per-user directory, with a hash of `dir` before its name.
///
/// # Errors
///
/// [`ErrorKind::State`] if that directory is not usable.
#[cfg(unix)]
pub fn inbox_path(dir: &Path, name: &str) -> Result<PathBuf> {
    const MOST: usize = 103;
    let path = dir.join(name);
    if path.as_os_str().len() <= MOST {
        return Ok(path);
    }
    let short = short_dir(rustix::process::geteuid().as_raw());
    prepare(&short)?;
    Ok(short_path(&short, dir, name))
}

/// The path in `short` for the inbox `name` of `dir`.
#[cfg(unix)]
fn short_path(short: &Path, dir: &Path, name: &str) -> PathBuf {
    let hash = xxhash_rust::xxh3::xxh3_64(dir.as_os_str().as_encoded_bytes());
    short.join(format!("{hash:016x}.{name}"))
}

/// The path of the inbox `name` for `dir`.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
pub fn inbox_path(dir: &Path, name: &str) -> Result<PathBuf> {
    Ok(dir.join(name))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn named(dir: &Path) -> Env {
        Env::of([("HERALD_STATE_DIR", dir)])
    }

    #[test]
    fn it_is_made_for_its_user_alone() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("a/b");
        let (found, passed_over) = find(&named(&dir)).unwrap();
        assert_eq!(found, dir);
        assert!(passed_over.is_empty());
        assert_eq!(existing(&named(&dir)), Some(dir.clone()));
        assert_eq!(
            fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_directory_that_others_may_write_or_a_link_is_passed_over() {
        let parent = tempfile::tempdir().unwrap();
        let runtime = parent.path().join("run");
        fs::create_dir(&runtime).unwrap();
        let open = parent.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let link = parent.path().join("link");
        symlink(&runtime, &link).unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        for (bad, why) in [
            (&open, "other users"),
            (&link, "not a directory"),
            (&file, "not a directory"),
            (&PathBuf::from("relative"), "not an absolute path"),
        ] {
            let env = Env::of([("HERALD_STATE_DIR", bad), ("XDG_RUNTIME_DIR", &runtime)]);
            let (found, passed_over) = find(&env).unwrap();
            assert_eq!(found, runtime.join("herald"));
            assert_eq!(existing(&env), Some(found));
            fs::remove_dir(runtime.join("herald")).unwrap();
            assert_eq!(existing(&env), None);
            assert!(
                passed_over[0].to_string().contains(why),
                "{}",
                passed_over[0]
            );
        }
    }

    #[test]
    fn a_runtime_directory_that_is_not_there_is_not_made() {
        let parent = tempfile::tempdir().unwrap();
        let missing = parent.path().join("missing");
        let env = Env::of([("XDG_RUNTIME_DIR", &missing)]);
        assert!(candidates(&env).all(|dir| !dir.starts_with(&missing)));
        let relative = Env::of([("XDG_RUNTIME_DIR", ".")]);
        assert!(candidates(&relative).all(|dir| dir.is_absolute()));
    }

    #[test]
    fn a_socket_of_a_long_directory_gets_a_short_path() {
        let short = inbox_path(Path::new("/run/user/1000/herald"), "player.sock").unwrap();
        assert_eq!(short, Path::new("/run/user/1000/herald/player.sock"));
        let long = format!("/{}", "directory/".repeat(20));
        let of = |name: &str| short_path(&short_dir(u32::MAX), Path::new(&long), name);
        let path = of("player.sock");
        let longest = of("reply.0123456789abcdef0123456789abcdef.sock");
        assert!(longest.as_os_str().len() < 103, "{}", longest.display());
        assert_eq!(path, of("player.sock"));
        assert_ne!(path, of("other.sock"));
    }
}

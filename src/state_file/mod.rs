//! The state file: the throttle's words, shared by every process of a user.
//!
//! # Purpose
//!
//! Opens the file of [`layout`], or creates it, and lends its words to the throttle.
//!
//! # Invariants
//!
//! - A file under its final name is complete: it is written under a temporary name, every page
//!   of it (a sparse page of a full file system would kill its reader by SIGBUS), and then linked
//!   into place. `link` fails if the name exists, so of many creators one wins and the others use
//!   its file.
//! - A file in place is never resized.
//! - A file is trusted only if it is a regular file of this user that nobody else may write, of
//!   the exact length, with a valid header.
//!
//! # Fallback
//!
//! Where no such file can be had, the words live in this process: sounds go on, but nothing
//! keeps two processes from sounding together. [`StateFile::fallback`] tells.

pub mod layout;
mod map;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Cause, Error, ErrorKind};
use crate::file;
use crate::sync::AtomicU64;
use crate::throttle::{self, Slots, Throttle};
use layout::{FILE_LEN, FILE_NAME, WORDS_OFFSET};
use map::Mapping;

/// A throttle shared by every process that uses the same state directory.
pub type SharedThrottle = Throttle<StateFile>;

/// The throttle's words: in the state file, or, failing that, in this process.
#[derive(Debug)]
pub struct StateFile(Words);

#[derive(Debug)]
enum Words {
    Mapped(Mapping),
    InProcess(Box<[AtomicU64]>, Error),
}

impl StateFile {
    /// Opens the state file in `dir`, or creates it. Never fails: see [`Self::fallback`].
    pub fn open(dir: &Path) -> Self {
        let path = dir.join(FILE_NAME);
        match open_or_create(&path) {
            Ok(mapping) => Self(Words::Mapped(mapping)),
            Err(why) => Self::in_process(unusable(&path, why)),
        }
    }

    /// Words of this process alone, because of `reason`.
    pub fn in_process(reason: Error) -> Self {
        Self(Words::InProcess(throttle::empty_slots(), reason))
    }

    /// Why the words are not shared with other processes, if they are not.
    pub fn fallback(&self) -> Option<&Error> {
        match &self.0 {
            Words::Mapped(_) => None,
            Words::InProcess(_, reason) => Some(reason),
        }
    }
}

impl Slots for StateFile {
    fn slots(&self) -> &[AtomicU64] {
        match &self.0 {
            Words::Mapped(mapping) => mapping.words(),
            Words::InProcess(words, _) => words,
        }
    }
}

fn unusable(path: &Path, why: Cause) -> Error {
    Error::new(
        ErrorKind::State,
        format!("cannot use the state file {}", path.display()),
    )
    .because(why)
    .mend("if it is there, remove it, Herald makes a new one; or set HERALD_STATE_DIR to another directory")
}

fn open_or_create(path: &Path) -> Result<Mapping, Cause> {
    let file = match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(path).and_then(|()| open(path))
        }
        opened => opened,
    }?;
    check_metadata(&file.metadata()?)?;
    let mapping = Mapping::new(&file)?;
    layout::check(&mapping.header())?;
    Ok(mapping)
}

fn open(path: &Path) -> io::Result<File> {
    file::own().read(true).write(true).open(path)
}

fn check_metadata(metadata: &fs::Metadata) -> Result<(), &'static str> {
    if !metadata.is_file() {
        return Err("it is not a regular file");
    }
    file::check_ours_alone(metadata)?;
    if metadata.len() != FILE_LEN as u64 {
        return Err("it has the wrong length");
    }
    Ok(())
}

/// Makes a complete file and gives it its name, unless another process was first.
fn create(path: &Path) -> io::Result<()> {
    check_file_size_limit()?;
    let (temporary, mut file) = create_temporary(path)?;
    let linked = fill(&mut file).and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    fs::remove_file(&temporary)?;
    linked
}

fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut options = file::own();
    options.write(true).create_new(true);
    let mut attempt = 0u32;
    loop {
        let name = format!("{FILE_NAME}.{}-{attempt}.tmp", std::process::id());
        let temporary = path.with_file_name(name);
        match options.open(&temporary) {
            // Another thread, or a process of this number that died here, in this container or
            // in another one that shares the directory.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1_000 => {
                attempt += 1;
            }
            opened => return opened.map(|file| (temporary, file)),
        }
    }
}

/// A process that writes past its limit is killed, instead of being told.
fn check_file_size_limit() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let limit = getrlimit(Resource::Fsize).current;
        if limit.is_some_and(|limit| limit < FILE_LEN as u64) {
            return Err(io::Error::other(
                "this process may not write files that long",
            ));
        }
    }
    Ok(())
}

/// Writes every byte, so that every page has its place on the medium.
fn fill(file: &mut File) -> io::Result<()> {
    let mut content = vec![0; FILE_LEN];
    let header = layout::header();
    content[..header.len()].copy_from_slice(&header);
    debug_assert!(header.len() <= WORDS_OFFSET);
    file.write_all(&content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn open_in(dir: &Path) -> SharedThrottle {
        Throttle::new(StateFile::open(dir), crate::clock::SystemClock)
    }

    #[test]
    fn two_openers_share_one_table() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (open_in(dir.path()), open_in(dir.path()));
        assert!(first.storage().fallback().is_none());
        assert!(first.admit("Stop", HOUR).is_admitted());
        assert!(!second.admit("Stop", HOUR).is_admitted());
        drop((first, second));
        assert!(
            !open_in(dir.path()).admit("Stop", HOUR).is_admitted(),
            "it outlives its users"
        );
        let names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, [FILE_NAME], "nothing temporary is left");
    }

    #[test]
    fn many_threads_create_one_file() {
        for _ in 0..50 {
            let dir = tempfile::tempdir().unwrap();
            let admitted = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| open_in(dir.path()).admit("Stop", HOUR).is_admitted()))
                    .collect();
                threads
                    .into_iter()
                    .map(|t| usize::from(t.join().unwrap()))
                    .sum::<usize>()
            });
            assert_eq!(admitted, 1);
        }
    }

    /// What stands at the path, and what the reason for the fallback must say.
    #[test]
    fn a_bad_file_is_left_alone_and_named() {
        type Make = fn(&Path);
        let cases: &[(Make, &str)] = &[
            (|path| fs::write(path, "").unwrap(), "length"),
            (
                |path| fs::write(path, vec![0; FILE_LEN]).unwrap(),
                "no Herald state file",
            ),
            (|path| fs::create_dir(path).unwrap(), "directory"),
            #[cfg(unix)]
            (
                |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
                "link",
            ),
        ];
        for (make, says) in cases {
            let dir = tempfile::tempdir().unwrap();
            make(&dir.path().join(FILE_NAME));
            let throttle = open_in(dir.path());
            let reason = throttle.storage().fallback().expect("unusable").to_string();
            assert!(reason.contains(says), "{reason:?} does not say {says:?}");
            assert!(throttle.admit("Stop", HOUR).is_admitted(), "sounds go on");
            assert!(!throttle.admit("Stop", HOUR).is_admitted());
        }
    }
}

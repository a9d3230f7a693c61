//! Opens, creates and repairs the file, so that no process ever maps an incomplete one.
//!
//! # Creating
//!
//! A new file is written under a temporary name and linked to its own when it is complete. If many processes
//! create it at once, one link succeeds and the others use that file.
//!
//! # Repairing
//!
//! An invalid file is renamed and a new one created. Repairing takes a lock, so that no process renames a
//! file that another has just created: the holder checks the file again first. Creating needs no lock,
//! because it never replaces anything. The lock is held for a few system calls, released when its process
//! ends, and waited for only briefly.
//!
//! Mappings of a renamed file continue to work; their owners notice at their next check of the path (see
//! [`super`]).

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::layout::{self, FILE_LEN};
use super::map::Mapping;
use super::medium;
use crate::controls::Controls;
use crate::error::{Cause, Error, ErrorKind as Kind};
use crate::system::file::{self, Identity};

/// How long a process waits for another one that repairs.
const REPAIR_PATIENCE: Duration = Duration::from_millis(20);
/// The number of names for files set aside: one that cannot be replaced, such as a directory, keeps its name.
const ASIDE: usize = 8;

/// A state file in use.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) mapping: Mapping,
    identity: Identity,
    /// The problem of the file that this one replaced.
    pub(super) repaired: Option<Error>,
}

impl Opened {
    /// A valid file.
    pub(super) const fn new(mapping: Mapping, identity: Identity) -> Self {
        Self {
            mapping,
            identity,
            repaired: None,
        }
    }

    /// Whether the file is still the one at `path`, with the right length.
    pub(super) fn is_still_at(&self, path: &Path) -> bool {
        match fs::symlink_metadata(path) {
            Ok(metadata) => {
                metadata.len() == FILE_LEN as u64
                    && Identity::at(path, &metadata) == self.identity
                    && !self.mapping.is_lost()
            }
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }
}

/// Why a file cannot be used.
pub(super) enum Trouble {
    /// It does not exist.
    Missing,
    /// This file is invalid, and may be replaced.
    Wrong(Cause, Identity),
    /// The file or its file system cannot be used here; another file would not help.
    Unusable(Cause),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            _ => Self::Unusable(error.into()),
        }
    }
}

impl From<Trouble> for Cause {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Missing => "the file disappeared while it was opened".into(),
            Trouble::Wrong(why, _) | Trouble::Unusable(why) => why,
        }
    }
}

/// Opens the state file at `path`; creates one if there is none, or only an unusable one.
///
/// A new file begins with the `kept` controls.
pub(super) fn open_or_create(path: &Path, kept: &dyn Fn() -> Controls) -> Result<Opened, Cause> {
    match open(path).or_else(|trouble| create_if_missing(path, kept, trouble)) {
        Err(Trouble::Wrong(..)) => repair(path, kept),
        opened => Ok(opened?),
    }
}

fn create_if_missing(
    path: &Path,
    kept: &dyn Fn() -> Controls,
    trouble: Trouble,
) -> Result<Opened, Trouble> {
    let Trouble::Missing = trouble else {
        return Err(trouble);
    };
    let created = create(path, kept);
    match (open(path), created) {
        // Another process may have created one meanwhile; only without one does the reason matter.
        (Err(Trouble::Missing), Err(why)) => Err(Trouble::Unusable(why)),
        (opened, _) => opened,
    }
}

fn open(path: &Path) -> Result<Opened, Trouble> {
    let (file, identity) = open_unmapped(path)?;
    let mapping = Mapping::new(&file)?;
    layout::check(&mapping.header()).map_err(|why| Trouble::Wrong(why.into(), identity))?;
    Ok(Opened::new(mapping, identity))
}

/// Opens the file, and checks all but its header.
pub(super) fn open_unmapped(path: &Path) -> Result<(File, Identity), Trouble> {
    let file = match file::own().read(true).write(true).open(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            // A link, a directory or another user's file may be replaced. Anything else is a different
            // problem.
            let found = fs::symlink_metadata(path)?;
            check_metadata(&found, Identity::at(path, &found))?;
            return Err(Trouble::Unusable(error.into()));
        }
        opened => opened?,
    };
    let metadata = file.metadata()?;
    let identity = Identity::of_file(&file, &metadata);
    check_metadata(&metadata, identity)?;
    medium::check(&file).map_err(Trouble::Unusable)?;
    fill_holes(&file, &metadata)?;
    Ok((file, identity))
}

fn check_metadata(metadata: &fs::Metadata, identity: Identity) -> Result<(), Trouble> {
    let wrong = |why: &str| Err(Trouble::Wrong(why.into(), identity));
    if let Err(why) = file::check_file_of_ours(metadata) {
        return wrong(why);
    }
    if metadata.permissions().readonly() {
        return wrong("not writable");
    }
    if metadata.len() != FILE_LEN as u64 {
        return wrong("wrong length");
    }
    Ok(())
}

/// A copied or restored file may have pages without allocated space, and writing them fails on a full disk.
/// Allocates them; a failure here changes nothing.
#[cfg(target_os = "linux")]
fn fill_holes(file: &File, metadata: &fs::Metadata) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    use std::os::unix::fs::MetadataExt;

    if metadata.blocks() * 512 >= FILE_LEN as u64 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::empty(), 0, FILE_LEN as u64) {
        // A compressing file system uses fewer blocks, and may not support the call.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        filled => Ok(filled?),
    }
}

#[cfg(not(target_os = "linux"))]
fn fill_holes(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Creates a complete file and gives it its name, unless another process was first.
fn create(path: &Path, kept: &dyn Fn() -> Controls) -> Result<(), Cause> {
    file::check_size_limit(FILE_LEN)?;
    let (temporary, mut file) = file::create_temporary(path)?;
    let linked = medium::check(&file).and_then(|()| {
        // Every byte is written, so that every page has allocated space: otherwise its first use on a full
        // disk raises SIGBUS. (Where each write allocates new space, as on btrfs and zfs, only the file
        // system's reserve helps.)
        file.write_all(&layout::new_file(kept()))?;
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => Ok(linked?),
        }
    });
    // If it stays, another process sweeps it.
    let _ = fs::remove_file(&temporary);
    linked
}

fn repair(path: &Path, kept_controls: &dyn Fn() -> Controls) -> Result<Opened, Cause> {
    let lock = file::beside(path, "repair");
    let locked = |error| format!("cannot repair it: {}: {error}", lock.display());
    let mut options = file::own();
    options.write(true).create(true).truncate(false);
    let handle = options.open(&lock).map_err(locked)?;
    let _lock = match file::lock_within(handle, REPAIR_PATIENCE) {
        Ok(lock) => lock,
        // Perhaps it is repaired, and other processes hold the lock to check it.
        Err(error) => return open(path).map_err(|_| locked(error).into()),
    };
    // The previous holder may have repaired it.
    let (why, judged) = match open(path) {
        Err(Trouble::Wrong(why, judged)) => (why, judged),
        opened => {
            return Ok(opened.or_else(|trouble| create_if_missing(path, kept_controls, trouble))?);
        }
    };
    let Some(aside) = set_aside(path, judged)? else {
        return Ok(open(path)?);
    };
    let mut kept = format!("the old file is {}", aside.display());
    let mut opened = create_if_missing(path, kept_controls, Trouble::Missing);
    if opened.is_err() && fs::remove_file(&aside).is_ok() {
        kept = "the old file was removed to free space".to_owned();
        opened = create_if_missing(path, kept_controls, Trouble::Missing);
    }
    let what = format!("the state file was replaced; {kept}");
    let repaired = Some(Error::new(Kind::State, what).because(why));
    Ok(Opened {
        repaired,
        ..opened?
    })
}

/// Renames the file that was judged, replacing the one set aside before if possible. `None`: the path has
/// another file now. Repairs take the lock, but removing a file and creating the next one do not.
fn set_aside(path: &Path, judged: Identity) -> io::Result<Option<PathBuf>> {
    let mut outcome = Err(ErrorKind::AlreadyExists.into());
    for number in 0..ASIDE {
        if Identity::at(path, &fs::symlink_metadata(path)?) != judged {
            return Ok(None);
        }
        let aside = file::beside(path, &format!("damaged-{number}"));
        outcome = fs::rename(path, &aside).map(|()| Some(aside));
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

//! Replacing a file as a whole: whoever reads it meanwhile sees the old bytes or the new ones, and
//! an interruption or a full disk leaves the old ones.
//!
//! A file that cannot be replaced is overwritten, and gets its old bytes back if that fails: a mount
//! point, as containers have it, and one that has other names (hard links), which would keep the old
//! bytes. Here alone an interruption may leave neither.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::system::file::{self, Identity};
use crate::system::owner;

/// Links that are followed from a path to the file itself.
const MAX_LINKS: usize = 40;
/// How the names of new files begin, and how many letters and digits follow.
const PREFIX: &str = ".herald-";
const CHANCE_LEN: usize = 6;

/// What is to stand at a path: written and on the disk, but still under another name.
pub struct Replacement {
    file: NamedTempFile,
    path: PathBuf,
}

impl Replacement {
    /// Writes `bytes` beside the file at `path`, or beside the one that a link there leads to,
    /// with the permissions and the owner of that file. Directories are made as they are needed.
    ///
    /// # Errors
    ///
    /// If it cannot be written there.
    pub fn prepare(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let path = target(path)?;
        let like = path.clone();
        Self::prepare_like(&like, path, bytes)
    }

    /// As [`Self::prepare`], with the permissions and the owner of the file `like`, if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be written there.
    pub fn prepare_like(like: &Path, path: PathBuf, bytes: &[u8]) -> io::Result<Self> {
        let like = match fs::metadata(like) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(io::Error::other("not a regular file"));
            }
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let dir = dir_of(&path);
        owner::create_dirs(dir)?;
        sweep(dir);
        let mut file = create_in(dir, like.as_ref())?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(Self { file, path })
    }

    /// Puts it in place, whatever is there.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed.
    pub fn put(self) -> io::Result<()> {
        if has_other_names(&self.path) {
            return overwrite(&self.path, self.file.path());
        }
        match self.file.persist(&self.path) {
            Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => {
                overwrite(&self.path, error.file.path())
            }
            Err(error) => Err(error.error),
            Ok(_) => {
                sync_dir(&self.path);
                Ok(())
            }
        }
    }

    /// Puts it in place of exactly `expected`, or of nothing; else returns false, and what is
    /// there stays.
    ///
    /// Where the system can swap two files' names (Linux and macOS, on most file systems), what is
    /// swapped out is looked at once more, and swapped back if it is another writer's: no change
    /// gets lost, unless that writer writes twice in the microseconds between the two swaps. Where
    /// it cannot, a change in the microseconds between the look and the renaming is lost: no
    /// system renames on condition of what is in a file, and other programs take no lock of ours.
    ///
    /// # Errors
    ///
    /// If it cannot be exchanged or renamed.
    pub fn put_over(self, expected: Option<&[u8]>) -> io::Result<bool> {
        let path = self.path.clone();
        let Some(expected) = expected else {
            return match self.file.persist_noclobber(&path) {
                Ok(_) => {
                    sync_dir(&path);
                    Ok(true)
                }
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error.error),
            };
        };
        if !is_still(&path, expected)? {
            return Ok(false);
        }
        if has_other_names(&path) {
            return self.put().map(|()| true);
        }
        match self.swap_in(expected) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) if is_no_swap(&error) => self.put().map(|()| true),
            swapped => swapped,
        }
    }

    /// Swaps it with what is there, and back if that is not `expected`; then returns false.
    fn swap_in(&self, expected: &[u8]) -> io::Result<bool> {
        let (ours, path) = (self.file.path(), &self.path);
        let bytes = fs::read(ours)?;
        swap(ours, path)?;
        let is_done = is_still(ours, expected)?;
        if !is_done {
            swap(ours, path)?;
            if !is_still(ours, &bytes)? {
                // Somebody has written in the meantime: the newest stays.
                swap(ours, path)?;
            }
        }
        sync_dir(path);
        Ok(is_done)
    }
}

/// Removes the file at `path`, or the one that a link there leads to, if it is exactly `expected`;
/// else returns false. A change in the microseconds between the look and the removal is lost.
///
/// # Errors
///
/// If it cannot be moved aside or removed.
pub fn remove(path: &Path, expected: &[u8]) -> io::Result<bool> {
    let path = target(path)?;
    if !is_still(&path, expected)? {
        return Ok(false);
    }
    fs::remove_file(&path)?;
    sync_dir(&path);
    Ok(true)
}

fn is_still(path: &Path, expected: &[u8]) -> io::Result<bool> {
    let mut bytes = Vec::with_capacity(expected.len() + 1);
    let read = file::open_regular(path, u64::MAX).and_then(|file| {
        // One byte more tells whether it has grown.
        file.take(expected.len() as u64 + 1).read_to_end(&mut bytes)
    });
    match read {
        Ok(_) => Ok(bytes == expected),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the file at `path` has other names that are no links to it: hard links.
pub fn has_other_names(path: &Path) -> bool {
    file::name_count(path).is_ok_and(|count| count > 1)
}

/// Removes new files of processes that were killed before they had put them in place. Whoever lives has
/// its file locked.
fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let chance = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let is_new_file = chance.is_some_and(|chance| {
            chance.len() == CHANCE_LEN && chance.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if !is_new_file || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let left = file::own().read(true).open(entry.path());
        if left.is_ok_and(|left| left.try_lock().is_ok()) {
            // It is only in the way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Swaps the names of two files or directories, both of which are there.
pub(crate) fn swap(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?;
        Ok(())
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    {
        let _ = (one, other);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Whether the system, or the file system, cannot swap, or not these two.
fn is_no_swap(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ResourceBusy, Unsupported};
    let kind = error.kind();
    matches!(
        kind,
        InvalidInput | PermissionDenied | ResourceBusy | Unsupported
    )
}

/// Writes what is in the file at `new` over what is in the one at `path`.
fn overwrite(path: &Path, new: &Path) -> io::Result<()> {
    let (old, new) = (fs::read(path)?, fs::read(new)?);
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let mut write = |bytes: &[u8]| {
        file.rewind()?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()
    };
    let written = write(&new);
    if written.is_err() {
        // On a full disk, say: they have their room.
        let _ = write(&old);
    }
    written
}

fn dir_of(path: &Path) -> &Path {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    dir.unwrap_or(Path::new("."))
}

/// So that the new name, too, outlives a power failure. Not every system has such a thing.
fn sync_dir(path: &Path) {
    #[cfg(unix)]
    let _ = File::open(dir_of(path)).and_then(|dir| dir.sync_all());
    #[cfg(not(unix))]
    let _ = path;
}

/// An empty file that already has the permissions and the owner of `like`. Until then only this user
/// can open it: who opens a file keeps it open, whatever its permissions become.
///
/// It is locked: see [`sweep`].
fn create_in(dir: &Path, like: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).rand_bytes(CHANCE_LEN);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The user's mask applies to a new file as to any other.
        let mode = if like.is_some() { 0o600 } else { 0o666 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let file = loop {
        let file = builder.tempfile_in(dir)?;
        // Where nothing can be locked nothing is swept.
        let _ = file.as_file().lock();
        if !is_swept(&file)? {
            break file;
        }
    };
    match like {
        Some(like) => make_like(file.as_file(), like)?,
        None => owner::give_to_owner_of(dir, file.as_file()),
    }
    Ok(file)
}

/// Whether somebody has taken it for one that was left behind, before it was locked.
fn is_swept(file: &NamedTempFile) -> io::Result<bool> {
    match fs::symlink_metadata(file.path()) {
        Ok(found) => {
            let file_itself = Identity::of_file(file.as_file(), &file.as_file().metadata()?);
            Ok(Identity::at(file.path(), &found) != file_itself)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Gives `file` the owner and group of `like`, as far as this user may, then its permissions: never
/// a group's permissions to another group.
#[cfg(unix)]
fn make_like(file: &File, like: &Metadata) -> io::Result<()> {
    use rustix::fs::{Gid, Uid, fchown};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let (uid, gid) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
    let now = file.metadata()?;
    if now.uid() != like.uid() {
        let _ = fchown(file, Some(uid), None);
    }
    let keeps_group = now.gid() == like.gid() || fchown(file, None, Some(gid)).is_ok();
    let lost = if keeps_group { 0 } else { 0o070 };
    file.set_permissions(fs::Permissions::from_mode(like.mode() & 0o7777 & !lost))
}

#[cfg(not(unix))]
fn make_like(file: &File, like: &Metadata) -> io::Result<()> {
    file.set_permissions(like.permissions())
}

/// The file that `path` leads to, whether or not it exists.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

#[cfg(test)]
mod tests;

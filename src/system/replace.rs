//! Replaces a file as a whole: readers see the old bytes or the new ones, also after an interruption or on a
//! full disk.
//!
//! Mount points (as in containers) and files with hard links are overwritten instead, and restored if that
//! fails. Only then can an interruption leave a mixture.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::system::file;
use crate::system::leftover::{self, Name};
use crate::system::owner;

/// The maximum number of links to follow to the file.
const MAX_LINKS: usize = 40;
/// The beginning and the end of the name of a new file.
const NAME: Name = (".herald-", "");

/// New content for a path: on disk, under a temporary name.
pub struct Replacement {
    file: NamedTempFile,
    path: PathBuf,
}

impl Replacement {
    /// Writes `bytes` next to the file at `path`, following links, with that file's permissions and owner.
    /// Creates missing directories.
    ///
    /// # Errors
    ///
    /// If it cannot be written there.
    pub fn prepare(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let path = target(path)?;
        let like = path.clone();
        Self::prepare_like(&like, path, bytes)
    }

    /// As [`Self::prepare`], with the permissions and owner of the file `like`, if it exists.
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
        leftover::sweep(dir, NAME);
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

    /// Puts it in place if the file is exactly `expected`, or is missing for `None`; else changes nothing and
    /// returns false.
    ///
    /// Where the system can exchange two names (Linux and macOS, on most file systems), the file that was
    /// exchanged out is checked again, and put back if another program changed it. A change is lost only if
    /// that program writes twice within the microseconds between the two exchanges. Elsewhere a change in the
    /// microseconds between the check and the rename is lost: no system renames on a condition, and other
    /// programs do not use our lock.
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

    /// Exchanges it with the current file, and back if that is not `expected`; then returns false.
    fn swap_in(&self, expected: &[u8]) -> io::Result<bool> {
        let (ours, path) = (self.file.path(), &self.path);
        let bytes = fs::read(ours)?;
        swap(ours, path)?;
        let is_done = is_still(ours, expected)?;
        if !is_done {
            swap(ours, path)?;
            if !is_still(ours, &bytes)? {
                // Another program wrote in the meantime; its content stays.
                swap(ours, path)?;
            }
        }
        sync_dir(path);
        Ok(is_done)
    }
}

/// Removes the file at `path`, following links, if it is exactly `expected`; else returns false. A change in
/// the microseconds between the check and the removal is lost.
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
        // One extra byte detects growth.
        file.take(expected.len() as u64 + 1).read_to_end(&mut bytes)
    });
    match read {
        Ok(_) => Ok(bytes == expected),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the file at `path` has hard links.
pub fn has_other_names(path: &Path) -> bool {
    file::name_count(path).is_ok_and(|count| count > 1)
}

/// Exchanges the names of two existing files or directories.
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

/// Whether the system, the file system or these two files do not support exchanging.
fn is_no_swap(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ResourceBusy, Unsupported};
    let kind = error.kind();
    matches!(
        kind,
        InvalidInput | PermissionDenied | ResourceBusy | Unsupported
    )
}

/// Writes the content of `new` into the file at `path`.
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
        // Works on a full disk: the old bytes fit in the space they had.
        let _ = write(&old);
    }
    written
}

fn dir_of(path: &Path) -> &Path {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    dir.unwrap_or(Path::new("."))
}

/// Makes the new name survive a power failure. Not every system supports it.
fn sync_dir(path: &Path) {
    #[cfg(unix)]
    let _ = File::open(dir_of(path)).and_then(|dir| dir.sync_all());
    #[cfg(not(unix))]
    let _ = path;
}

/// An empty file with the permissions and owner of `like`. It is created private, because whoever opens a
/// file keeps it open when the permissions change.
///
/// It is locked, see [`leftover::sweep`].
fn create_in(dir: &Path, like: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let builder = leftover::builder(NAME);
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // The umask applies as for any new file.
        options.mode(if like.is_some() { 0o600 } else { 0o666 });
    }
    let file = loop {
        // Opened here, because the error must not name a temporary file.
        let file = builder.make_in(dir, |path| options.open(path))?;
        // Without locks, nothing is swept.
        let _ = file.as_file().lock();
        if !leftover::is_swept(&file)? {
            break file;
        }
    };
    match like {
        Some(like) => make_like(file.as_file(), like)?,
        None => owner::give_to_owner_of(dir, file.as_file()),
    }
    Ok(file)
}

/// Gives `file` the owner, group and permissions of `like`, as far as permitted. Group permissions are
/// dropped if the group differs.
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

/// The path after following links, whether or not it exists.
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

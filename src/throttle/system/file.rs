//! Opens files safely: a path may lead to something unexpected.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The age at which a temporary file was certainly left by a dead process.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// Fails if nothing exists at `path`; one system call (the standard library needs two).
#[cfg(unix)]
pub fn exists(path: &Path) -> io::Result<()> {
    rustix::fs::lstat(path)?;
    Ok(())
}

/// Fails if nothing exists at `path`.
#[cfg(not(unix))]
pub fn exists(path: &Path) -> io::Result<()> {
    std::fs::symlink_metadata(path).map(drop)
}

/// Opens an untrusted file for reading: a regular file of at most `max_len` bytes.
///
/// Does not block on a named pipe.
pub fn open_regular(path: &Path, max_len: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    check_regular(&file, max_len)?;
    Ok(file)
}

/// Checks that it is a regular file of at most `max_len` bytes.
pub fn check_regular(file: &File, max_len: u64) -> io::Result<()> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if metadata.len() > max_len {
        let limit = match max_len >> 20 {
            0 => format!("{} KiB", max_len >> 10),
            mebibytes => format!("{mebibytes} MiB"),
        };
        return Err(io::Error::other(format!("larger than {limit}")));
    }
    Ok(())
}

/// How to make it possible to write a file at `path`, which failed with `error`.
pub fn to_write(path: &Path, error: &io::Error) -> String {
    let mut dirs = path.ancestors().skip(1);
    let dir = dirs
        .find(|dir| dir.is_dir())
        .filter(|dir| !is_writable(dir));
    match dir {
        Some(dir) if error.kind() == io::ErrorKind::PermissionDenied => {
            format!("chmod u+w {}", dir.display())
        }
        _ => "make it a file that you can read and write".to_owned(),
    }
}

#[cfg(unix)]
fn is_writable(dir: &Path) -> bool {
    use rustix::fs::Access;
    rustix::fs::access(dir, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(dir: &Path) -> bool {
    dir.metadata()
        .is_ok_and(|metadata| !metadata.permissions().readonly())
}

/// Options for Herald's own files in the state directory: readable only by this user, not through a link, and
/// without blocking on a named pipe.
pub fn own() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let careful = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options
            .mode(0o600)
            .custom_flags(careful.bits().cast_signed());
    }
    options
}

/// Replaces a file of Herald's own, or creates it: readers see the old bytes or the new ones. Of two writers the
/// last one wins. A power failure may lose it.
///
/// # Errors
///
/// If it cannot be written. Then the old bytes stay.
pub fn replace_own(path: &Path, bytes: &[u8]) -> io::Result<()> {
    check_size_limit(bytes.len())?;
    let (temporary, mut file) = create_temporary(path)?;
    let replaced = file.write_all(bytes);
    let replaced = replaced.and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// Creates a file that gets its content before it becomes the one at `path`, and removes those of processes
/// that died while they did.
pub fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    sweep(path);
    // Random: a process with the same number may be running in another container that shares the directory,
    // or may have died here.
    let chance = RandomState::new().hash_one(std::process::id());
    let temporary = beside(path, &format!("{chance:016x}.tmp"));
    let file = own().write(true).create_new(true).open(&temporary)?;
    Ok((temporary, file))
}

/// Removes temporary files of processes that died while creating.
fn sweep(path: &Path) {
    let prefix = path.file_name().and_then(OsStr::to_str);
    let entries = path.parent().and_then(|dir| fs::read_dir(dir).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let both = name.to_str().zip(prefix);
        let is_temporary =
            both.is_some_and(|(name, prefix)| name.starts_with(prefix) && name.ends_with(".tmp"));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_temporary && age().is_some_and(|age| age > LEFT_BEHIND) {
            // Harmless; a later process may succeed.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The path of a file whose name is that of the one at `path` and `extension`.
pub fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{extension}"));
    path.with_file_name(name)
}

/// Checks that a file belongs to this user and nobody else can write it.
#[cfg(unix)]
pub fn check_ours_alone(metadata: &Metadata) -> Result<(), &'static str> {
    use std::os::unix::fs::MetadataExt;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("owned by another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("writable by other users");
    }
    Ok(())
}

/// Checks that a file belongs to this user and nobody else can read or write it.
#[cfg(unix)]
pub fn check_private(metadata: &Metadata) -> Result<(), &'static str> {
    use std::os::unix::fs::MetadataExt;
    check_ours_alone(metadata)?;
    match metadata.mode() & 0o077 {
        0 => Ok(()),
        _ => Err("readable by other users"),
    }
}

/// On Windows, a user's own directories are private.
#[cfg(not(unix))]
pub fn check_private(_: &Metadata) -> Result<(), &'static str> {
    Ok(())
}

/// On Windows the state directory is in the user's own local application data.
#[cfg(not(unix))]
pub fn check_ours_alone(_: &Metadata) -> Result<(), &'static str> {
    Ok(())
}

/// Checks for a regular file of this user that nobody else can write.
pub fn check_file_of_ours(metadata: &Metadata) -> Result<(), &'static str> {
    if !metadata.is_file() {
        return Err("not a regular file");
    }
    check_ours_alone(metadata)
}

/// Whether both paths lead to the same existing file.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| -> io::Result<Identity> {
        let path = path.canonicalize()?;
        Ok(Identity::at(&path, &path.symlink_metadata()?))
    };
    matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

/// The number of names (hard links) of the file at `path`, following links.
pub fn name_count(path: &Path) -> io::Result<u64> {
    #[cfg(unix)]
    return Ok(std::os::unix::fs::MetadataExt::nlink(&path.metadata()?));
    #[cfg(windows)]
    return Ok(winapi_util::file::information(File::open(path)?)?.number_of_links());
}

/// The identity of a file, independent of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    /// The numbers of its volume and of the file. None if unknown.
    #[cfg(windows)]
    numbers: Option<(u64, u64)>,
}

impl Identity {
    /// The identity in `metadata`. Unknown on Windows: use one of the others.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Self {
                device: metadata.dev(),
                inode: metadata.ino(),
            }
        }
        #[cfg(windows)]
        {
            let _ = metadata;
            Self { numbers: None }
        }
    }

    /// The identity of `file` with `metadata`.
    pub fn of_file(file: &File, metadata: &Metadata) -> Self {
        #[cfg(windows)]
        if let Ok(information) = winapi_util::file::information(file) {
            let (volume, file) = (information.volume_serial_number(), information.file_index());
            return Self {
                numbers: Some((volume, file)),
            };
        }
        #[cfg(unix)]
        let _ = file;
        Self::of(metadata)
    }

    /// The identity of the file, or link, at `path` with `metadata`.
    pub fn at(path: &Path, metadata: &Metadata) -> Self {
        #[cfg(windows)]
        {
            use std::os::windows::fs::OpenOptionsExt;
            // From winbase.h: FILE_FLAG_BACKUP_SEMANTICS, for directories, and
            // FILE_FLAG_OPEN_REPARSE_POINT, for links.
            const ITSELF: u32 = 0x0200_0000 | 0x0020_0000;
            let mut options = OpenOptions::new();
            options.access_mode(0).custom_flags(ITSELF);
            if let Ok(file) = options.open(path) {
                return Self::of_file(&file, metadata);
            }
        }
        #[cfg(unix)]
        let _ = path;
        Self::of(metadata)
    }
}

/// Fails if this process may not write files of `len` bytes: exceeding that limit kills a process rather than
/// failing.
pub fn check_size_limit(len: usize) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let limit = getrlimit(Resource::Fsize).current;
        if limit.is_some_and(|limit| limit < len as u64) {
            return Err(io::Error::other(
                "this process may not write files of that size",
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = len;
    Ok(())
}

/// A file locked against all its other handles, until dropped.
///
/// Unlocks explicitly: closing is not sufficient while a child forked meanwhile has it open.
#[derive(Debug)]
pub struct Locked(File);

impl std::ops::Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Locks `file`; gives up after `patience`.
pub fn lock_within(file: File, patience: Duration) -> io::Result<Locked> {
    const PAUSE: Duration = Duration::from_micros(100);
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Locked(file)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if started.elapsed() >= patience => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "locked by another process",
                ));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

/// Appends `line` to a file opened for appending, in one write, so that lines of several processes do not
/// mix. Appends all of it or nothing.
///
/// # Errors
///
/// Fails if there is no space for all of it, or this process may not write a file that long.
pub fn append_line(file: &mut File, line: &[u8]) -> io::Result<()> {
    let len = file.metadata()?.len() + line.len() as u64;
    check_size_limit(usize::try_from(len).unwrap_or(usize::MAX))?;
    let written = loop {
        match file.write(line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            written => break written?,
        }
    };
    if written == line.len() {
        return Ok(());
    }
    // Only if it is still the end of the file: another process may have written after it.
    let end = file.stream_position()?;
    if file.metadata()?.len() == end {
        file.set_len(end - written as u64)?;
    }
    Err(io::ErrorKind::StorageFull.into())
}

/// Reads from `offset`, as much as available.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
}

/// Writes at `offset`; returns how much.
pub fn write_at(file: &File, buffer: &[u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_at(file, buffer, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_write(file, buffer, offset);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_that_are_too_large_or_not_regular_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let large = dir.path().join("large");
        File::create(&large).unwrap().set_len(2 << 20).unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for (path, says) in [
            (&large, "larger than 1 MiB"),
            (&pipe, "not a regular file"),
            (&dir.path().to_owned(), "not a regular file"),
            (&"/dev/zero".into(), "not a regular file"),
        ] {
            let error = open_regular(path, 1 << 20).unwrap_err().to_string();
            assert!(error.contains(says), "{}: {error}", path.display());
        }
        assert!(open_regular(&large, 2 << 20).is_ok());
    }

    #[test]
    fn a_file_of_our_own_is_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink("/dev/zero", &link).unwrap();
        assert!(own().read(true).open(&link).is_err());
        assert!(own().append(true).create(true).open(&link).is_err());
    }
}

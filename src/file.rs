//! Opening files with care: what stands at a path may not be what belongs there.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file of somebody else's making to read: a regular file of at most `max_len` bytes.
///
/// Does not wait for the other end of a pipe that stands in its place.
pub(crate) fn open_regular(path: &Path, max_len: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > max_len {
        let limit = format!("it is larger than {} MiB", max_len >> 20);
        return Err(io::Error::other(limit));
    }
    Ok(file)
}

/// How Herald opens files of its own in the state directory: only this user may read them, not
/// through a link, and without waiting for the other end of a pipe.
pub(crate) fn own() -> OpenOptions {
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

/// Whether what `metadata` tells of belongs to this user, and nobody else may write it.
#[cfg(unix)]
pub(crate) fn check_ours_alone(metadata: &Metadata) -> Result<(), &'static str> {
    use std::os::unix::fs::MetadataExt;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("other users may write it");
    }
    Ok(())
}

/// On Windows the state directory is in the user's own local application data.
#[cfg(not(unix))]
pub(crate) fn check_ours_alone(_: &Metadata) -> Result<(), &'static str> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_is_no_file_of_a_fair_size_is_refused() {
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

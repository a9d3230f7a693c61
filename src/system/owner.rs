//! Owners of new files. What root creates in another user's home is given to that user, who could not change
//! it otherwise.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates `dir` and its missing parents with the owner of the nearest existing directory.
pub(crate) fn create_dirs(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        return unix::create_dirs(dir);
    }
    std::fs::create_dir_all(dir)
}

/// Gives `file`, which is new in `dir`, to the owner of `dir`, as far as permitted.
pub(crate) fn give_to_owner_of(dir: &Path, file: &File) {
    #[cfg(unix)]
    if rustix::process::geteuid().is_root()
        && let Ok(owner) = rustix::fs::stat(dir)
    {
        let _ = unix::give(file, &owner);
    }
    #[cfg(not(unix))]
    let _ = (dir, file);
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::AsFd;
    use std::path::Path;

    use rustix::fs::{Gid, Mode, OFlags, Stat, Uid};
    use rustix::io::Errno;

    const OPEN: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

    /// Walks by handles, not by paths: the owner could place links in between.
    pub(super) fn create_dirs(dir: &Path) -> io::Result<()> {
        let there = dir.ancestors().find(|above| above.is_dir());
        let there = there.unwrap_or(Path::new(""));
        let missing = dir.strip_prefix(there).map_err(io::Error::other)?;
        let start = if there == Path::new("") {
            Path::new(".")
        } else {
            there
        };
        let mut at = rustix::fs::open(start, OPEN, Mode::empty())?;
        let owner = rustix::fs::fstat(&at)?;
        for part in missing {
            let made = rustix::fs::mkdirat(&at, part, Mode::from_raw_mode(0o777));
            let is_new = match made {
                Err(Errno::EXIST) => false,
                made => made.map(|()| true)?,
            };
            let next = rustix::fs::openat(&at, part, OPEN | OFlags::NOFOLLOW, Mode::empty())?;
            if is_new {
                // Without permission they stay root's.
                let _ = give(&next, &owner);
            }
            at = next;
        }
        Ok(())
    }

    pub(super) fn give(file: impl AsFd, owner: &Stat) -> rustix::io::Result<()> {
        let (uid, gid) = (Uid::from_raw(owner.st_uid), Gid::from_raw(owner.st_gid));
        rustix::fs::fchown(file, Some(uid), Some(gid))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, chown, symlink};

    #[test]
    fn files_created_by_root_belong_to_the_owner_of_their_directory() {
        let home = tempfile::tempdir().unwrap();
        if !rustix::process::geteuid().is_root() {
            test_support::not_tested("only root may give files away");
            return;
        }
        chown(home.path(), Some(4001), Some(4002)).unwrap();
        let dir = home.path().join(".config/herald");
        for _ in 0..2 {
            create_dirs(&dir).unwrap();
        }
        let file = File::create(dir.join("file")).unwrap();
        give_to_owner_of(&dir, &file);
        for path in [&dir, dir.parent().unwrap(), &dir.join("file")] {
            let found = fs::symlink_metadata(path).unwrap();
            assert_eq!(
                (found.uid(), found.gid()),
                (4001, 4002),
                "{}",
                path.display()
            );
        }
        // Existing files stay unchanged, and links are not followed.
        fs::create_dir(home.path().join("roots")).unwrap();
        create_dirs(&home.path().join("roots/new")).unwrap();
        for path in ["roots", "roots/new"] {
            assert_eq!(
                fs::metadata(home.path().join(path)).unwrap().uid(),
                0,
                "{path}"
            );
        }
        symlink("/nowhere", home.path().join("link")).unwrap();
        assert!(create_dirs(&home.path().join("link/new")).is_err());
    }
}

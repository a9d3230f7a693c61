//! Opens files that must lie inside a directory. Repositories and packs are untrusted, and their links may
//! lead anywhere.
//!
//! # Guarantees
//!
//! - On Unix, an opened file lies inside the directory at the moment it is opened, even if paths are
//!   exchanged meanwhile: `openat2` where available, else the real path is opened part by part without
//!   following links.
//! - On Windows, the real path is checked and then opened. An attacker who exchanges a directory in between
//!   is not stopped.
//! - An opened file is a regular file of limited length. Opening never blocks.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::system::file;

/// The links to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    /// Links that lead to a place inside the directory.
    Inside,
    /// None.
    #[cfg_attr(
        not(feature = "playback"),
        allow(dead_code, reason = "the player copies files")
    )]
    None,
}

/// An opened directory. Its path may later name another directory.
#[derive(Debug)]
pub(crate) struct Dir<'p> {
    path: &'p Path,
    kind: &'static str,
    #[cfg(unix)]
    handle: std::os::fd::OwnedFd,
}

impl<'p> Dir<'p> {
    /// Opens the directory at `path`, following links; errors call it `kind`.
    pub(crate) fn open(path: &'p Path, kind: &'static str) -> io::Result<Self> {
        #[cfg(unix)]
        let handle = unix::open_dir(rustix::fs::CWD, path, rustix::fs::OFlags::empty())?;
        Ok(Self {
            path,
            kind,
            #[cfg(unix)]
            handle,
        })
    }

    /// Opens the file at `relative` for reading: a regular file of at most `max_len` bytes.
    pub(crate) fn open_file(
        &self,
        relative: &Path,
        links: Links,
        max_len: u64,
    ) -> io::Result<File> {
        #[cfg(unix)]
        let file = unix::open_file(self, relative, links)?;
        #[cfg(not(unix))]
        let file = {
            let inside = self.real(relative, links)?;
            file::open_regular(&self.path.canonicalize()?.join(inside), max_len)?
        };
        file::check_regular(&file, max_len)?;
        Ok(file)
    }

    /// The real path of `relative`, relative to the directory's own real path.
    fn real(&self, relative: &Path, links: Links) -> io::Result<PathBuf> {
        let real = self.path.join(relative).canonicalize()?;
        let inside = real.strip_prefix(self.path.canonicalize()?);
        let inside = inside.map_err(|_| {
            let kind = self.kind;
            io::Error::other(format!("a link that leads out of {kind}"))
        })?;
        match links == Links::Inside || inside == relative {
            true => Ok(inside.to_owned()),
            false => Err(io::Error::other("a link, or in a directory that is a link")),
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::path::Path;

    use rustix::fs::{Mode, OFlags, Stat, fstat, openat, statat};

    use super::{Dir, Links};

    const FILE: OFlags = OFlags::RDONLY
        .union(OFlags::NONBLOCK)
        .union(OFlags::NOCTTY)
        .union(OFlags::CLOEXEC);
    /// Opens a directory to continue from; not for reading it.
    #[cfg(target_os = "linux")]
    const DIR: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    #[cfg(not(target_os = "linux"))]
    const DIR: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::CLOEXEC);

    pub(super) fn open_dir(at: impl AsFd, path: &Path, more: OFlags) -> io::Result<OwnedFd> {
        Ok(openat(at, path, DIR | more, Mode::empty())?)
    }

    pub(super) fn open_file(dir: &Dir<'_>, relative: &Path, links: Links) -> io::Result<File> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            let resolve = match links {
                Links::Inside => resolve,
                Links::None => resolve | ResolveFlags::NO_SYMLINKS,
            };
            // Falls back where `openat2` is missing, and for absolute links that lead inside, which it
            // refuses.
            if let Ok(file) = openat2(&dir.handle, relative, FILE, Mode::empty(), resolve) {
                return Ok(file.into());
            }
        }
        walk(dir, &dir.real(relative, links)?)
    }

    pub(super) fn walk(dir: &Dir<'_>, inside: &Path) -> io::Result<File> {
        let name = inside
            .file_name()
            .ok_or_else(|| io::Error::other("not a regular file"))?;
        let mut at = dir.handle.try_clone()?;
        for part in inside.parent().into_iter().flat_map(Path::components) {
            at = open_dir(&at, part.as_ref(), OFlags::NOFOLLOW)?;
        }
        Ok(openat(at, name, FILE | OFlags::NOFOLLOW, Mode::empty())?.into())
    }

    impl Dir<'_> {
        pub(crate) fn stat(&self) -> io::Result<Stat> {
            Ok(fstat(&self.handle)?)
        }

        /// Of the link itself, if `name` is one.
        pub(crate) fn stat_of(&self, name: &str) -> io::Result<Stat> {
            let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
            Ok(statat(&self.handle, name, flags)?)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    const MAX_LEN: u64 = 1 << 10;

    /// The content, or why there is none; checks that both ways to open agree.
    fn read(dir: &Path, relative: &str, links: Links) -> Result<String, String> {
        let dir = Dir::open(dir, "the directory").unwrap();
        let relative = Path::new(relative);
        let text = |file: io::Result<File>| {
            let mut text = String::new();
            let read = file.and_then(|file| {
                file::check_regular(&file, MAX_LEN)?;
                file.take(MAX_LEN).read_to_string(&mut text)
            });
            read.map(|_| text).map_err(|error| error.to_string())
        };
        let usual = text(dir.open_file(relative, links, MAX_LEN));
        let by_parts = dir.real(relative, links);
        let by_parts = text(by_parts.and_then(|inside| unix::walk(&dir, &inside)));
        assert_eq!(usual, by_parts, "{}", relative.display());
        usual
    }

    #[test]
    fn links_lead_to_what_is_inside_alone() {
        let ground = tempfile::tempdir().unwrap();
        let dir = ground.path().join("dir");
        fs::create_dir_all(dir.join("deep/er")).unwrap();
        fs::create_dir(ground.path().join("dir2")).unwrap();
        for (name, text) in [
            ("dir/file", "file"),
            ("dir/deep/er/file", "deep"),
            ("outside", "secret"),
            ("dir2/file", "secret"),
        ] {
            fs::write(ground.path().join(name), text).unwrap();
        }
        for (link, to) in [
            ("in", "deep/er/file"),
            ("up-and-in", "deep/../file"),
            ("out", "../outside"),
            ("beside", "../dir2/file"),
            ("deep/up", "../.."),
            ("round", "round"),
            ("null", "/dev/null"),
            ("self", "/proc/self/cwd"),
        ] {
            symlink(to, dir.join(link)).unwrap();
        }
        symlink(dir.join("file"), dir.join("absolute")).unwrap();
        symlink(ground.path().join("outside"), dir.join("absolute-out")).unwrap();
        let ok = |text: &str| Ok(text.to_owned());
        for (name, inside) in [
            ("file", ok("file")),
            ("deep/er/file", ok("deep")),
            ("in", ok("deep")),
            ("up-and-in", ok("file")),
            ("absolute", ok("file")),
            ("deep/up/dir/file", ok("file")),
        ] {
            assert_eq!(read(&dir, name, Links::Inside), inside, "{name}");
            let is_link = !matches!(name, "file" | "deep/er/file");
            assert_eq!(read(&dir, name, Links::None).is_err(), is_link, "{name}");
        }
        for name in [
            "out",
            "beside",
            "absolute-out",
            "deep/up/outside",
            "round",
            "null",
            "self/Cargo.toml",
            "../outside",
            "gone",
            "deep",
            "",
        ] {
            for links in [Links::Inside, Links::None] {
                read(&dir, name, links).expect_err(name);
            }
        }
    }

    #[test]
    fn only_a_regular_file_of_a_fair_size_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(dir.path().join("pipe"))
            .status();
        assert!(made.unwrap().success());
        fs::write(dir.path().join("large"), [b'x'; MAX_LEN as usize + 1]).unwrap();
        for (name, says) in [
            ("pipe", "not a regular file"),
            ("large", "larger than 1 KiB"),
        ] {
            let why = read(dir.path(), name, Links::Inside).unwrap_err();
            assert!(why.contains(says), "{name}: {why}");
        }
    }
}

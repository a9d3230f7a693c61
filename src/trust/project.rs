//! Projects: the scope of throttle keys, and whether to trust a project's files.
//!
//! In a directory that several users can write, one user could control the hooks of the others. As with git's
//! `safe.directory`, a project's file is trusted only if the project's directory, its `.git` and the file
//! belong to this user or root, or if the user's own config lists the project in `trusted_projects`.
//! Untrusted projects still scope throttle keys.
//!
//! On Windows, owners are not checked.

use std::error::Error;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::system::env::{Env, is_anchored};
use crate::system::file;
use crate::trust::beneath::{Dir, Links};

/// The limit for `trusted_projects`: each entry may cost a look at the disk.
pub(crate) const MAX_TRUSTED: usize = 100;

/// The hint for an untrusted project.
pub(crate) const TO_TRUST: &str =
    "to trust it, add the project to trusted_projects in your own config";

/// A project, and the entries of `trusted_projects`.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    trusted: Vec<Trusted>,
}

/// An entry of `trusted_projects`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trusted {
    /// `*`: every project.
    All,
    /// `DIR/*`: those below a directory.
    Below(PathBuf),
    /// The project in this directory.
    At(PathBuf),
}

/// Why a project's files are not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distrust(String);

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Distrust {}

impl Trusted {
    /// Parses an entry; none for a relative path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let (path, entry): (_, fn(PathBuf) -> Self) = match text.strip_suffix("/*") {
            Some("") => ("/", Self::Below),
            Some(dir) => (dir, Self::Below),
            None => (text, Self::At),
        };
        is_anchored(path).then(|| entry(path.into()))
    }

    /// With `~` and `$HOME` expanded; none if the home directory is unknown.
    pub(crate) fn expanded(&self, env: &Env) -> Option<Self> {
        let expand = |path: &PathBuf| {
            let path = path.to_str().map_or(path.clone(), |text| env.expand(text));
            path.is_absolute().then_some(path)
        };
        Some(match self {
            Self::All => Self::All,
            Self::Below(dir) => Self::Below(expand(dir)?),
            Self::At(dir) => Self::At(expand(dir)?),
        })
    }
}

impl fmt::Display for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Below(dir) if dir.parent().is_none() => f.write_str("/*"),
            Self::Below(dir) => write!(f, "{}/*", dir.display()),
            Self::At(dir) => dir.display().fmt(f),
        }
    }
}

impl Project {
    /// The project at `root`, with no entries in `trusted_projects`.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            trusted: Vec::new(),
        }
    }

    /// With the entries of the user's own config.
    #[must_use]
    pub(crate) fn trusting(mut self, trusted: Vec<Trusted>) -> Self {
        self.trusted = trusted;
        self
    }

    /// The project's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Why its files are not trusted, if they are not.
    pub fn distrust(&self) -> Option<Distrust> {
        let opened = Dir::open(&self.root, "the project");
        // A directory that cannot be opened has no files to trust.
        opened.ok().and_then(|dir| self.check(&dir).err())
    }

    /// Why its file at `path` is not trusted, if it is not.
    pub fn distrust_of(&self, path: &Path) -> Option<Distrust> {
        let of_file = || self.check_file(&fs::metadata(path).ok()?, path).err();
        self.distrust().or_else(of_file)
    }

    /// Opens a trusted regular file of the project for reading, of at most `max_len` bytes. A missing file
    /// costs one system call.
    ///
    /// # Errors
    ///
    /// Contains a [`Distrust`] if the file is not trusted.
    pub(crate) fn open(&self, path: &Path, links: Links, max_len: u64) -> io::Result<File> {
        file::exists(path)?;
        let relative = path.strip_prefix(&self.root);
        let relative = relative.map_err(|_| io::Error::other("outside the project"))?;
        let dir = Dir::open(&self.root, "the project")?;
        self.check(&dir).map_err(io::Error::other)?;
        let file = dir.open_file(relative, links, max_len)?;
        let metadata = file.metadata()?;
        self.check_file(&metadata, path).map_err(io::Error::other)?;
        Ok(file)
    }
}

#[cfg(not(unix))]
impl Project {
    fn check(&self, _: &Dir<'_>) -> Result<(), Distrust> {
        Ok(())
    }

    fn check_file(&self, _: &Metadata, _: &Path) -> Result<(), Distrust> {
        Ok(())
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::stat;

    use super::*;

    impl Project {
        /// Checks whether the project is trusted; `dir` is its directory.
        pub(super) fn check(&self, dir: &Dir<'_>) -> Result<(), Distrust> {
            let owned = |stat: io::Result<rustix::fs::Stat>, path: &Path| match stat {
                Ok(stat) => check_owner(stat.st_uid, path),
                // A missing `.git` has no owner to check.
                Err(_) => Ok(()),
            };
            let checked = owned(dir.stat(), &self.root)
                .and_then(|()| owned(dir.stat_of(".git"), &self.root.join(".git")));
            checked.or_else(|distrust| match self.is_listed(dir) {
                true => Ok(()),
                false => Err(distrust),
            })
        }

        /// Checks whether its file at `path` is trusted.
        pub(super) fn check_file(&self, file: &Metadata, path: &Path) -> Result<(), Distrust> {
            check_owner(file.uid(), path).or_else(|distrust| {
                let dir = Dir::open(&self.root, "the project");
                match dir.is_ok_and(|dir| self.is_listed(&dir)) {
                    true => Ok(()),
                    false => Err(distrust),
                }
            })
        }

        /// Whether the user's config lists the project. Compares the opened directory, because a link in its
        /// path may change its target at any time.
        pub(super) fn is_listed(&self, dir: &Dir<'_>) -> bool {
            let Ok(opened) = dir.stat() else { return false };
            let is_opened = |path: &Path| {
                let found = stat(path);
                found.is_ok_and(|found| {
                    (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino)
                })
            };
            let is_below = |above: &Path| {
                let real = self.root.canonicalize().ok();
                let real = real.filter(|real| is_opened(real));
                let above = above.canonicalize().ok();
                real.zip(above)
                    .is_some_and(|(real, above)| real != above && real.starts_with(above))
            };
            self.trusted.iter().any(|entry| match entry {
                Trusted::All => true,
                Trusted::Below(above) => is_below(above),
                Trusted::At(path) => is_opened(path),
            })
        }
    }

    fn check_owner(owner: u32, path: &Path) -> Result<(), Distrust> {
        let this_user = rustix::process::geteuid().as_raw();
        match owner == this_user || owner == 0 {
            true => Ok(()),
            false => {
                let path = path.display();
                let text = format!("{path} belongs to user {owner}, neither you nor root");
                Err(Distrust(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_absolute_paths() {
        let env = Env::of([("HOME", "/home/dev"), ("USERPROFILE", "/home/dev")]);
        for (text, expanded) in [
            ("*", "*"),
            ("/*", "/*"),
            ("/srv", "/srv"),
            ("/srv/*", "/srv/*"),
            ("/srv/a b", "/srv/a b"),
            ("~/work", "/home/dev/work"),
            ("~/*", "/home/dev/*"),
            ("$HOME", "/home/dev"),
            ("file:///srv", "/srv"),
        ] {
            let entry = Trusted::parse(text).unwrap();
            assert_eq!(entry.expanded(&env).unwrap().to_string(), expanded);
            let homeless = entry.expanded(&Env::of::<&str, &str>([]));
            assert_eq!(homeless.is_none(), text.starts_with(['~', '$']), "{text}");
        }
        for text in ["", "work", "./*", "**", "~other"] {
            assert_eq!(Trusted::parse(text), None, "{text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_entry_means_the_directory_and_not_a_name_that_leads_there_for_now() {
        let ground = tempfile::tempdir().unwrap();
        let (trusted, other) = (ground.path().join("trusted"), ground.path().join("other"));
        for dir in [&trusted, &other, &trusted.join("inner")] {
            fs::create_dir(dir).unwrap();
        }
        let link = ground.path().join("link");
        std::os::unix::fs::symlink(&trusted, &link).unwrap();
        let is_listed = |root: &Path, entry: Trusted| {
            let project = Project::at(root).trusting(vec![entry]);
            project.is_listed(&Dir::open(root, "the project").unwrap())
        };
        for (root, entry, expected) in [
            (&trusted, Trusted::At(trusted.clone()), true),
            (&link, Trusted::At(trusted.clone()), true),
            (&trusted, Trusted::At(link.clone()), true),
            (&other, Trusted::At(trusted.clone()), false),
            (&trusted.join("inner"), Trusted::At(trusted.clone()), false),
            (
                &trusted.join("inner"),
                Trusted::Below(trusted.clone()),
                true,
            ),
            (&trusted, Trusted::Below(trusted.clone()), false),
            (&other, Trusted::Below(trusted.clone()), false),
            (&other, Trusted::All, true),
        ] {
            assert_eq!(
                is_listed(root, entry.clone()),
                expected,
                "{} {entry}",
                root.display()
            );
        }
        // The path leads elsewhere after the directory was opened.
        let project = Project::at(&link).trusting(vec![Trusted::Below(ground.path().to_owned())]);
        let dir = Dir::open(&link, "the project").unwrap();
        assert!(project.is_listed(&dir));
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("/", &link).unwrap();
        assert!(!project.is_listed(&dir));
    }
}

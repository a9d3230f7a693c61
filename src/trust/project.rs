//! A project: what an event's key is scoped by, and whether its files count.
//!
//! A directory that several users may write to is not safe: what one of them puts there would rule the
//! hooks of all. As with git's `safe.directory`, files of a project count only if its directory, its
//! `.git` and the file itself belong to this user or to root, or if the user's own config lists the
//! project in `trusted_projects`. A project whose files do not count is a project all the same: keys are
//! scoped by it.
//!
//! On Windows owners are not looked at.

use std::error::Error;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::system::env::{Env, is_anchored};
use crate::system::file;
use crate::trust::beneath::{Dir, Links};

/// How many projects a config may list: each costs a look at the disk where an owner is another user.
pub(crate) const MAX_TRUSTED: usize = 100;

/// How to have a project's files count.
pub(crate) const TO_TRUST: &str =
    "to trust it, add the project to trusted_projects in your own config";

/// A project, and which ones the user trusts whoever owns them.
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
    /// The one in a directory.
    At(PathBuf),
}

/// Why a project's files do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distrust(String);

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Distrust {}

impl Trusted {
    /// What `text` means, unless it is a path that starts at some directory or other.
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

    /// With the home directory in place of what stands for it; none where that is unknown.
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
    /// The project at `root`, with nothing that the user has said of it.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            trusted: Vec::new(),
        }
    }

    /// With what the user's own config lists.
    #[must_use]
    pub(crate) fn trusting(mut self, trusted: Vec<Trusted>) -> Self {
        self.trusted = trusted;
        self
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Why its files do not count, if they do not.
    pub fn distrust(&self) -> Option<Distrust> {
        let opened = Dir::open(&self.root, "the project");
        // Nothing is there that could count.
        opened.ok().and_then(|dir| self.check(&dir).err())
    }

    /// Why the file at `path`, one of the project's, does not count, if it does not.
    pub fn distrust_of(&self, path: &Path) -> Option<Distrust> {
        let of_file = || self.check_file(&fs::metadata(path).ok()?, path).err();
        self.distrust().or_else(of_file)
    }

    /// Opens its file at `path` to read: a regular file inside it, of at most `max_len` bytes, which
    /// counts. What is not there costs one system call.
    ///
    /// # Errors
    ///
    /// A [`Distrust`] inside the error if it does not count.
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
        /// Whether the project in `dir`, its own directory, counts.
        pub(super) fn check(&self, dir: &Dir<'_>) -> Result<(), Distrust> {
            let owned = |stat: io::Result<rustix::fs::Stat>, path: &Path| match stat {
                Ok(stat) => check_owner(stat.st_uid, path),
                // What is not there belongs to nobody.
                Err(_) => Ok(()),
            };
            let checked = owned(dir.stat(), &self.root)
                .and_then(|()| owned(dir.stat_of(".git"), &self.root.join(".git")));
            checked.or_else(|distrust| match self.is_listed(dir) {
                true => Ok(()),
                false => Err(distrust),
            })
        }

        /// Whether the file that it has at `path` counts.
        pub(super) fn check_file(&self, file: &Metadata, path: &Path) -> Result<(), Distrust> {
            check_owner(file.uid(), path).or_else(|distrust| {
                let dir = Dir::open(&self.root, "the project");
                match dir.is_ok_and(|dir| self.is_listed(&dir)) {
                    true => Ok(()),
                    false => Err(distrust),
                }
            })
        }

        /// Whether the user's config lists it. By the directory that was opened: a link on the way to it
        /// may lead to a listed one now, and to another in a moment.
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
        // The name leads elsewhere after the directory was opened.
        let project = Project::at(&link).trusting(vec![Trusted::Below(ground.path().to_owned())]);
        let dir = Dir::open(&link, "the project").unwrap();
        assert!(project.is_listed(&dir));
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("/", &link).unwrap();
        assert!(!project.is_listed(&dir));
    }
}

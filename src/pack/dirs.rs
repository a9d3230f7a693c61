//! The locations of packs: `~/.openpeon/packs` for the user, `.openpeon/packs` in a project.
//!
//! A project is untrusted: its packs must lie inside it after following links. The user's own packs may be
//! links to any place.

use std::fs;
use std::path::{Path, PathBuf};

use super::{MANIFEST, Pack};
use crate::error::{Error, ErrorKind, Result};
use crate::system::env::Env;
use crate::trust::Owner;
use crate::trust::project::{Project, TO_TRUST};

/// Relative to the home directory, and to the project.
const PLACE: &str = ".openpeon/packs";
/// The longest name of a pack.
const MAX_NAME_LEN: usize = 64;
/// The number of entries of a directory that are examined.
const MAX_ENTRIES: usize = 10_000;

/// The directories to search for packs.
#[derive(Clone, Debug)]
pub struct PackDirs {
    user: Option<PathBuf>,
    project: Option<Project>,
}

/// A directory that may be a pack.
#[derive(Debug)]
pub struct Found {
    /// The name of its directory, by which it is used.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Where it is.
    pub dir: PathBuf,
    /// The pack, or why it cannot be used.
    pub pack: Result<Pack>,
}

/// Whether `name` is a valid pack name: up to 64 lower-case letters, digits, `_` and `-`, beginning with a
/// letter or digit.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= MAX_NAME_LEN
        && name.bytes().next().is_some_and(is_plain)
        && name
            .bytes()
            .all(|byte| is_plain(byte) || matches!(byte, b'_' | b'-'))
}

impl PackDirs {
    /// The directories of the user in `env` and of the project at `project_root`.
    pub fn new(env: &Env, project_root: Option<&Path>) -> Self {
        Self::of(env, project_root.map(Project::at))
    }

    /// As [`Self::new`], for `project`.
    pub(crate) fn of(env: &Env, project: Option<Project>) -> Self {
        let packs_in = |dir: &Path| dir.is_absolute().then(|| dir.join(PLACE));
        let user = env.home().as_deref().and_then(packs_in);
        // If the project is the home directory, its packs are the user's.
        let is_another =
            |root: &Path| packs_in(root).is_some_and(|dir| user.as_ref() != Some(&dir));
        let project = project.filter(|project| is_another(project.root()));
        Self { user, project }
    }

    /// The directory of the user's packs, which may not exist.
    pub fn user(&self) -> Option<&Path> {
        self.user.as_deref()
    }

    /// The directory of the pack called `name`: that of `named_by` first, then that of the other owner.
    pub fn find(&self, name: &str, named_by: Owner) -> Option<PathBuf> {
        let order = match named_by {
            Owner::User => [Owner::User, Owner::Project],
            Owner::Project => [Owner::Project, Owner::User],
        };
        let found = |owner| {
            let dir = self.dir_of(owner)?.join(name);
            let is_pack = dir.join(MANIFEST).is_file() && self.refusal(&dir, owner).is_none();
            is_pack.then_some(dir)
        };
        is_name(name).then(|| order.into_iter().find_map(found))?
    }

    /// All packs, sorted by name; the user's come before the project's.
    pub fn list(&self) -> Vec<Found> {
        let owners = [Owner::User, Owner::Project].into_iter();
        let mut found: Vec<_> = owners.flat_map(|owner| self.list_of(owner)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn list_of(&self, owner: Owner) -> Vec<Found> {
        let entries = self.dir_of(owner).and_then(|dir| fs::read_dir(dir).ok());
        let entries = entries.into_iter().flatten().take(MAX_ENTRIES);
        let dirs = entries.filter_map(|entry| Some(entry.ok()?.path()));
        // Names with a leading dot are reserved, for example for unfinished installations.
        let is_candidate = |dir: &PathBuf| {
            let name = dir.file_name().unwrap_or_default();
            !name.as_encoded_bytes().starts_with(b".") && dir.is_dir()
        };
        let found = |dir: PathBuf| {
            let name = dir.file_name().unwrap_or_default().to_string_lossy();
            Found {
                name: name.clone().into_owned(),
                owner,
                pack: self.open(&dir, &name, owner),
                dir,
            }
        };
        dirs.filter(is_candidate).map(found).collect()
    }

    fn open(&self, dir: &Path, name: &str, owner: Owner) -> Result<Pack> {
        let refuse = |why: &str| {
            let what = format!("cannot use the pack in {}", dir.display());
            Error::new(ErrorKind::Pack, what).because(why)
        };
        if !is_name(name) {
            return Err(refuse("invalid pack name")
                .with_hint("rename the directory; valid names: up to 64 of a-z, 0-9, _ and -"));
        }
        match self.refusal(dir, owner) {
            Some((why, hint)) => Err(refuse(&why).with_hint(hint)),
            None => Pack::open(dir),
        }
    }

    fn dir_of(&self, owner: Owner) -> Option<PathBuf> {
        match owner {
            Owner::User => self.user.clone(),
            Owner::Project => Some(self.project.as_ref()?.root().join(PLACE)),
        }
    }

    /// Why the pack in `dir` may not be used, and the hint: a project's pack must lie inside the project and
    /// be trusted.
    fn refusal(&self, dir: &Path, owner: Owner) -> Option<(String, &'static str)> {
        let project = self.project.as_ref().filter(|_| owner == Owner::Project)?;
        let real = dir
            .canonicalize()
            .and_then(|dir| Ok((dir, project.root().canonicalize()?)));
        if !real.is_ok_and(|(dir, root)| dir.starts_with(root)) {
            let why = "a link that leads out of the project";
            return Some((why.to_owned(), "replace the link with the pack itself"));
        }
        let distrust = project.distrust_of(&dir.join(MANIFEST))?;
        Some((distrust.to_string(), TO_TRUST))
    }
}

#[cfg(test)]
mod tests;

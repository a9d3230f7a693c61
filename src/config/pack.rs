//! The sound pack of a config, and the categories of events in it.

use std::path::PathBuf;

use super::key;
use super::model::{Config, NONE};
use crate::pack::{Pack, PackDirs, category};

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The name of the active sound pack.
    pub fn active_pack(&self) -> Option<&str> {
        let (name, _) = self.packs.active.as_ref()?;
        Some(name)
    }

    /// The directories of packs.
    pub fn pack_dirs(&self) -> PackDirs {
        self.packs.dirs.clone()
    }

    /// The directory of the active sound pack, if it exists. A pack set by a project's config is searched in
    /// the project first, others among the user's packs.
    pub fn active_pack_dir(&self) -> Option<PathBuf> {
        let (name, named_by) = self.packs.active.as_ref()?;
        self.packs.dirs.find(name, *named_by)
    }

    /// The category of `name` in sound packs: the configured one, else the usual one. A category is its own
    /// category.
    pub fn category(&self, name: &str) -> Option<&str> {
        let configured = self
            .rules_for(name)
            .find_map(|rule| rule.category.as_deref());
        if let Some(configured) = configured {
            return Some(configured).filter(|category| *category != NONE);
        }
        let (event, about) = key::split(name);
        let own = category::all().find(|category| *category == name);
        category::usual(event, about).or(own)
    }

    /// Whether the category of `name` is muted.
    pub fn is_category_muted(&self, name: &str) -> bool {
        let has_pack = self.packs.active.is_some() && !self.packs.muted.is_empty();
        has_pack
            && self
                .category(name)
                .is_some_and(|category| self.packs.muted.contains(category))
    }

    /// The active pack, and the category of `name` in it.
    pub(super) fn pack_for(&self, name: &str) -> Option<(Pack, &str)> {
        let category = self
            .category(name)
            .filter(|_| self.packs.active.is_some())?;
        let pack = Pack::open(&self.active_pack_dir()?).ok()?;
        Some((pack, category))
    }
}

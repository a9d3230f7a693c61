//! The active sound pack: which of its sounds an event has.

use std::path::PathBuf;

use super::key;
use super::model::{Config, NONE, Trust};
#[cfg(feature = "cli")]
use crate::pack::PackDirs;
use crate::pack::{Owner, Pack, category};
use crate::sound::Sound;

impl Config {
    /// The name of the active sound pack.
    pub fn active_pack(&self) -> Option<&str> {
        let (name, _) = self.packs.active.as_ref()?;
        Some(name)
    }

    /// Where packs are.
    #[cfg(feature = "cli")]
    pub(crate) fn pack_dirs(&self) -> PackDirs {
        self.packs.dirs.clone()
    }

    /// The directory of the active sound pack, if it is there. A pack that a project's config names
    /// is looked for in the project first, any other one among the user's own.
    pub fn active_pack_dir(&self) -> Option<PathBuf> {
        let (name, trust) = self.packs.active.as_ref()?;
        let named_by = match trust {
            Trust::User => Owner::User,
            Trust::Project => Owner::Project,
        };
        self.packs.dirs.find(name, named_by)
    }

    /// The category of `name` in sound packs: the configured one, else the usual one. A category
    /// is its own.
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

    /// Whether the category of `name` is not to be heard of the active pack.
    pub fn is_category_muted(&self, name: &str) -> bool {
        let has_pack = self.packs.active.is_some() && !self.packs.muted.is_empty();
        has_pack
            && self
                .category(name)
                .is_some_and(|category| self.packs.muted.contains(category))
    }

    /// The sounds of the active pack for `name` that may be played.
    pub(super) fn pack_sounds(&self, name: &str) -> Vec<Sound> {
        let Some(category) = self.category(name).filter(|_| self.packs.active.is_some()) else {
            return Vec::new();
        };
        let pack = self.active_pack_dir().and_then(|dir| Pack::open(&dir).ok());
        let files = pack.map(|pack| pack.sounds(category)).unwrap_or_default();
        let files = files.into_iter().filter(|file| file.to_str().is_some());
        files.map(Sound::File).collect()
    }
}

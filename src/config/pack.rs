//! The sound packs of a config, and the categories of events in them.

use std::path::PathBuf;

use super::key;
use super::model::{Config, NONE};
use super::pack_choice::{ActivePacks, Rotation};
use crate::agents::Agent;
use crate::pack::{Pack, PackDirs, category};
use crate::trust::project::Project;

/// The index of the public registry of CESP packs.
const REGISTRY: &str = "https://peonping.github.io/registry/index.json";

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The packs for an event of `agent`: those for the agent, else those for the project's directory (of
    /// several patterns the longest one's), else the active ones.
    pub fn packs_of(&self, agent: Option<&Agent>) -> Option<&ActivePacks> {
        let packs = &self.packs;
        let of_agent = || packs.by_agent.get(agent?.name);
        let of_path = || {
            let root = self.project().map(Project::root)?;
            let covering = packs.by_path.values();
            let covering = covering.filter(|(directories, _)| directories.cover(root));
            let longest = covering.max_by_key(|(directories, _)| directories.len());
            longest.map(|(_, packs)| packs)
        };
        let found = of_agent().or_else(of_path).or(packs.active.as_ref());
        found.filter(|packs| !packs.names.is_empty())
    }

    /// The packs for events of an agent that has none of its own.
    pub fn active_packs(&self) -> &[String] {
        let packs = self.packs_of(None);
        packs.map_or(&[], |packs| &packs.names[..])
    }

    /// The name of the active sound pack, the first of several.
    pub fn active_pack(&self) -> Option<&str> {
        self.active_packs().first().map(String::as_str)
    }

    /// Which of several packs plays a sound.
    pub const fn rotation(&self) -> Rotation {
        self.packs.rotation
    }

    /// The directories of packs.
    pub fn pack_dirs(&self) -> PackDirs {
        self.packs.dirs.clone()
    }

    /// The directory of the active sound pack, the first of several, if it exists.
    pub fn active_pack_dir(&self) -> Option<PathBuf> {
        self.pack_dir(self.packs_of(None)?, 0)
    }

    /// The directories of the active sound packs that exist.
    pub fn active_pack_dirs(&self) -> Vec<PathBuf> {
        let packs = self.packs_of(None);
        let dirs = packs.map(|packs| {
            let indices = 0..packs.names.len();
            indices
                .filter_map(|index| self.pack_dir(packs, index))
                .collect()
        });
        dirs.unwrap_or_default()
    }

    /// All packs that the config names, each with its key.
    pub(super) fn named_packs(&self) -> impl Iterator<Item = (Vec<&str>, &ActivePacks)> {
        let packs = &self.packs;
        let active = packs
            .active
            .iter()
            .map(|named| (vec!["packs", "active"], named));
        let of_agents = packs.by_agent.iter();
        let of_agents = of_agents.map(|(agent, named)| (vec!["packs", "by_agent", agent], named));
        let of_paths = packs.by_path.iter();
        let of_paths = of_paths.map(|(path, (_, named))| (vec!["packs", "by_path", path], named));
        active.chain(of_agents).chain(of_paths)
    }

    /// The directory of one of `packs`, if it exists. A pack set by a project's config is searched in the
    /// project first, others among the user's packs.
    pub(super) fn pack_dir(&self, packs: &ActivePacks, index: usize) -> Option<PathBuf> {
        self.packs
            .dirs
            .find(packs.names.get(index)?, packs.named_by)
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

    /// Whether the category of `name` is muted, while `agent` has a pack.
    pub fn is_category_muted(&self, name: &str, agent: &Agent) -> bool {
        let muted = &self.packs.muted;
        !muted.is_empty()
            && self.packs_of(Some(agent)).is_some()
            && self
                .category(name)
                .is_some_and(|category| muted.contains(category))
    }

    /// The index of the registry of packs.
    pub fn registry(&self) -> &str {
        self.packs.registry.as_deref().unwrap_or(REGISTRY)
    }

    /// Whether the sound that the manifest of `pack` calls `name` is muted.
    pub fn is_sound_muted(&self, pack: &str, name: &str) -> bool {
        let muted = &self.packs.muted_sounds;
        !muted.is_empty() && (muted.contains(name) || muted.contains(&format!("{pack}/{name}")))
    }

    /// One of `packs`, and the category of `name` in it.
    pub(super) fn pack_for(
        &self,
        name: &str,
        packs: &ActivePacks,
        index: usize,
    ) -> Option<(Pack, &str)> {
        let category = self.category(name)?;
        let pack = Pack::open(&self.pack_dir(packs, index)?).ok()?;
        Some((pack, category))
    }
}

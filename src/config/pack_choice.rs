//! Which sound packs a config chooses.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::directories::Directories;
use crate::pack::PackDirs;
use crate::trust::Owner;

/// Which of several packs plays a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// A random one, never the same twice in a row.
    #[default]
    Random,
    /// The next one.
    InTurn,
    /// One for each session.
    Session,
}

impl Rotation {
    /// Its name in a config.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::InTurn => "in_turn",
            Self::Session => "session",
        }
    }
}

/// The sound packs of a config. Those for a directory and for an agent are the user's.
#[derive(Clone, Debug)]
pub(super) struct Packs {
    pub(super) active: Option<ActivePacks>,
    pub(super) rotation: Rotation,
    /// By the name of the agent.
    pub(super) by_agent: BTreeMap<String, ActivePacks>,
    /// By the pattern as it is written.
    pub(super) by_path: BTreeMap<String, (Directories, ActivePacks)>,
    pub(super) muted: BTreeSet<String>,
    /// As the manifest names them, some after the name of their pack and a slash.
    pub(super) muted_sounds: BTreeSet<String>,
    pub(super) registry: Option<String>,
    pub(super) dirs: PackDirs,
}

/// Packs of which each sound takes one. Without a name there is no pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePacks {
    /// Their names.
    pub names: Vec<String>,
    /// Whose config names them.
    pub(super) named_by: Owner,
}

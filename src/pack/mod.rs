//! Sound packs of CESP 1.0: a directory with a manifest, `openpeon.json`, and sounds for categories of
//! events.
//!
//! Packs are untrusted. A pack can only make Herald play its own sound files, of at most [`MAX_SOUND_LEN`]
//! bytes. Whatever the manifest and links say, no file outside its directory is opened and nothing in it is
//! executed.
//!
//! Opening a pack reads the manifest. Locating a sound does not open it; the player checks its content. Hooks
//! do both for admitted events.

pub(crate) mod category;
#[cfg(feature = "editing")]
pub(crate) mod check;
mod dirs;
mod inside;
#[cfg(feature = "editing")]
pub(crate) mod install;
mod manifest;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[cfg(feature = "editing")]
pub(crate) use dirs::is_name;
pub use dirs::{Found, PackDirs};
#[cfg(feature = "editing")]
pub(crate) use manifest::MAX_LEN as MAX_MANIFEST_LEN;
pub use manifest::{Manifest, NAME as MANIFEST};

use crate::error::{Error, ErrorKind, Result};

/// The number of sounds examined per category.
const MAX_SOUNDS: usize = 1000;

/// How many directories a sound may be below the manifest of its pack.
#[cfg(feature = "playback")]
const MAX_DEPTH: usize = 8;

/// Whether the file at `path` is in a pack: a directory above it has a manifest.
#[cfg(feature = "playback")]
pub(crate) fn has(path: &Path) -> bool {
    let mut dirs = path.ancestors().skip(1).take(MAX_DEPTH);
    dirs.any(|dir| dir.join(MANIFEST).is_file())
}

/// A sound pack.
#[derive(Clone, Debug)]
pub struct Pack {
    root: PathBuf,
    manifest: Manifest,
}

impl Pack {
    /// Opens the pack in `dir`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pack`] if the manifest is missing or invalid. Other problems only cost the sounds
    /// concerned.
    pub fn open(dir: &Path) -> Result<Self> {
        let manifest = Manifest::read(dir)?;
        let root = dir.canonicalize().map_err(|error| {
            Error::new(ErrorKind::Pack, format!("cannot find {}", dir.display())).because(error)
        })?;
        Ok(Self { root, manifest })
    }

    /// The pack's directory, with links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The pack's manifest.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The names of the sounds for `category`, without duplicates, in the order of the manifest. They are not
    /// checked: call [`Self::playable`] for the chosen one.
    pub fn names(&self, category: &str) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let files = self.manifest.files(category).take(MAX_SOUNDS);
        files.filter(|file| seen.insert(*file)).collect()
    }

    /// The path of the sound that the manifest calls `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pack`] if it may not be played: it is missing, outside the pack, empty, or too large.
    pub fn playable(&self, name: &str) -> Result<PathBuf> {
        inside::sound(&self.root, name)
            .map(|located| located.real)
            .map_err(|flaw| {
                let what = format!(
                    "cannot play {name:?} of the pack in {}",
                    self.root.display()
                );
                Error::new(ErrorKind::Pack, what)
                    .with_hint(flaw.hint())
                    .because(format!("it {flaw}"))
            })
    }

    /// The playable sounds for `category`, in the order of the manifest.
    ///
    /// Checks all of them. [`Self::names`] and [`Self::playable`] check one.
    pub fn sounds(&self, category: &str) -> Vec<PathBuf> {
        let names = self.names(category).into_iter();
        names.filter_map(|name| self.playable(name).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    #[test]
    fn a_pack_has_the_sounds_that_may_be_played() {
        let dir = tempfile::tempdir().unwrap();
        let sound = |file: &str| json!({"file": file, "label": file});
        let manifest = json!({"categories": {"task.complete": {"sounds": [
            sound("sounds/b.wav"),
            sound("../a.wav"),
            sound("a.wav"),
            sound("sounds/b.wav"),
            sound("text.wav"),
        ]}}});
        fs::create_dir(dir.path().join("sounds")).unwrap();
        fs::write(dir.path().join(MANIFEST), manifest.to_string()).unwrap();
        fs::write(dir.path().join("text.wav"), "").unwrap();
        for name in ["a.wav", "sounds/b.wav"] {
            fs::write(dir.path().join(name), b"RIFF\0\0\0\0WAVEfmt ").unwrap();
        }

        let pack = Pack::open(dir.path()).unwrap();
        let root = dir.path().canonicalize().unwrap();
        assert_eq!(
            pack.sounds("task.complete"),
            [root.join("sounds/b.wav"), root.join("a.wav")]
        );
        assert_eq!(
            pack.names("task.complete"),
            ["sounds/b.wav", "../a.wav", "a.wav", "text.wav"]
        );
        assert!(pack.sounds("task.error").is_empty());
        let error = pack.playable("text.wav").unwrap_err().to_string();
        assert!(error.contains("it is empty"), "{error}");
    }

    #[cfg(feature = "playback")]
    #[test]
    fn a_file_is_in_a_pack_if_a_directory_above_it_has_a_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let pack = dir.path().join("packs/one");
        fs::create_dir_all(pack.join("sounds")).unwrap();
        fs::write(pack.join(MANIFEST), "{}").unwrap();
        assert!(has(&pack.join("a.wav")));
        assert!(has(&pack.join("sounds/a.wav")));
        assert!(!has(&dir.path().join("packs/a.wav")));
        assert!(!has(&dir.path().join("a.wav")));
    }

    #[test]
    fn a_million_sounds_are_not_all_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let sounds: Vec<_> = (0..5_000)
            .map(|n| json!({"file": format!("{n}.wav")}))
            .collect();
        let manifest = json!({"categories": {"task.error": {"sounds": sounds}}});
        fs::write(dir.path().join(MANIFEST), manifest.to_string()).unwrap();
        let pack = Pack::open(dir.path()).unwrap();
        assert_eq!(pack.names("task.error").len(), MAX_SOUNDS);
    }
}

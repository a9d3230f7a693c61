//! Sound packs, as CESP 1.0 has them: a directory with a manifest, `openpeon.json`, and sounds for
//! categories of events.
//!
//! A pack may be anybody's work. It can make Herald play sound files of its own, at most
//! [`MAX_SOUND_LEN`] long, and nothing else: no file outside its directory is opened, whatever the
//! manifest and links in the pack say, and nothing in it is run.
//!
//! Opening a pack reads its manifest; a sound is looked for when somebody asks for it, and not opened:
//! what it is, the player finds out. Hooks do both, for events that were admitted.

pub mod category;
#[cfg(feature = "editing")]
pub mod check;
mod dirs;
mod inside;
#[cfg(feature = "editing")]
pub mod install;
mod manifest;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use dirs::{Found, PackDirs, is_name};
pub use inside::MAX_SOUND_LEN;
pub use manifest::{MAX_LEN as MAX_MANIFEST_LEN, Manifest, NAME as MANIFEST};

use crate::error::{Error, ErrorKind, Result};

/// How many sounds of one category are looked at.
const MAX_SOUNDS: usize = 1000;

/// A sound pack.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its real path.
    root: PathBuf,
    manifest: Manifest,
}

impl Pack {
    /// Opens the pack in `dir`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pack`] if there is no manifest, or it cannot be understood. Anything else that
    /// is wrong only costs the sounds concerned.
    pub fn open(dir: &Path) -> Result<Self> {
        let manifest = Manifest::read(dir)?;
        let root = dir.canonicalize().map_err(|error| {
            Error::new(ErrorKind::Pack, format!("cannot find {}", dir.display())).because(error)
        })?;
        Ok(Self { root, manifest })
    }

    /// The pack's directory, without links on the way.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the pack says of itself.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The sounds for `category` as the manifest names them, each once, in its order. Nothing was
    /// looked at: whoever picks one asks [`Self::playable`] for it.
    pub fn names(&self, category: &str) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let files = self.manifest.files(category).take(MAX_SOUNDS);
        files.filter(|file| seen.insert(*file)).collect()
    }

    /// The path of the sound that the manifest calls `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pack`] if it may not be played: it is no file inside the pack, is empty, or too
    /// large.
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

    /// The sounds for `category` that may be played, in the manifest's order.
    ///
    /// This looks at every one of them. [`Self::names`] and [`Self::playable`] look at one.
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

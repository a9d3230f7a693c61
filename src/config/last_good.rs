//! Copies of the last valid version of each config file.
//!
//! # Purpose
//!
//! A hook that starts while a file is half written, or contains a mistake, still uses the last valid
//! settings. The player copies each valid file that hooks used; a process that cannot parse the file reads
//! the copy.
//!
//! # Invariants
//!
//! - A copy is complete: it is written under another name and renamed.
//! - A copy is trusted as much as its file.
//!
//! # Limits
//!
//! At most 64 copies are kept, the newest. They are deleted with the state directory. A file without a copy
//! is ignored if it is invalid.

use std::fs;
#[cfg(feature = "playback")]
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::text;
use crate::system::env::Env;
use crate::system::file;
use crate::system::state_dir;

#[cfg(feature = "playback")]
const MOST: usize = 64;
/// The name of the directory in the state directory.
const DIR: &str = "config";

/// The copies in a state directory.
#[derive(Debug)]
pub(crate) struct LastGood(PathBuf);

impl LastGood {
    /// The copies in the state directory of `env`, if it exists.
    pub(crate) fn of(env: &Env) -> Option<Self> {
        state_dir::existing(env).map(|dir| Self::new(&dir))
    }

    /// The copies in `state_dir`.
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self(state_dir.join(DIR))
    }

    /// The copy of the file at `path`.
    pub(crate) fn read(&self, path: &Path) -> Option<String> {
        let copy = self.copy_of(path);
        let metadata = fs::symlink_metadata(&copy).ok()?;
        file::check_file_of_ours(&metadata).ok()?;
        text::read(&copy).ok()
    }

    /// Stores `text` as the last valid version of the file at `path`.
    #[cfg(feature = "playback")]
    pub(crate) fn keep(&self, path: &Path, text: &str) -> io::Result<()> {
        if self.read(path).as_deref() == Some(text) {
            return Ok(());
        }
        fs::create_dir_all(&self.0)?;
        self.make_room()?;
        file::replace_own(&self.copy_of(path), text.as_bytes())
    }

    fn copy_of(&self, path: &Path) -> PathBuf {
        let hash = xxh3_64(path.as_os_str().as_encoded_bytes());
        self.0.join(format!("{hash:016x}.json"))
    }

    /// Removes the oldest copies above the limit, including leftovers of processes that died.
    #[cfg(feature = "playback")]
    fn make_room(&self) -> io::Result<()> {
        let entries = fs::read_dir(&self.0)?.filter_map(Result::ok);
        let mut copies: Vec<_> = entries
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        copies.sort();
        let too_many = (copies.len() + 1).saturating_sub(MOST);
        for (_, path) in copies.drain(..too_many) {
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "playback"))]
mod tests {
    use super::*;

    #[test]
    fn the_last_copy_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let copies = LastGood::new(dir.path());
        let path = Path::new("/home/dev/.config/herald/config.json");
        assert_eq!(copies.read(path), None);
        for text in ["{}", "{\"a\": 1}", "{\"a\": 1}"] {
            copies.keep(path, text).unwrap();
            assert_eq!(copies.read(path).as_deref(), Some(text));
        }
        assert_eq!(copies.read(Path::new("/another")), None);
        assert_eq!(fs::read_dir(dir.path().join(DIR)).unwrap().count(), 1);
    }

    #[test]
    fn the_oldest_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let copies = LastGood::new(dir.path());
        let path = |n: usize| PathBuf::from(format!("/project-{n}/.claude/herald.json"));
        for n in 0..3 * MOST {
            copies.keep(&path(n), "{}").unwrap();
        }
        assert_eq!(fs::read_dir(dir.path().join(DIR)).unwrap().count(), MOST);
        assert!(copies.read(&path(3 * MOST - 1)).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_copys_place_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let copies = LastGood::new(dir.path());
        let path = Path::new("/project/.claude/herald.json");
        copies.keep(path, "{}").unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, "{\"audio_settings\": {}}").unwrap();
        fs::remove_file(copies.copy_of(path)).unwrap();
        std::os::unix::fs::symlink(&elsewhere, copies.copy_of(path)).unwrap();
        assert_eq!(copies.read(path), None);
    }
}

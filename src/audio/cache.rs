//! Caches loaded clips.
//!
//! # Invariants
//!
//! - A changed file is loaded again: a clip is returned only while the file's identity, length and times
//!   equal those from before it was read.
//! - A file changed within [`RACY`] before it was read is not cached, because another change in the same tick
//!   of the file system's clock would be invisible. (Git calls such files racily clean.)
//! - The cached clips take at most the allowed number of bytes; clips that still play do not count. The least
//!   recently used is evicted first.
//! - A file that cannot be played is not tried again until it changes. This is cached even for a recently
//!   changed file, because completing a file changes its length or times.
//!
//! # Concurrency
//!
//! A mutex guards the list, and is never held while a file is read. If several threads request the same
//! sound, one loads it and the others wait. Only for the control side: the audio callback does not use the
//! cache.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::child::Decoder;
use super::clip::{Clip, Format};
use super::decode::Refusal;
use super::load::{Treatment, cannot_play, load_with};
use crate::error::Result;
use crate::sound::Sound;
use crate::system::file::Identity;

/// The coarsest resolution of a file system's clock (FAT).
const RACY: Duration = Duration::from_secs(2);
/// The size assumed for a file that cannot be played, in bytes.
const REFUSAL: usize = 1 << 10;

/// Loaded clips, shared by all users.
#[derive(Debug)]
pub struct ClipCache {
    limit: usize,
    decoder: Decoder,
    state: Mutex<State>,
    loaded: Condvar,
}

#[derive(Debug)]
struct State {
    /// The least recently used first.
    kept: Vec<Kept>,
    /// The sounds being loaded.
    loading: Vec<Wanted>,
}

/// A sound in a format.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    sound: Sound,
    format: Format,
    treatment: Treatment,
}

#[derive(Debug)]
struct Kept {
    wanted: Wanted,
    /// None for built-in sounds.
    stamp: Option<Stamp>,
    clip: std::result::Result<Arc<Clip>, Refusal>,
}

impl Kept {
    fn bytes(&self) -> usize {
        let clip = self.clip.as_ref();
        clip.map_or(REFUSAL, |clip| size_of_val(clip.samples()))
    }
}

impl ClipCache {
    /// A cache for `limit` bytes of samples. Without [`Self::decoded_by`], it only loads files in plain PCM
    /// WAV.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            decoder: Decoder::new(None),
            state: Mutex::new(State {
                kept: Vec::new(),
                loading: Vec::new(),
            }),
            loaded: Condvar::new(),
        }
    }

    /// Sets the decoder program for other files: `herald-player`, if it is installed.
    #[must_use]
    pub fn decoded_by(self, program: Option<PathBuf>) -> Self {
        let decoder = Decoder::new(program);
        Self { decoder, ..self }
    }

    /// `sound` in `format`; loads it if it is not cached, which may take long.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Sound`] if the file cannot be read or decoded.
    pub fn load(&self, sound: &Sound, format: Format) -> Result<Arc<Clip>> {
        self.load_treated(sound, format, Treatment::default())
    }

    /// As [`Self::load`], changed by `treatment`.
    ///
    /// # Errors
    ///
    /// Those of [`Self::load`].
    pub fn load_treated(
        &self,
        sound: &Sound,
        format: Format,
        treatment: Treatment,
    ) -> Result<Arc<Clip>> {
        let wanted = Wanted {
            sound: sound.clone(),
            format,
            treatment: treatment.of(sound),
        };
        let _turn = self.turn(&wanted);
        // Before reading the file, so that later changes are detected.
        let stamp = sound.path().map(Stamp::of);
        let stamp = stamp.map(|stamp| stamp.unwrap_or_default());
        if let Some(found) = self.find(&wanted, stamp) {
            return found.map_err(|refusal| cannot_play(sound, refusal));
        }
        let clip = load_with(sound, format, wanted.treatment, &self.decoder).map(Arc::new);
        let is_kept = match &clip {
            Ok(_) => stamp.is_none_or(|stamp| stamp.is_settled(SystemTime::now())),
            Err(refusal) => refusal.is_permanent(),
        };
        self.keep(is_kept.then(|| Kept {
            wanted: wanted.clone(),
            stamp,
            clip: clip.clone(),
        }));
        clip.map_err(|refusal| cannot_play(sound, refusal))
    }

    /// The size of the cached samples, in bytes.
    pub fn bytes(&self) -> usize {
        self.state().kept.iter().map(Kept::bytes).sum()
    }

    /// Waits until no other thread loads the same.
    fn turn(&self, wanted: &Wanted) -> Turn<'_> {
        let is_loading = |state: &mut State| state.loading.contains(wanted);
        let mut state = self
            .loaded
            .wait_while(self.state(), is_loading)
            .unwrap_or_else(PoisonError::into_inner);
        state.loading.push(wanted.clone());
        Turn(self, wanted.clone())
    }

    fn find(
        &self,
        wanted: &Wanted,
        stamp: Option<Stamp>,
    ) -> Option<std::result::Result<Arc<Clip>, Refusal>> {
        let kept = &mut self.state().kept;
        let place = kept.iter().position(|kept| kept.wanted == *wanted)?;
        let found = kept.remove(place);
        if found.stamp != stamp {
            return None;
        }
        let clip = found.clip.clone();
        kept.push(found);
        Some(clip)
    }

    fn keep(&self, new: Option<Kept>) {
        let Some(new) = new.filter(|new| new.bytes() <= self.limit) else {
            return;
        };
        let kept = &mut self.state().kept;
        kept.retain(|kept| kept.wanted != new.wanted);
        kept.push(new);
        let mut bytes: usize = kept.iter().map(Kept::bytes).sum();
        while bytes > self.limit {
            bytes -= kept.remove(0).bytes();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves the lists valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The exclusive right to load a sound.
struct Turn<'a>(&'a ClipCache, Wanted);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().loading.retain(|loading| *loading != self.1);
        self.0.loaded.notify_all();
    }
}

/// The identity and state of a file. The default is no file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    identity: Option<Identity>,
    len: u64,
    modified: Option<SystemTime>,
    /// Seconds and nanoseconds of the last status change, which also changes if a program resets the
    /// modification time.
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            identity: Some(Identity::at(path, &metadata)),
            len: metadata.len(),
            modified: metadata.modified().ok(),
            changed: changed(&metadata),
        })
    }

    /// Whether any change after `now` would be visible.
    fn is_settled(&self, now: SystemTime) -> bool {
        let age = self.modified.map(|modified| now.duration_since(modified));
        age.is_some_and(|age| age.is_ok_and(|age| age >= RACY))
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

#[cfg(test)]
mod tests;

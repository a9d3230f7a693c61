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
use super::load::{cannot_play, load_with};
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
    loading: Vec<(Sound, Format)>,
}

#[derive(Debug)]
struct Kept {
    sound: Sound,
    format: Format,
    /// None for built-in sounds.
    stamp: Option<Stamp>,
    clip: std::result::Result<Arc<Clip>, Refusal>,
}

impl Kept {
    fn is(&self, sound: &Sound, format: Format) -> bool {
        self.format == format && self.sound == *sound
    }

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
        let _turn = self.turn(sound, format);
        // Before reading the file, so that later changes are detected.
        let stamp = sound.path().map(Stamp::of);
        let stamp = stamp.map(|stamp| stamp.unwrap_or_default());
        if let Some(found) = self.find(sound, format, stamp) {
            return found.map_err(|refusal| cannot_play(sound, refusal));
        }
        let clip = load_with(sound, format, &self.decoder).map(Arc::new);
        let is_kept = match &clip {
            Ok(_) => stamp.is_none_or(|stamp| stamp.is_settled(SystemTime::now())),
            Err(refusal) => refusal.is_permanent(),
        };
        self.keep(is_kept.then(|| Kept {
            sound: sound.clone(),
            format,
            stamp,
            clip: clip.clone(),
        }));
        clip.map_err(|refusal| cannot_play(sound, refusal))
    }

    /// The size of the cached samples, in bytes.
    pub fn bytes(&self) -> usize {
        self.state().kept.iter().map(Kept::bytes).sum()
    }

    /// Waits until no other thread loads `sound` in `format`.
    fn turn(&self, sound: &Sound, format: Format) -> Turn<'_> {
        let wanted = (sound.clone(), format);
        let is_loading = |state: &mut State| state.loading.contains(&wanted);
        let mut state = self
            .loaded
            .wait_while(self.state(), is_loading)
            .unwrap_or_else(PoisonError::into_inner);
        state.loading.push(wanted.clone());
        Turn(self, wanted)
    }

    fn find(
        &self,
        sound: &Sound,
        format: Format,
        stamp: Option<Stamp>,
    ) -> Option<std::result::Result<Arc<Clip>, Refusal>> {
        let kept = &mut self.state().kept;
        let place = kept.iter().position(|kept| kept.is(sound, format))?;
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
        kept.retain(|kept| !kept.is(&new.sound, new.format));
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
struct Turn<'a>(&'a ClipCache, (Sound, Format));

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
mod tests {
    use std::fs::{self, File};
    use std::path::PathBuf;

    use super::*;
    use crate::sound::Chime;

    const FORMAT: Format = Format {
        rate: 48_000,
        channels: 1,
    };
    /// The size of one of the clips below, in bytes.
    const CLIP: usize = 4 * 100;

    struct Sounds(tempfile::TempDir);

    impl Sounds {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Writes a sound of 100 samples at `level`, created `age` ago.
        fn write(&self, name: &str, level: i16, age: Duration) -> Sound {
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: FORMAT.rate,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let path = self.path(name);
            let mut writer = hound::WavWriter::create(&path, spec).unwrap();
            (0..100).for_each(|_| writer.write_sample(level).unwrap());
            writer.finalize().unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
            Sound::File(path)
        }
    }

    const OLD: Duration = Duration::from_secs(60);

    #[test]
    fn a_sound_is_loaded_once_and_shared() {
        let sounds = Sounds::new();
        let cache = ClipCache::new(10 * CLIP);
        let sound = sounds.write("a.wav", 1_000, OLD);
        let [first, second] = [(); 2].map(|()| cache.load(&sound, FORMAT).unwrap());
        assert!(Arc::ptr_eq(&first, &second));
        let stereo = Format {
            channels: 2,
            ..FORMAT
        };
        let other = cache.load(&sound, stereo).unwrap();
        assert_eq!(other.format(), stereo);
        assert_eq!(cache.bytes(), 3 * CLIP);

        let cache = ClipCache::new(1 << 20);
        let chime = Sound::Chime(Chime::Finished);
        let [first, second] = [(); 2].map(|()| cache.load(&chime, FORMAT).unwrap());
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn a_changed_file_is_loaded_anew() {
        let sounds = Sounds::new();
        let cache = ClipCache::new(10 * CLIP);
        let level = |sound: &Sound| cache.load(sound, FORMAT).unwrap().samples()[0];
        let sound = sounds.write("a.wav", 8_192, OLD);
        assert_eq!(level(&sound), 0.25);
        // In place, with equal length and modification time: only the status change time differs.
        sounds.write("a.wav", 16_384, OLD);
        assert_eq!(level(&sound), 0.5);
        // By a new file of the same name.
        sounds.write("b.wav", 4_096, OLD);
        fs::rename(sounds.path("b.wav"), sounds.path("a.wav")).unwrap();
        assert_eq!(level(&sound), 0.125);
        assert_eq!(cache.bytes(), CLIP, "the older states are gone");
        fs::remove_file(sounds.path("a.wav")).unwrap();
        assert!(cache.load(&sound, FORMAT).is_err());
    }

    #[test]
    fn a_file_that_was_changed_just_now_is_not_kept() {
        let sounds = Sounds::new();
        let cache = ClipCache::new(10 * CLIP);
        let sound = sounds.write("new.wav", 1_000, Duration::ZERO);
        // One hour ahead, so that a slow test run does not make it old enough.
        let file = fs::File::options().write(true).open(sounds.path("new.wav"));
        let in_an_hour = SystemTime::now() + Duration::from_secs(3_600);
        file.unwrap().set_modified(in_an_hour).unwrap();
        cache.load(&sound, FORMAT).unwrap();
        assert_eq!(cache.bytes(), 0);
        let stamp = Stamp::of(&sounds.path("new.wav")).unwrap();
        assert!(!stamp.is_settled(in_an_hour + RACY / 2));
        assert!(stamp.is_settled(in_an_hour + RACY));
    }

    #[test]
    fn the_least_recently_used_makes_way() {
        let sounds = Sounds::new();
        let cache = ClipCache::new(2 * CLIP);
        let [a, b, c] = ["a", "b", "c"].map(|name| sounds.write(name, 1_000, OLD));
        let load = |sound| cache.load(sound, FORMAT).unwrap();
        let (first_a, first_b) = (load(&a), load(&b));
        load(&a);
        load(&c);
        assert_eq!(cache.bytes(), 2 * CLIP);
        assert!(Arc::ptr_eq(&load(&a), &first_a), "a was used after b");
        assert!(!Arc::ptr_eq(&load(&b), &first_b), "b made way for c");
    }

    #[test]
    fn clips_larger_than_the_cache_are_not_cached() {
        let sounds = Sounds::new();
        let cache = ClipCache::new(CLIP - 1);
        let sound = sounds.write("a.wav", 1_000, OLD);
        assert_eq!(cache.load(&sound, FORMAT).unwrap().frames(), 100);
        assert_eq!(cache.bytes(), 0);
    }
}

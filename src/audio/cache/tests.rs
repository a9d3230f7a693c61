//! Which clips are kept, and for how long.

use std::fs::{self, File};
use std::iter::repeat_n;
use std::path::PathBuf;

use super::*;
use crate::loudness::Target;
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
        self.write_samples(name, repeat_n(level, 100), age)
    }

    /// Writes half a second of 1 kHz with this peak.
    fn write_tone(&self, name: &str, peak: i16) -> Sound {
        let step = std::f32::consts::TAU * 1_000.0 / FORMAT.rate as f32;
        let samples = (0..24_000).map(|n| (f32::from(peak) * (step * n as f32).sin()) as i16);
        self.write_samples(name, samples, OLD)
    }

    fn write_samples(
        &self,
        name: &str,
        samples: impl Iterator<Item = i16>,
        age: Duration,
    ) -> Sound {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: FORMAT.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let path = self.path(name);
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        samples.for_each(|sample| writer.write_sample(sample).unwrap());
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
fn a_sound_is_loaded_once_for_each_treatment() {
    let sounds = Sounds::new();
    let tone = sounds.write_tone("tone.wav", 3_000);
    let chime = Sound::Chime(Chime::Finished);
    let cache = ClipCache::new(1 << 20);
    let peak = |clip: &Clip| clip.samples().iter().copied().fold(0.0, f32::max);
    // A tone of 3,000 of 32,768 on both loudspeakers: -20.8 LUFS.
    for (sound, lufs, turns_up, change_db) in [
        (&tone, -10, false, Some(0.0)),
        (&tone, -10, true, Some(10.8)),
        (&tone, -30, true, Some(-9.2)),
        (&tone, -30, false, Some(-9.2)),
        (&chime, -30, true, None),
    ] {
        let treatment = Treatment {
            loudness: Some(Target { lufs, turns_up }),
            ..Treatment::default()
        };
        let before = cache.load(sound, FORMAT).unwrap();
        let load = || cache.load_treated(sound, FORMAT, treatment).unwrap();
        let (after, again) = (load(), load());
        assert!(Arc::ptr_eq(&after, &again), "{sound} at {lufs}");
        assert_eq!(after.gain_db(), change_db, "{sound} at {lufs}");
        let heard_db = 20.0 * (peak(&after) / peak(&before)).log10();
        let change_db = change_db.unwrap_or_default();
        let off = (heard_db - change_db).abs();
        assert!(off < 0.1, "{sound} at {lufs}: {heard_db} dB");
    }
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

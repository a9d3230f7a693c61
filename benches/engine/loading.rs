//! Loading or generating a clip in the output's format.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use benches::median;
use herald_audio::internals::audio::{Clip, ClipCache, Format, Treatment, load};
use herald_audio::internals::loudness::Target;
use herald_audio::internals::sound::{Chime, Sound};

use super::mixers::RATE;

const FORMAT: Format = Format {
    rate: RATE,
    channels: 2,
};

/// A method of loading a sound.
type Load<'a> = (&'a str, Box<dyn Fn() -> usize + 'a>);

pub(crate) fn run(rounds: usize) {
    let dir = tempfile::tempdir().unwrap();
    let native = dir.path().join("native.wav");
    let other = dir.path().join("other.wav");
    write(&native, RATE);
    write(&other, 44_100);
    let file = Sound::File(native.clone());
    let resampled = Sound::File(other);
    let chime = Sound::Chime(Chime::Finished);
    let cache = ClipCache::new(1 << 20);
    // Old enough to be cached.
    let settled = fs::File::options().write(true).open(&native).unwrap();
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    settled.set_modified(hour_ago).unwrap();
    let samples = |clip: &Clip| clip.samples().len();
    let evenly = Treatment {
        loudness: Some(Target {
            lufs: -18,
            turns_up: true,
        }),
        ..Treatment::default()
    };
    let uncached = ClipCache::new(0);
    let ways: [Load<'_>; 8] = [
        ("a bulk read", Box::new(|| bulk_read(&native).len())),
        (
            "Herald",
            Box::new(|| samples(&load(&file, FORMAT).unwrap())),
        ),
        (
            "hound, sample by sample",
            Box::new(|| by_sample(&native).len()),
        ),
        (
            "Herald, from its cache",
            Box::new(|| samples(&cache.load(&file, FORMAT).unwrap())),
        ),
        (
            "Herald, from 44.1 kHz",
            Box::new(|| samples(&load(&resampled, FORMAT).unwrap())),
        ),
        (
            "Herald, at one loudness",
            Box::new(|| samples(&uncached.load_treated(&file, FORMAT, evenly).unwrap())),
        ),
        (
            "Herald, both",
            Box::new(|| samples(&uncached.load_treated(&resampled, FORMAT, evenly).unwrap())),
        ),
        (
            "Herald, a built-in sound",
            Box::new(|| samples(&load(&chime, FORMAT).unwrap())),
        ),
    ];
    let mut times: [Vec<f64>; 8] = Default::default();
    for round in 0..=rounds {
        for ((name, way), times) in ways.iter().zip(&mut times) {
            let start = Instant::now();
            let loaded = black_box(way());
            let time = start.elapsed().as_secs_f64() * 1e6;
            assert!(loaded > 40_000, "{name} loads nothing");
            if round > 0 {
                times.push(time);
            }
        }
    }
    println!("Loading a second of 16-bit stereo, in µs; and how many times the bulk read's\n");
    let medians = times.map(median);
    for ((name, _), time) in ways.iter().zip(medians) {
        println!("{name:28}{time:>10.0} ({:.2})", time / medians[0]);
    }
}

/// The lower bound: reads the file at once, and converts in one pass.
fn bulk_read(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let (samples, _) = bytes[44..].as_chunks::<2>();
    let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0;
    samples.iter().map(sample).collect()
}

fn by_sample(path: &Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let samples = reader.samples::<i16>();
    samples
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

fn write(path: &Path, rate: u32) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..2 * rate {
        writer.write_sample((n % 20_000) as i16 - 10_000).unwrap();
    }
    writer.finalize().unwrap();
}

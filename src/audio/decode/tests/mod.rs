//! Sound files of all kinds, and the result of decoding them.

mod compressed;
mod greedy;
#[cfg(feature = "more-formats")]
mod more_formats;
mod odd;
mod tails;
mod wav;

use std::path::PathBuf;

use super::bounds::MAX_SAMPLES;
use super::*;
use crate::audio::{Clip, Format};
use crate::error::Result;

/// The content of a fixture (tests/fixtures/sounds).
fn fixture(name: &str) -> Vec<u8> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sounds");
    std::fs::read(dir.join(name)).unwrap()
}

/// Every fixture that Herald plays.
const PLAYED: [&str; 12] = [
    "alaw.wav",
    "float64.wav",
    "ima-adpcm.wav",
    "mono-24.flac",
    "mono.mp3",
    "ms-adpcm.wav",
    "piped.wav",
    "six-24.wav",
    "six.ogg",
    "stereo-16.flac",
    "stereo-id3.mp3",
    "stereo.ogg",
];

/// Decodes `bytes`; does not catch a decoder's panic.
fn decoded(bytes: &[u8]) -> Result<Clip> {
    let clip = decode_or_panic(bytes)?;
    assert!(clip.frames() > 0);
    let is_sane = |sample: &f32| sample.abs() <= 1.0;
    assert!(clip.samples().iter().all(is_sane), "beyond full scale");
    Ok(clip)
}

/// The amplitude of `frequency`, in Hz, in channel `channel` of `clip`.
fn amplitude(clip: &Clip, channel: usize, frequency: f64) -> f64 {
    let channels = usize::from(clip.format().channels);
    let step = std::f64::consts::TAU * frequency / f64::from(clip.format().rate);
    let (mut sin, mut cos) = (0.0, 0.0);
    for (n, frame) in clip.samples().chunks_exact(channels).enumerate() {
        let sample = f64::from(frame[channel]);
        sin += sample * (step * n as f64).sin();
        cos += sample * (step * n as f64).cos();
    }
    2.0 * sin.hypot(cos) / clip.frames() as f64
}

/// Checks that the clip contains the fixtures' sine in each channel, within `tolerance`.
#[track_caller]
fn assert_sines(clip: &Clip, frequencies: &[f64], tolerance: f64) {
    assert_eq!(usize::from(clip.format().channels), frequencies.len());
    for (channel, own) in frequencies.iter().enumerate() {
        for frequency in frequencies {
            let expected = if frequency == own { 0.5 } else { 0.0 };
            let found = amplitude(clip, channel, *frequency);
            assert!(
                (found - expected).abs() < tolerance,
                "channel {channel}, {frequency} Hz: {found}, not {expected}"
            );
        }
    }
}

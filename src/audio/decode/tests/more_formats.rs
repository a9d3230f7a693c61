//! AIFF, Core Audio and MPEG-4, compared with what ffmpeg was given.

use super::*;

const LOSSLESS: [(&str, &[f64]); 5] = [
    ("stereo.aiff", &[440.0, 880.0]),
    ("mono-sowt.aifc", &[440.0]),
    ("mono-24.caf", &[440.0]),
    ("stereo-alac.caf", &[440.0, 880.0]),
    ("stereo-alac.m4a", &[440.0, 880.0]),
];
const AAC: &str = "stereo-aac.m4a";

#[test]
fn lossless_formats_give_every_sample() {
    for (name, frequencies) in LOSSLESS {
        let clip = decoded(&fixture(name)).unwrap();
        assert_eq!(
            (clip.format().rate, clip.frames()),
            (44_100, 2_205),
            "{name}"
        );
        let frames = clip.samples().chunks_exact(frequencies.len());
        for (n, frame) in frames.enumerate() {
            for (sample, frequency) in frame.iter().zip(frequencies) {
                let sine = (std::f64::consts::TAU * frequency * n as f64 / 44_100.0).sin();
                let expected = (16_383.5 * sine).round() / 32_768.0;
                let off = (f64::from(*sample) - expected).abs();
                assert!(off < 1e-5, "{name}, frame {n}: {sample}, not {expected}");
            }
        }
    }
}

/// ffmpeg decodes as many frames: without the 1,024 that the encoder added before the sound, with the rest of the
/// last packet after it.
#[test]
fn aac_begins_with_the_sound() {
    let clip = decoded(&fixture(AAC)).unwrap();
    assert_eq!((clip.format().rate, clip.frames()), (44_100, 11_264));
    assert_sines(&clip, &[440.0, 880.0], 0.03);
    let peak = |frames: &[f32]| {
        frames
            .iter()
            .fold(0.0f32, |peak, sample| peak.max(sample.abs()))
    };
    assert!(
        peak(&clip.samples()[..2 * 441]) > 0.3,
        "silence at the beginning"
    );
}

#[test]
fn a_truncated_or_damaged_file_plays_or_is_refused() {
    let names = LOSSLESS.iter().map(|(name, _)| *name).chain([AAC]);
    for name in names {
        let file = fixture(name);
        let whole = decoded(&file).unwrap().frames();
        for len in (0..file.len()).step_by(97) {
            if let Ok(clip) = decoded(&file[..len]) {
                assert!(clip.frames() <= whole, "{name}, {len} bytes");
            }
        }
        for at in 0..file.len().min(900) {
            let mut file = file.clone();
            file[at] ^= 0xFF;
            let _ = decode_or_panic(&file);
        }
    }
}

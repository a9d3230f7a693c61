//! The built-in sounds, generated in a few hundred bytes of code.
//!
//! Each note is the sum of some partials: sines that decay exponentially, the higher ones faster and softer. An attack
//! avoids a click at the start, and a release one at the end. A theme is a timbre with its own notes; a sound is
//! equally loud in all of them (EBU R 128).

use std::f64::consts::TAU;

use super::clip::{Clip, Format};
use crate::sound::{Chime, Theme};

/// A note: start (s), index in [`SCALE`], level (1 is full).
struct Note(f64, usize, f64);

/// How notes sound.
struct Timbre {
    /// Frequency relative to the note's, level, and time to decay to 1/e (s).
    partials: [(f64, f64, f64); 3],
    attack_s: f64,
    release_s: f64,
}

/// Ratios of a free bar tuned as a marimba's: 1 : 3.93 : 9.24 (Fletcher & Rossing, The Physics of Musical
/// Instruments, ch. 19).
const MARIMBA: Timbre = Timbre {
    partials: [(1.0, 1.0, 0.16), (3.93, 0.22, 0.05), (9.24, 0.05, 0.02)],
    attack_s: 0.004,
    release_s: 0.030,
};

const SOFT: Timbre = Timbre {
    partials: [(1.0, 1.0, 0.32), (2.0, 0.22, 0.16), (3.0, 0.05, 0.08)],
    attack_s: 0.020,
    release_s: 0.120,
};

/// A sound: its notes, its length (s), and its peak level at volume 1.
type Score = (&'static [Note], f64, f32);

/// The frequencies of notes in Hz, from C4 to A6 in equal temperament: a scale without B, so no two notes are a
/// tritone apart, and variations of sounds by some steps harmonise.
const SCALE: [f64; 18] = [
    261.626, 293.665, 329.628, 349.228, 391.995, 440.0, 523.251, 587.330, 659.255, 698.456,
    783.991, 880.0, 1046.502, 1174.659, 1318.510, 1396.913, 1567.982, 1760.0,
];

const F4: usize = 3;
const G4: usize = 4;
const A4: usize = 5;
const C5: usize = 6;
const D5: usize = 7;
const E5: usize = 8;
const G5: usize = 10;
const A5: usize = 11;
const C6: usize = 12;

const fn marimba(chime: Chime) -> Score {
    match chime {
        // Two equal knocks.
        Chime::Attention => (
            &[Note(0.0, A5, 1.0), Note(0.16, A5, 0.8), Note(0.16, E5, 0.6)],
            0.70,
            0.5,
        ),
        // Rising.
        Chime::Finished => (
            &[Note(0.0, E5, 0.8), Note(0.11, G5, 0.8), Note(0.22, C6, 1.0)],
            0.85,
            0.5,
        ),
        // Falling, low.
        Chime::Failed => (&[Note(0.0, A4, 1.0), Note(0.18, F4, 1.0)], 0.75, 0.5),
        // One light tap.
        Chime::Started => (&[Note(0.0, C5, 0.6), Note(0.05, G5, 0.7)], 0.45, 0.5),
        // Short and quiet.
        Chime::Tick => (&[Note(0.0, G5, 1.0)], 0.08, 0.2),
        Chime::Tock => (&[Note(0.0, C5, 1.0)], 0.08, 0.2),
    }
}

const fn soft(chime: Chime) -> Score {
    match chime {
        // Rising: a question.
        Chime::Attention => (&[Note(0.0, E5, 0.8), Note(0.16, A5, 1.0)], 0.95, 0.401),
        // Resolved: from the dominant to the tonic.
        Chime::Finished => (
            &[
                Note(0.0, G4, 0.5),
                Note(0.0, D5, 0.7),
                Note(0.18, C5, 1.0),
                Note(0.18, E5, 0.6),
            ],
            0.99,
            0.519,
        ),
        // Falling, low.
        Chime::Failed => (&[Note(0.0, A4, 1.0), Note(0.22, F4, 1.0)], 0.99, 0.394),
        // One note.
        Chime::Started => (&[Note(0.0, C5, 1.0)], 0.60, 0.353),
        // Short and quiet.
        Chime::Tick => (&[Note(0.0, G5, 1.0)], 0.15, 0.158),
        Chime::Tock => (&[Note(0.0, C5, 1.0)], 0.15, 0.163),
    }
}

/// Generates `chime` in mono at `rate` frames per second, its notes `steps` higher in their scale.
pub(super) fn make(chime: Chime, theme: Theme, rate: u32, steps: i8) -> Clip {
    let (timbre, (notes, seconds, peak)) = match theme {
        Theme::Marimba => (MARIMBA, marimba(chime)),
        Theme::Soft => (SOFT, soft(chime)),
    };
    let rate_hz = f64::from(rate);
    let mut samples = vec![0.0; (seconds * rate_hz) as usize];
    for &Note(start, note, level) in notes {
        let note = note.saturating_add_signed(steps.into());
        let frequency = SCALE[note.min(SCALE.len() - 1)];
        let first = (start * rate_hz) as usize;
        for (multiple, partial_level, decay) in timbre.partials {
            let frequency = frequency * multiple;
            if frequency < rate_hz / 2.0 {
                let level = level * partial_level;
                let attack = timbre.attack_s * rate_hz;
                strike(
                    &mut samples[first..],
                    rate_hz,
                    frequency,
                    level,
                    decay,
                    attack,
                );
            }
        }
    }
    release(&mut samples, timbre.release_s * rate_hz);
    normalise(&mut samples, peak);
    Clip::new(Format { rate, channels: 1 }, samples)
}

/// Adds one partial: `frequency` in Hz, `decay` in seconds, `attack` in frames.
fn strike(samples: &mut [f32], rate: f64, frequency: f64, level: f64, decay: f64, attack: f64) {
    // A sine by rotation: four multiplications per sample, and no drift within a second.
    let (sin, cos) = (TAU * frequency / rate).sin_cos();
    let fade = (-1.0 / (decay * rate)).exp();
    let (mut x, mut y) = (level, 0.0);
    for (n, sample) in samples.iter_mut().enumerate() {
        let attack = ((n as f64 + 1.0) / attack).min(1.0);
        *sample += (y * attack) as f32;
        (x, y) = ((x * cos - y * sin) * fade, (x * sin + y * cos) * fade);
    }
}

fn release(samples: &mut [f32], frames: f64) {
    let len = samples.len();
    let first = len.saturating_sub(frames as usize);
    for (n, sample) in samples[first..].iter_mut().enumerate() {
        *sample *= 1.0 - (n as f32 + 1.0) / (len - first) as f32;
    }
}

fn normalise(samples: &mut [f32], to: f32) {
    let peak = samples
        .iter()
        .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        samples.iter_mut().for_each(|sample| *sample *= to / peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::clip::peak;
    use crate::audio::loudness::level;
    use crate::variation::{VARIATIONS, Variation};

    /// All built-in sounds.
    fn all() -> impl Iterator<Item = (Chime, Theme)> {
        let themes = |chime| Theme::ALL.map(|theme| (chime, theme));
        Chime::ALL.into_iter().flat_map(themes)
    }

    #[test]
    fn every_chime_sounds_starts_softly_and_ends_in_silence() {
        for (chime, theme) in all() {
            for rate in [8_000, 44_100, 48_000, 192_000] {
                let clip = make(chime, theme, rate, 0);
                let samples = clip.samples();
                let peak = peak(samples);
                assert!(
                    (0.1..0.53).contains(&peak),
                    "{chime:?} of {theme:?} at {rate} Hz peaks at {peak}"
                );
                assert!(samples[0].abs() < 0.05 && samples[samples.len() - 1].abs() < 1e-3);
                let seconds = clip.duration().as_secs_f64();
                let is_step = matches!(chime, Chime::Tick | Chime::Tock);
                let usual = if is_step { 0.05..0.2 } else { 0.3..1.0 };
                assert!(usual.contains(&seconds), "{chime:?} lasts {seconds} s");
            }
        }
    }

    #[test]
    fn neighbouring_samples_never_jump() {
        for (chime, theme) in all() {
            let clip = make(chime, theme, 48_000, 0);
            let pairs = clip.samples().windows(2);
            let jump = pairs.fold(0.0f32, |most, pair| most.max((pair[1] - pair[0]).abs()));
            assert!(
                jump < 0.2,
                "{chime:?} of {theme:?} jumps by {jump}: a click"
            );
        }
    }

    #[test]
    fn chimes_can_be_told_apart() {
        let clips: Vec<_> = all()
            .map(|(chime, theme)| make(chime, theme, 48_000, 0))
            .collect();
        for (n, clip) in clips.iter().enumerate() {
            assert!(!clips[..n].contains(clip), "number {n} is there twice");
        }
    }

    #[test]
    fn a_chime_is_equally_loud_in_each_theme() {
        let levels = Chime::ALL.map(|chime| {
            let lufs = Theme::ALL.map(|theme| {
                let clip = make(chime, theme, 48_000, 0);
                level(&clip.with_channels(2)).unwrap().lufs
            });
            (chime, lufs)
        });
        let mut levels_differ = levels
            .iter()
            .map(|(_, lufs)| (lufs[0] - lufs[1]).abs() > 0.2);
        assert!(!levels_differ.any(|differs| differs), "in LUFS: {levels:?}");
    }

    /// In each theme attention ends higher than failure, which falls; and soft attention rises.
    #[test]
    fn families_have_their_direction_in_each_theme() {
        let ends = |(notes, ..): Score| (notes[0].1, notes[notes.len() - 1].1);
        for score in [marimba, soft] {
            let (first, last) = ends(score(Chime::Failed));
            assert!(last < first);
            let (first, last) = ends(score(Chime::Finished));
            assert!(last > first);
        }
        let (first, last) = ends(soft(Chime::Attention));
        assert!(last > first);
    }

    /// No note leaves the scale, and each keeps its distance to the others.
    #[test]
    fn a_variation_moves_all_notes() {
        for (chime, theme) in all() {
            for Variation { steps, .. } in VARIATIONS {
                let score = if theme == Theme::Soft { soft } else { marimba };
                let (notes, ..) = score(chime);
                let mut moved = notes
                    .iter()
                    .map(|note| note.1.checked_add_signed(steps.into()));
                let is_in_scale = |note: Option<usize>| note.is_some_and(|note| note < SCALE.len());
                assert!(moved.all(is_in_scale), "{chime:?} of {theme:?} by {steps}");
                let is_same = make(chime, theme, 48_000, steps) == make(chime, theme, 48_000, 0);
                assert_eq!(is_same, steps == 0, "{chime:?} of {theme:?} by {steps}");
            }
        }
        let semitones = |one: f64, two: f64| 12.0 * (two / one).log2();
        let steps = SCALE.windows(2).map(|pair| semitones(pair[0], pair[1]));
        let expected = [2.0, 2.0, 1.0, 2.0, 2.0, 3.0].into_iter().cycle();
        for (step, expected) in steps.zip(expected) {
            assert!((step - expected).abs() < 1e-4, "{step}, not {expected}");
        }
    }
}

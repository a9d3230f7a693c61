//! The built-in sounds, generated: tones of a struck bar in a few hundred bytes of code.
//!
//! Each note is the sum of the first partials of a struck bar: sines that decay exponentially, the higher
//! ones faster and softer, like a marimba. A short attack avoids a click at the start, and a release over the
//! last 30 ms at the end.

use std::f64::consts::TAU;

use super::clip::{Clip, Format};
use crate::sound::Chime;

/// A note: start (s), frequency (Hz), level (1 is full).
struct Note(f64, f64, f64);

/// A partial: frequency relative to the note's, level, and time to decay to 1/e (s).
///
/// Ratios of a free bar tuned as a marimba's: 1 : 3.93 : 9.24 (Fletcher & Rossing, The Physics of Musical
/// Instruments, ch. 19).
const PARTIALS: [(f64, f64, f64); 3] = [(1.0, 1.0, 0.16), (3.93, 0.22, 0.05), (9.24, 0.05, 0.02)];

const ATTACK_S: f64 = 0.004;
const RELEASE_S: f64 = 0.030;
/// Peak level at volume 1: -6 dB below full scale.
const PEAK: f32 = 0.5;

// Equal temperament, A4 = 440 Hz.
const A4: f64 = 440.0;
const C5: f64 = 523.251;
const E5: f64 = 659.255;
const G5: f64 = 783.991;
const A5: f64 = 880.0;
const C6: f64 = 1046.502;
const F4: f64 = 349.228;

const fn notes(chime: Chime) -> (&'static [Note], f64) {
    match chime {
        // Two equal knocks.
        Chime::Attention => (
            &[Note(0.0, A5, 1.0), Note(0.16, A5, 0.8), Note(0.16, E5, 0.6)],
            0.70,
        ),
        // Rising.
        Chime::Finished => (
            &[Note(0.0, E5, 0.8), Note(0.11, G5, 0.8), Note(0.22, C6, 1.0)],
            0.85,
        ),
        // Falling, low.
        Chime::Failed => (&[Note(0.0, A4, 1.0), Note(0.18, F4, 1.0)], 0.75),
        // One light tap.
        Chime::Started => (&[Note(0.0, C5, 0.6), Note(0.05, G5, 0.7)], 0.45),
    }
}

/// Generates `chime` in mono at `rate` frames per second.
pub(super) fn make(chime: Chime, rate: u32) -> Clip {
    let (notes, seconds) = notes(chime);
    let rate_hz = f64::from(rate);
    let mut samples = vec![0.0; (seconds * rate_hz) as usize];
    for &Note(start, frequency, level) in notes {
        let first = (start * rate_hz) as usize;
        for (multiple, partial_level, decay) in PARTIALS {
            let frequency = frequency * multiple;
            if frequency < rate_hz / 2.0 {
                strike(
                    &mut samples[first..],
                    rate_hz,
                    frequency,
                    level * partial_level,
                    decay,
                );
            }
        }
    }
    release(&mut samples, RELEASE_S * rate_hz);
    normalise(&mut samples);
    Clip::new(Format { rate, channels: 1 }, samples)
}

/// Adds one partial: `frequency` in Hz, `decay` in seconds.
fn strike(samples: &mut [f32], rate: f64, frequency: f64, level: f64, decay: f64) {
    // A sine by rotation: four multiplications per sample, and no drift within a second.
    let (sin, cos) = (TAU * frequency / rate).sin_cos();
    let fade = (-1.0 / (decay * rate)).exp();
    let (mut x, mut y) = (level, 0.0);
    for (n, sample) in samples.iter_mut().enumerate() {
        let attack = ((n as f64 + 1.0) / (ATTACK_S * rate)).min(1.0);
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

fn normalise(samples: &mut [f32]) {
    let peak = samples
        .iter()
        .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        samples.iter_mut().for_each(|sample| *sample *= PEAK / peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chime_sounds_starts_softly_and_ends_in_silence() {
        for chime in Chime::ALL {
            for rate in [8_000, 44_100, 48_000, 192_000] {
                let clip = make(chime, rate);
                let samples = clip.samples();
                let peak = samples
                    .iter()
                    .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
                assert!(
                    (peak - PEAK).abs() < 1e-4,
                    "{chime:?} at {rate} Hz peaks at {peak}"
                );
                assert!(samples[0].abs() < 0.05 && samples[samples.len() - 1].abs() < 1e-3);
                let seconds = clip.duration().as_secs_f64();
                assert!((0.3..1.0).contains(&seconds), "{chime:?} lasts {seconds} s");
            }
        }
    }

    #[test]
    fn neighbouring_samples_never_jump() {
        for chime in Chime::ALL {
            let clip = make(chime, 48_000);
            let jump = clip
                .samples()
                .windows(2)
                .fold(0.0f32, |most, pair| most.max((pair[1] - pair[0]).abs()));
            assert!(jump < 0.2, "{chime:?} jumps by {jump}: a click");
        }
    }

    #[test]
    fn chimes_can_be_told_apart() {
        for (n, a) in Chime::ALL.into_iter().enumerate() {
            for b in &Chime::ALL[n + 1..] {
                assert_ne!(make(a, 48_000), make(*b, 48_000));
            }
        }
    }
}

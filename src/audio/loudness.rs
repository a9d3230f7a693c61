//! Measures how loud clips are, and brings them to one loudness, when they are loaded.
//!
//! # Rules
//!
//! - The integrated loudness of EBU R 128 (ITU-R BS.1770), as it is heard in the clip's own format. A mono clip
//!   counts as if both loudspeakers played it.
//! - A clip that is shorter than a measuring block, 400 ms, is measured as if silence followed: a short sound
//!   is perceived as softer than a long one of the same level, and silence at the end of a file changes nothing.
//! - A clip below the gate of the standard, -70 LUFS, is silence, and stays as it is.
//! - Its true peak, oversampled four times, stays below [`MAX_PEAK_DB`]: a sound with high peaks stays softer.

use ebur128::{Channel, EbuR128, Mode};

use super::clip::{Clip, Format, peak};
use crate::loudness::{Level, MAX_PEAK_DB, Target};

/// The most by which a signal between samples exceeds them, as a factor: the sum of the magnitudes of the
/// interpolation filter's coefficients is 1.87.
const MAX_OVERSHOOT: f32 = 1.9;
/// The number of frames by which the interpolation filter lags.
const LAG: usize = 16;

/// How loud `clip` is; none if it is silent.
pub(super) fn level(clip: &Clip) -> Option<Level> {
    Some(Level {
        lufs: lufs(clip)?,
        peak_db: decibels(true_peak(clip)?),
    })
}

/// Brings `clip` to the loudness of `target`.
pub(super) fn at(clip: Clip, target: Target) -> Clip {
    let Some(lufs) = lufs(&clip) else {
        return clip;
    };
    let wanted_db = target.wanted_db(lufs);
    // Measuring the true peak takes longer than all the rest, and is seldom necessary.
    let highest_db = decibels(peak(clip.samples()) * MAX_OVERSHOOT);
    let gain_db = match highest_db + wanted_db > MAX_PEAK_DB {
        true => true_peak(&clip).map_or(0.0, |peak| {
            let peak_db = decibels(peak);
            target.gain_db(Level { lufs, peak_db })
        }),
        false => wanted_db,
    };
    clip.turned_by(gain_db)
}

fn lufs(clip: &Clip) -> Option<f32> {
    let format = clip.format();
    let mut meter = meter(format, Mode::I)?;
    meter.add_frames_f32(clip.samples()).ok()?;
    // A block is four times 100 ms in whole frames.
    let block = 4 * (format.rate as usize / 10 + 1);
    let rest = block.saturating_sub(clip.frames()) * usize::from(format.channels);
    meter.add_frames_f32(&vec![0.0; rest]).ok()?;
    let lufs = meter.loudness_global().ok()?;
    lufs.is_finite().then_some(lufs as f32)
}

fn true_peak(clip: &Clip) -> Option<f32> {
    let format = clip.format();
    let mut meter = meter(format, Mode::TRUE_PEAK)?;
    meter.add_frames_f32(clip.samples()).ok()?;
    let rest = LAG * usize::from(format.channels);
    meter.add_frames_f32(&vec![0.0; rest]).ok()?;
    let peaks = (0..format.channels.into()).filter_map(|channel| meter.true_peak(channel).ok());
    Some(peaks.fold(0.0, f64::max) as f32)
}

/// None for a format that cannot be measured, such as one with a hundred channels.
fn meter(format: Format, mode: Mode) -> Option<EbuR128> {
    let mut meter = EbuR128::new(format.channels.into(), format.rate, mode).ok()?;
    if format.channels == 1 {
        meter.set_channel(0, Channel::DualMono).ok()?;
    }
    Some(meter)
}

fn decibels(factor: f32) -> f32 {
    20.0 * factor.log10()
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;
    use std::iter::repeat_n;

    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 48_000;
    const STEREO: Format = Format {
        rate: RATE,
        channels: 2,
    };
    const UP_AND_DOWN: Target = Target {
        lufs: -18,
        turns_up: true,
    };

    /// `left` on both channels.
    fn stereo(left: impl IntoIterator<Item = f32>) -> Clip {
        let samples = left.into_iter().flat_map(|sample| [sample; 2]);
        Clip::new(STEREO, samples.collect())
    }

    fn tone(hertz: f32, peak: f32, ms: usize) -> impl Iterator<Item = f32> {
        let frames = 0..ms * RATE as usize / 1_000;
        frames.map(move |n| peak * (TAU * hertz * n as f32 / RATE as f32).sin())
    }

    fn factor(db: f32) -> f32 {
        10f32.powf(db / 20.0)
    }

    /// EBU Tech 3341, case 1.
    #[test]
    fn a_tone_of_known_loudness_is_measured_right() {
        let tone = || tone(1_000.0, factor(-23.0), 3_000);
        let mono = Format {
            channels: 1,
            ..STEREO
        };
        for clip in [stereo(tone()), Clip::new(mono, tone().collect())] {
            let level = level(&clip).unwrap();
            assert!((level.lufs + 23.0).abs() < 0.1, "{level:?}");
            assert!((level.peak_db + 23.0).abs() < 0.1, "{level:?}");
        }
    }

    #[test]
    fn silence_after_a_short_sound_changes_nothing_and_silence_alone_stays() {
        let short = level(&stereo(tone(1_000.0, 0.5, 100))).unwrap();
        let silence = repeat_n(0.0, RATE as usize);
        let long = level(&stereo(tone(1_000.0, 0.5, 100).chain(silence))).unwrap();
        assert!((short.lufs - long.lufs).abs() < 0.1, "{short:?} {long:?}");
        // A quarter of a block.
        let whole = level(&stereo(tone(1_000.0, 0.5, 400))).unwrap();
        assert!(
            (whole.lufs - short.lufs - 6.0).abs() < 0.2,
            "{short:?} {whole:?}"
        );

        for silent in [
            stereo(repeat_n(0.0, 100)),
            stereo([]),
            stereo(repeat_n(1e-5, 100)),
        ] {
            assert_eq!(level(&silent), None);
            assert_eq!(at(silent.clone(), UP_AND_DOWN), silent);
        }
    }

    /// At a quarter of the rate, half-way between the extremes, each sample is 3 dB below the signal's peak.
    #[test]
    fn peaks_between_samples_count() {
        let signal = |n: usize| {
            let fade = (TAU * n as f32 / 2_000.0).sin().powi(2);
            fade * (TAU * (n as f32 / 4.0 + 0.125)).sin()
        };
        // Short, so that it is not too loud.
        let clip = stereo((0..1_000).map(signal));
        let own_file = Target {
            lufs: -6,
            turns_up: false,
        };
        let played = at(clip.clone(), own_file);
        let gain = played.samples()[1_000] / clip.samples()[1_000];
        assert!((decibels(gain) - MAX_PEAK_DB).abs() < 0.2, "{gain}");
    }

    /// The highest peak between samples: all of the filter's coefficients with their signs.
    #[test]
    fn the_bound_for_peaks_between_samples_holds() {
        let sign = |n: usize| if n.is_multiple_of(2) { 1.0 } else { -1.0 };
        let worst = (0..40).map(sign).chain((1..40).map(sign));
        let clip = stereo(worst);
        assert_eq!(peak(clip.samples()), 1.0);
        let peak = true_peak(&clip).unwrap();
        assert!((1.8..MAX_OVERSHOOT).contains(&peak), "{peak}");
    }

    /// Some notes with an overtone and noise, which fade.
    fn sound() -> impl Strategy<Value = Vec<f32>> {
        let note = (80.0f32..4_000.0, 0.0f32..0.5, 200usize..500, 0.0f32..1.0);
        let notes = prop::collection::vec(note, 1..5);
        notes.prop_map(|notes| {
            let mut state = 1u32;
            let mut samples = Vec::new();
            for (hertz, noise, ms, fade) in notes {
                let len = ms * RATE as usize / 1_000;
                let with_overtone = tone(hertz, 0.6, ms).zip(tone(2.0 * hertz, 0.3, ms));
                samples.extend(with_overtone.enumerate().map(|(n, (low, high))| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let random = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
                    (low + high + noise * random) * (-fade * n as f32 / len as f32).exp()
                }));
            }
            samples
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn a_pack_of_sounds_from_40_to_6_below_is_evenly_loud(
            sounds in prop::collection::vec((sound(), -40.0f32..-6.0), 2..5),
        ) {
            let mut loudnesses = Vec::new();
            for (samples, lufs) in sounds {
                let clip = stereo(samples);
                let gain = factor(lufs - level(&clip).unwrap().lufs);
                let clip = stereo(clip.samples().iter().step_by(2).map(|sample| sample * gain));
                let before = level(&clip).unwrap();
                prop_assert!((before.lufs - lufs).abs() < 0.2, "{before:?}, not {lufs}");
                let after = level(&at(clip, UP_AND_DOWN)).unwrap();
                prop_assert!(after.peak_db <= MAX_PEAK_DB + 0.01, "{after:?}");
                loudnesses.push(after.lufs);
            }
            let spread = |of: fn(f32, f32) -> f32| loudnesses.iter().copied().reduce(of).unwrap();
            prop_assert!(spread(f32::max) - spread(f32::min) <= 1.0, "{loudnesses:?}");
        }
    }
}

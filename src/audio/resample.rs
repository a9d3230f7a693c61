//! Another sample rate, once, when a sound is loaded: never in the audio callback.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::clip::{Clip, Format};
use crate::error::{Error, ErrorKind, Result};

/// Frames a step, at least: the longer, the sharper the filter.
const CHUNK: usize = 1024;

/// `clip` at `rate` frames a second.
pub(super) fn to_rate(clip: Clip, rate: u32) -> Result<Clip> {
    let Format {
        rate: from,
        channels,
    } = clip.format();
    if from == rate || clip.frames() == 0 {
        return Ok(clip);
    }
    let cannot = |error: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Sound,
            format!("cannot convert {from} Hz to {rate} Hz"),
        )
        .because(error.to_string())
    };
    let channels_in = usize::from(channels);
    // In double precision: the transforms would otherwise add noise at -120 dB.
    let samples: Vec<f64> = clip.samples().iter().copied().map(f64::from).collect();
    let input = InterleavedSlice::new(&samples, channels_in, clip.frames())
        .map_err(|error| cannot(&error))?;
    let mut resampler = Fft::<f64>::new_custom(
        from as usize,
        rate as usize,
        chunk(from, rate),
        1,
        channels_in,
        WindowFunction::BlackmanHarris2,
        FixedSync::Input,
    )
    .map_err(|error| cannot(&error))?;
    let output = resampler
        .process_all(&input, clip.frames(), None)
        .map_err(|error| cannot(&error))?;
    // Its own account of the length is rounded.
    let frames = (clip.frames() as u64 * u64::from(rate)).div_ceil(u64::from(from));
    let samples = output.take_data();
    let samples = samples.iter().take(frames as usize * channels_in);
    let samples = samples.map(|sample| *sample as f32).collect();
    Ok(Clip::new(Format { rate, channels }, samples))
}

/// Frames a step from one rate to the other. The resampler works in blocks of the shortest time
/// that is whole frames of both, and delays by half a block: an even number of those, or the delay
/// would be half a frame off.
fn chunk(from: u32, to: u32) -> usize {
    let unit = (from / gcd(from, to)) as usize;
    unit * CHUNK.div_ceil(unit).next_multiple_of(2)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(frequency: f64, rate: u32, frames: usize) -> Vec<f32> {
        let step = TAU * frequency / f64::from(rate);
        (0..frames)
            .map(|n| (0.5 * (step * n as f64).sin()) as f32)
            .collect()
    }

    /// Signal to noise of a tone that was brought from one rate to another, in decibels; away from
    /// the edges, where there is no sound on one side to interpolate from.
    fn signal_to_noise(frequency: f64, from: u32, to: u32) -> f64 {
        let format = Format {
            rate: from,
            channels: 1,
        };
        let clip = Clip::new(format, sine(frequency, from, from as usize));
        let resampled = to_rate(clip, to).unwrap();
        assert_eq!(resampled.format().rate, to);
        assert_eq!(resampled.frames(), to as usize);
        let expected = sine(frequency, to, to as usize);
        let (mut signal, mut noise) = (0.0, 0.0);
        let pairs = expected.iter().zip(resampled.samples());
        for (expected, found) in pairs.skip(to as usize / 4).take(to as usize / 2) {
            signal += f64::from(*expected).powi(2);
            noise += f64::from(expected - found).powi(2);
        }
        10.0 * (signal / noise).log10()
    }

    #[test]
    fn a_tone_keeps_its_pitch_length_and_purity() {
        for (from, to) in [
            (44_100, 48_000),
            (48_000, 44_100),
            (22_050, 48_000),
            (32_000, 48_000),
            (96_000, 48_000),
            (192_000, 44_100),
        ] {
            for frequency in [1_000.0, 10_000.0] {
                // Above this a rate has no room for the tone and the filter.
                if frequency > 0.45 * f64::from(from.min(to)) {
                    continue;
                }
                let snr = signal_to_noise(frequency, from, to);
                assert!(snr >= 120.0, "{frequency} Hz, {from} to {to}: {snr:.0} dB");
                println!("{frequency} Hz, {from} to {to}: {snr:.0} dB");
            }
        }
    }

    #[test]
    fn the_first_and_the_last_frame_are_not_lost() {
        for (from, to) in [
            (44_100u32, 48_000u32),
            (48_000, 44_100),
            (8_000, 48_000),
            (96_000, 48_000),
        ] {
            for frames in [1usize, 10, 441, 1_024, 5_000] {
                let format = Format {
                    rate: from,
                    channels: 2,
                };
                let steady = Clip::new(format, vec![0.5; 2 * frames]);
                let resampled = to_rate(steady, to).unwrap();
                let expected = (frames as u64 * u64::from(to)).div_ceil(from.into());
                assert_eq!(
                    resampled.frames() as u64,
                    expected,
                    "{frames} frames, {from} to {to}"
                );
                let samples = resampled.samples();
                // The last frame that is not beyond the last one of the input.
                let last = (frames as u64 - 1) * u64::from(to) / u64::from(from);
                for frame in [0, last as usize] {
                    let edge = samples[2 * frame];
                    assert!(
                        edge > 0.2,
                        "{frames} frames, {from} to {to}: {edge} at {frame}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_same_rate_and_silence_stay_as_they_are() {
        let clip = Clip::new(
            Format {
                rate: 8_000,
                channels: 1,
            },
            vec![0.5; 3],
        );
        assert_eq!(to_rate(clip.clone(), 8_000).unwrap(), clip);
        let nothing = Clip::new(
            Format {
                rate: 8_000,
                channels: 2,
            },
            vec![],
        );
        assert_eq!(to_rate(nothing, 48_000).unwrap().frames(), 0);
    }
}

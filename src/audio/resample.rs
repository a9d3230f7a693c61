//! Another sample rate, once, when a sound is loaded: never in the audio callback.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::clip::{Clip, Format};
use crate::error::{Error, ErrorKind, Result};

/// Frames a step; the quality does not depend on it.
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
    let input = InterleavedSlice::new(clip.samples(), channels_in, clip.frames())
        .map_err(|error| cannot(&error))?;
    let mut resampler = Fft::<f32>::new(
        from as usize,
        rate as usize,
        CHUNK,
        channels_in,
        FixedSync::Input,
    )
    .map_err(|error| cannot(&error))?;
    let output = resampler
        .process_all(&input, clip.frames(), None)
        .map_err(|error| cannot(&error))?;
    Ok(Clip::new(Format { rate, channels }, output.take_data()))
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

    #[test]
    fn a_tone_keeps_its_pitch_length_and_purity() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (22_050, 48_000)] {
            let clip = Clip::new(
                Format {
                    rate: from,
                    channels: 1,
                },
                sine(1_000.0, from, from as usize),
            );
            let resampled = to_rate(clip, to).unwrap();
            assert_eq!(resampled.format().rate, to);
            assert!(
                resampled.frames().abs_diff(to as usize) <= 1,
                "rounding aside"
            );
            // Away from the edges, where there is no sound on one side to interpolate from.
            let expected = sine(1_000.0, to, to as usize);
            let middle = to as usize / 4..to as usize * 3 / 4;
            let (mut signal, mut noise) = (0.0, 0.0);
            for n in middle {
                signal += f64::from(expected[n]).powi(2);
                noise += f64::from(expected[n] - resampled.samples()[n]).powi(2);
            }
            let snr = 10.0 * (signal / noise).log10();
            assert!(snr > 110.0, "{from} to {to} Hz: {snr:.0} dB");
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

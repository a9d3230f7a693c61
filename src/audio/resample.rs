//! Resamples a sound when it is loaded, never in the audio callback.
//!
//! # Limits
//!
//! Sounds are processed in pieces of at most twice [`MAX_UNIT`] frames, so memory does not grow with their
//! length.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use crate::error::Cause;

/// The minimum number of frames per step; longer steps have sharper filters.
const CHUNK: usize = 1024;
/// The limit for the shortest time that is a whole number of frames at both rates, in frames. Rates above it
/// are replaced by the nearest rates within it, which differ by less than 1/30,000: a twentieth of a cent.
const MAX_UNIT: u64 = 1 << 15;

/// Resamples a sound in pieces.
pub(super) struct Resampler {
    /// Numbers of input and output frames of equal duration.
    unit: (u64, u64),
    channels: usize,
    fft: Fft<f64>,
    /// Input for the next step. In double precision: otherwise the transforms would add noise at -120 dB.
    input: Vec<f64>,
    output: Vec<f64>,
    /// The number of input frames.
    taken: u64,
    /// The number of output frames.
    given: u64,
    /// The number of silent frames still to skip: the delay of the filter.
    delay: usize,
}

impl Resampler {
    /// Converts from `from` to `to` frames per second, with `channels` channels.
    pub(super) fn new(from: u32, to: u32, channels: u16) -> Result<Self, Cause> {
        let channels = usize::from(channels);
        let unit = ratio(from, to);
        let fft = Fft::<f64>::new_custom(
            unit.0 as usize,
            unit.1 as usize,
            chunk(unit.0 as usize),
            1,
            channels,
            WindowFunction::BlackmanHarris2,
            FixedSync::Input,
        )?;
        Ok(Self {
            unit,
            channels,
            input: Vec::with_capacity(fft.input_frames_max() * channels),
            output: vec![0.0; fft.output_frames_max() * channels],
            taken: 0,
            given: 0,
            delay: fft.output_delay(),
            fft,
        })
    }

    /// Processes `samples`, whole frames, and passes finished output to `out`.
    pub(super) fn push(
        &mut self,
        mut samples: &[f32],
        mut out: impl FnMut(&[f32]) -> Result<(), Cause>,
    ) -> Result<(), Cause> {
        self.taken += (samples.len() / self.channels) as u64;
        while !samples.is_empty() {
            let room = self.step_len() - self.input.len();
            let (now, later) = samples.split_at(room.min(samples.len()));
            self.input.extend(now.iter().copied().map(f64::from));
            samples = later;
            if self.input.len() == self.step_len() {
                self.step(u64::MAX, &mut out)?;
            }
        }
        Ok(())
    }

    /// Passes the rest to `out`: in total exactly the length of the sound.
    pub(super) fn finish(
        mut self,
        mut out: impl FnMut(&[f32]) -> Result<(), Cause>,
    ) -> Result<(), Cause> {
        let frames = (self.taken * self.unit.1).div_ceil(self.unit.0);
        while self.given < frames {
            self.input.resize(self.step_len(), 0.0);
            self.step(frames, &mut out)?;
        }
        Ok(())
    }

    /// The number of input samples of a step.
    fn step_len(&self) -> usize {
        self.fft.input_frames_next() * self.channels
    }

    /// Processes the input of a step; at most `most` output frames in total.
    fn step(
        &mut self,
        most: u64,
        mut out: impl FnMut(&[f32]) -> Result<(), Cause>,
    ) -> Result<(), Cause> {
        let channels = self.channels;
        let input = InterleavedSlice::new(&self.input, channels, self.input.len() / channels)?;
        let room = self.output.len() / channels;
        let mut output = InterleavedSlice::new_mut(&mut self.output, channels, room)?;
        let (_, made) = self.fft.process_into_buffer(&input, &mut output, None)?;
        self.input.clear();
        let left_out = self.delay.min(made);
        self.delay -= left_out;
        let fits = usize::try_from(most - self.given).unwrap_or(usize::MAX);
        let end = made.min(left_out.saturating_add(fits));
        let samples = &self.output[left_out * channels..end * channels];
        let samples: Vec<f32> = samples.iter().map(|sample| *sample as f32).collect();
        self.given += (end - left_out) as u64;
        out(&samples)
    }
}

/// The input and output frames of a step. The resampler works in blocks of the shortest common time and
/// delays by half a block, so the number of blocks is even; else the delay would be off by half a frame.
fn chunk(unit: usize) -> usize {
    unit * CHUNK.div_ceil(unit).next_multiple_of(2)
}

/// `from` and `to` as a reduced fraction; where that exceeds [`MAX_UNIT`], the last convergent of the
/// continued fraction that does not.
fn ratio(from: u32, to: u32) -> (u64, u64) {
    let (mut a, mut b) = (u64::from(from), u64::from(to));
    let (mut old, mut new) = ((0, 1), (1, 0));
    while b > 0 {
        let whole = a / b;
        (a, b) = (b, a % b);
        let next = (whole * new.0 + old.0, whole * new.1 + old.1);
        if next.0.max(next.1) > MAX_UNIT {
            break;
        }
        (old, new) = (new, next);
    }
    new
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

    /// Resamples `samples` in pieces of `frames` frames.
    fn resampled(samples: &[f32], channels: u16, from: u32, to: u32, frames: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to, channels).unwrap();
        let mut out = Vec::new();
        for piece in samples.chunks(frames * usize::from(channels)) {
            let keep = |piece: &[f32]| {
                out.extend_from_slice(piece);
                Ok(())
            };
            resampler.push(piece, keep).unwrap();
        }
        let keep = |piece: &[f32]| {
            out.extend_from_slice(piece);
            Ok(())
        };
        resampler.finish(keep).unwrap();
        out
    }

    /// The signal-to-noise ratio of a resampled tone, in decibels, away from the edges, where interpolation
    /// lacks one side.
    fn signal_to_noise(frequency: f64, from: u32, to: u32) -> f64 {
        let tone = sine(frequency, from, from as usize);
        let resampled = resampled(&tone, 1, from, to, 1_000);
        assert_eq!(resampled.len(), to as usize);
        let expected = sine(frequency, to, to as usize);
        let (mut signal, mut noise) = (0.0, 0.0);
        let pairs = expected.iter().zip(&resampled);
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
                // Above this, a rate has no room for the tone and the filter.
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
                let samples = resampled(&vec![0.5; 2 * frames], 2, from, to, frames);
                let expected = (frames as u64 * u64::from(to)).div_ceil(from.into());
                assert_eq!(
                    samples.len() as u64,
                    2 * expected,
                    "{frames} frames, {from} to {to}"
                );
                // The last frame within the input.
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
    fn pieces_of_any_length_make_the_same_sound() {
        let sound = sine(1_000.0, 44_100, 20_000);
        let whole = resampled(&sound, 2, 44_100, 48_000, 10_000);
        for frames in [1, 147, 2_352, 2_353, 9_999] {
            let pieces = resampled(&sound, 2, 44_100, 48_000, frames);
            assert_eq!(pieces, whole, "{frames} frames a piece");
        }
    }

    #[test]
    fn rates_that_have_little_in_common_keep_their_pitch_in_short_steps() {
        for from in [11_127, 47_999, 95_999, 383_999] {
            let unit = ratio(from, 48_000);
            assert!(unit.0.max(unit.1) <= MAX_UNIT, "{from} Hz: {unit:?}");
            let exact = f64::from(from) / 48_000.0;
            let off = unit.0 as f64 / unit.1 as f64 / exact - 1.0;
            assert!(
                off.abs() < 1.0 / 30_000.0,
                "{from} Hz: {unit:?} is {off} off"
            );
        }
        assert_eq!(ratio(44_100, 48_000), (147, 160));
        assert_eq!(ratio(192_000, 48_000), (4, 1));
        let tone = sine(1_000.0, 383_999, 383_999);
        let resampled = resampled(&tone, 1, 383_999, 48_000, 4_096);
        let expected = sine(1_000.0, 48_000, 24_000);
        let pairs = expected.iter().zip(&resampled).skip(1_000);
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.05, "{worst}");
    }
}

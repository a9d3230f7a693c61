//! Renders samples in a device's callback. On the real-time side, under its lints.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::disallowed_macros,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

use std::sync::Arc;
use std::time::Duration;

use ::cpal::{FromSample, Sample};

use super::meter::Meter;
use crate::audio::Format;
use crate::engine::Renderer;
use crate::sync::Ordering::Relaxed;

/// The period to request from devices, in frames: 10 ms at 48 kHz.
pub(super) const PERIOD_FRAMES: u32 = 480;
pub(super) const PERIOD: Duration = Duration::from_millis(10);

/// Samples rendered at once: a period of eight channels.
const SCRATCH: usize = PERIOD_FRAMES as usize * 8;

/// Renders in the device's sample type, and updates the meter.
pub(super) struct Pull {
    renderer: Renderer,
    scratch: [f32; SCRATCH],
    /// The used part of the scratch buffer: whole frames.
    used: usize,
    format: Format,
    meter: Arc<Meter>,
}

impl Pull {
    pub(super) fn new(renderer: Renderer, format: Format, meter: Arc<Meter>) -> Self {
        let channels = usize::from(format.channels).max(1);
        Self {
            renderer,
            scratch: [0.0; SCRATCH],
            used: SCRATCH.saturating_sub(SCRATCH.checked_rem(channels).unwrap_or_default()),
            format,
            meter,
        }
    }

    /// Fills `out`, of any length; its first frame is played in `ahead`, as reported by the system.
    pub(super) fn fill<T: Sample + FromSample<f32>>(&mut self, out: &mut [T], ahead: Duration) {
        self.fill_with(out, T::from_sample, ahead);
    }

    /// As [`Self::fill`], with 32-bit floats in native byte order. A remainder at the end is unchanged.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    pub(super) fn fill_bytes(&mut self, out: &mut [u8], ahead: Duration) {
        let (samples, _) = out.as_chunks_mut::<4>();
        self.fill_with(samples, f32::to_ne_bytes, ahead);
    }

    fn fill_with<T>(&mut self, out: &mut [T], convert: impl Fn(f32) -> T, ahead: Duration) {
        for out in out.chunks_mut(self.used.max(1)) {
            let Some(scratch) = self.scratch.get_mut(..out.len()) else {
                continue;
            };
            self.renderer.render(scratch);
            for (out, sample) in out.iter_mut().zip(scratch) {
                *out = convert(*sample);
            }
        }
        let frames = out.len() as u64;
        let frames = frames
            .checked_div(self.format.channels.into())
            .unwrap_or_default();
        // The first callbacks report nothing yet; two periods is what cpal lets the system buffer.
        let ahead = ahead.max(PERIOD.saturating_mul(2));
        let length_us = frames
            .saturating_mul(1_000_000)
            .checked_div(self.format.rate.into());
        let latency_us = (ahead.as_micros() as u64).saturating_add(length_us.unwrap_or_default());
        self.meter.latency_us.store(latency_us, Relaxed);
        self.meter.frames.fetch_add(frames, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Clip;
    use crate::engine::Engine;

    const FORMAT: Format = Format {
        rate: 48_000,
        channels: 2,
    };

    #[test]
    fn callbacks_of_any_length_give_every_sample_in_the_devices_type() {
        let samples: Vec<f32> = (0..20_000).map(|n| (n % 200) as f32 / 256.0).collect();
        for frames in [1, 7, 480, 5_000] {
            let (mut engine, renderer) = Engine::new(FORMAT);
            let clip = Clip::new(FORMAT, samples.clone());
            engine.play(Arc::new(clip), 1.0).unwrap();
            let meter = Arc::new(Meter::default());
            let mut pull = Pull::new(renderer, FORMAT, meter.clone());
            let mut found: Vec<i16> = Vec::new();
            while found.len() < samples.len() {
                let mut out = vec![0i16; 2 * frames];
                pull.fill(&mut out, Duration::ZERO);
                found.extend(out);
            }
            for (found, sample) in found.iter().zip(&samples) {
                assert_eq!(
                    *found,
                    (sample * 32_768.0) as i16,
                    "{frames} frames a callback"
                );
            }
            assert_eq!(meter.frames.load(Relaxed), found.len() as u64 / 2);
        }
    }

    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[test]
    fn bytes_are_samples_of_floating_point() {
        let samples = [0.25, -0.5, 0.125, 1.0];
        let (mut engine, renderer) = Engine::new(FORMAT);
        let clip = Clip::new(FORMAT, samples.to_vec());
        engine.play(Arc::new(clip), 1.0).unwrap();
        let mut pull = Pull::new(renderer, FORMAT, Arc::default());
        let mut out = [0; 19];
        pull.fill_bytes(&mut out, Duration::ZERO);
        let expected = samples.map(f32::to_ne_bytes).concat();
        assert_eq!(out[..16], expected);
        assert_eq!(out[16..], [0; 3]);
    }

    #[test]
    fn the_latency_is_that_of_the_callbacks_last_frame() {
        let (_engine, renderer) = Engine::new(FORMAT);
        let meter = Arc::new(Meter::default());
        let mut pull = Pull::new(renderer, FORMAT, meter.clone());
        for (ahead_ms, expected_us) in [(50, 60_000), (0, 30_000)] {
            pull.fill(&mut [0.0f32; 960], Duration::from_millis(ahead_ms));
            assert_eq!(meter.latency_us.load(Relaxed), expected_us);
        }
    }
}

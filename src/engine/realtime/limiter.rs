//! The limiter: keeps the sum of many voices within full scale, without the distortion of clipping.
//!
//! A peak limiter without look-ahead, so it adds no delay. When a frame would exceed full scale, the gain
//! drops to where it just fits: the output is continuous there, and stays at full scale for the rest of that
//! rise. Then the gain recovers at [`RELEASE_DB_PER_S`].
//!
//! Samples within full scale, without louder ones shortly before, pass unchanged.

/// The recovery of the gain, in decibels per second.
const RELEASE_DB_PER_S: f32 = 60.0;

#[derive(Debug)]
pub(super) struct Limiter {
    gain: f32,
    /// The factor of the gain per frame.
    release: f32,
    channels: usize,
}

impl Limiter {
    pub(super) fn new(rate: u32, channels: usize) -> Self {
        let decibels_per_frame = RELEASE_DB_PER_S / rate.max(1) as f32;
        Self {
            gain: 1.0,
            release: 10f32.powf(decibels_per_frame / 20.0),
            channels,
        }
    }

    /// Limits `out`, and returns its loudest sample.
    pub(super) fn apply(&mut self, out: &mut [f32]) -> f32 {
        let loudest = peak(out);
        // The usual case.
        if loudest <= 1.0 && self.gain == 1.0 {
            return loudest;
        }
        for frame in out.chunks_exact_mut(self.channels) {
            let peak = frame
                .iter()
                .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            self.gain = (self.gain * self.release).min(1.0);
            if peak * self.gain > 1.0 {
                self.gain = 1.0 / peak;
            }
            for sample in frame {
                // Clamped, because 1/peak is rounded.
                *sample = (*sample * self.gain).clamp(-1.0, 1.0);
            }
        }
        peak(out)
    }
}

/// The largest absolute value of `samples`, compared by bits like that of a decoded file. Here as well, because
/// the real-time side only calls code under its own lints.
fn peak(samples: &[f32]) -> f32 {
    let sizes = samples.iter().map(|sample| sample.abs().to_bits());
    f32::from_bits(sizes.fold(0, u32::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    #[test]
    fn samples_within_full_scale_pass_unchanged() {
        let mut limiter = Limiter::new(RATE, 2);
        let samples: Vec<f32> = (-100..=100).map(|n| n as f32 / 100.0).collect();
        let mut out = samples.clone();
        limiter.apply(&mut out);
        assert_eq!(out, samples);
    }

    #[test]
    fn peaks_are_limited_equally_in_both_channels() {
        let mut limiter = Limiter::new(RATE, 2);
        let mut out = [0.5, 0.25, 4.0, -2.0, 1.0, 0.5];
        limiter.apply(&mut out);
        assert_eq!(out[..4], [0.5, 0.25, 1.0, -0.5]);
        // Still turned down a moment later.
        assert!((out[4] - 0.25).abs() < 1e-3 && (out[5] - 0.125).abs() < 1e-3);
    }

    #[test]
    fn the_gain_comes_back_and_is_then_exactly_one() {
        let mut limiter = Limiter::new(RATE, 1);
        limiter.apply(&mut [2.0]);
        // 6 dB at 60 dB a second: a tenth of a second.
        let mut early = vec![0.5; RATE as usize / 20];
        limiter.apply(&mut early);
        assert!(early[early.len() - 1] < 0.4);
        limiter.apply(&mut vec![0.5; RATE as usize / 10]);
        let mut late = [0.5];
        limiter.apply(&mut late);
        assert_eq!(late, [0.5]);
    }

    #[test]
    fn the_sizes_of_callbacks_do_not_matter() {
        let samples: Vec<f32> = (0..2_000).map(|n| (n as f32 * 0.05).sin() * 1.7).collect();
        let mut whole = samples.clone();
        Limiter::new(RATE, 1).apply(&mut whole);
        assert!(whole.iter().all(|sample| sample.abs() <= 1.0));
        let mut pieces = samples;
        let mut limiter = Limiter::new(RATE, 1);
        for piece in pieces.chunks_mut(7) {
            limiter.apply(piece);
        }
        assert_eq!(whole, pieces);
    }
}

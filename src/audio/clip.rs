//! A clip: a complete sound in memory.

use std::time::Duration;

use super::places::{Places, Sides};

/// Sample rate and number of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Frames per second.
    pub rate: u32,
    /// Samples per frame.
    pub channels: u16,
}

impl Format {
    /// The number of frames in `time`.
    pub fn frames(self, time: Duration) -> usize {
        (time.as_secs_f64() * f64::from(self.rate)).round() as usize
    }
}

/// The largest sample, as a factor of full scale: 24 dB. It keeps sums of voices finite.
pub(crate) const LOUDEST: f32 = 16.0;

/// The largest absolute value of `samples`; infinite or NaN if one is. Compares bits, which have the same
/// order, because processors compare many at once.
pub(crate) fn peak(samples: &[f32]) -> f32 {
    let sizes = samples.iter().map(|sample| sample.abs().to_bits());
    f32::from_bits(sizes.fold(0, u32::max))
}

/// Interleaved samples in one format, full scale at ±1. Every sample is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    format: Format,
    samples: Box<[f32]>,
    is_cut: bool,
    gain_db: Option<f32>,
}

impl Clip {
    /// A clip of interleaved `samples`. Drops an incomplete last frame, replaces NaN and infinity with
    /// silence, and clamps to `LOUDEST`.
    pub fn new(format: Format, mut samples: Vec<f32>) -> Self {
        for sample in &mut samples {
            let finite = if sample.is_finite() { *sample } else { 0.0 };
            *sample = finite.clamp(-LOUDEST, LOUDEST);
        }
        Self::of_finite(format, samples)
    }

    /// A clip of `samples` that are known to be finite and within [`LOUDEST`].
    pub(super) fn of_finite(format: Format, mut samples: Vec<f32>) -> Self {
        let channels = usize::from(format.channels.max(1));
        samples.truncate(samples.len() / channels * channels);
        Self {
            format,
            samples: samples.into(),
            is_cut: false,
            gain_db: None,
        }
    }

    /// The clip with other `samples`, which are finite whole frames.
    pub(super) fn with_samples(&self, samples: Vec<f32>) -> Self {
        Self {
            samples: samples.into(),
            ..*self
        }
    }

    /// Turns it up or down, for its loudness.
    pub(super) fn turned_by(mut self, gain_db: f32) -> Self {
        if gain_db != 0.0 {
            let factor = 10f32.powf(gain_db / 20.0);
            let samples = self.samples.iter_mut();
            samples.for_each(|sample| *sample *= factor);
        }
        self.gain_db = Some((10.0 * gain_db).round() / 10.0);
        self
    }

    /// Marks whether the sound was cut.
    pub(super) fn cut(self, is_cut: bool) -> Self {
        Self { is_cut, ..self }
    }

    pub(super) fn into_samples(self) -> Vec<f32> {
        self.samples.into_vec()
    }

    /// Whether the sound is longer and was cut after [`super::MAX_SECONDS`].
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// By how much it was turned up or down for its loudness, to a tenth of a decibel; none if it was not
    /// measured.
    pub const fn gain_db(&self) -> Option<f32> {
        self.gain_db
    }

    /// The sample rate and the number of channels.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The interleaved samples.
    pub const fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.format.channels.max(1))
    }

    /// The duration.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.frames() as f64 / f64::from(self.format.rate.max(1)))
    }

    /// Converts to `channels` channels.
    ///
    /// Mono goes to the first two channels. More than two are mixed to stereo by their positions (ITU-R
    /// BS.775), and to mono as the mean of stereo, scaled so that nothing exceeds full scale. In other cases
    /// each channel keeps its number; surplus channels are dropped, and missing ones are silent.
    #[must_use]
    pub fn with_channels(self, channels: u16) -> Self {
        let from = usize::from(self.format.channels.max(1));
        let to = usize::from(channels.max(1));
        if from == to {
            return self;
        }
        if to <= 2 && from > 2 {
            return self
                .to_stereo(Places::usual(self.format.channels))
                .with_channels(channels);
        }
        let mut samples = Vec::with_capacity(self.frames() * to);
        for frame in self.samples.chunks_exact(from) {
            samples.extend((0..to).map(|channel| match (from, to) {
                (2, 1) => (frame[0] + frame[1]) / 2.0,
                (1, _) if channel < 2 => frame[0],
                _ => frame.get(channel).copied().unwrap_or(0.0),
            }));
        }
        let format = Format {
            channels,
            ..self.format
        };
        Self::of_finite(format, samples).cut(self.is_cut)
    }

    /// Converts to `channels` channels at their usual positions, from channels at `places`.
    pub(super) fn placed(self, places: Places, channels: u16) -> Self {
        if channels <= 2 {
            return self.to_stereo(places).with_channels(channels);
        }
        let sources = places.sources(channels);
        let frames = self.samples.chunks_exact(usize::from(self.format.channels));
        let samples = frames.flat_map(|frame| {
            let source = |source: &Option<usize>| source.map_or(0.0, |channel| frame[channel]);
            sources.iter().map(source)
        });
        let format = Format {
            channels,
            ..self.format
        };
        Self::of_finite(format, samples.collect()).cut(self.is_cut)
    }

    fn to_stereo(&self, places: Places) -> Self {
        let from = usize::from(self.format.channels);
        let places = places.sides();
        let total = |side: fn(&Sides) -> f32| places.iter().map(side).sum::<f32>();
        let scale = 1.0 / total(|place| place.0).max(total(|place| place.1));
        let mut samples = Vec::with_capacity(self.frames() * 2);
        for frame in self.samples.chunks_exact(from) {
            let (mut left, mut right) = (0.0, 0.0);
            for (sample, place) in frame.iter().zip(&places) {
                left += sample * place.0;
                right += sample * place.1;
            }
            samples.extend([left * scale, right * scale]);
        }
        let format = Format {
            channels: 2,
            ..self.format
        };
        Self::of_finite(format, samples).cut(self.is_cut)
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::FRAC_1_SQRT_2;

    use super::*;

    fn mapped(from: u16, samples: &[f32], to: u16) -> Vec<f32> {
        let clip = Clip::new(
            Format {
                rate: 48_000,
                channels: from,
            },
            samples.to_vec(),
        );
        clip.with_channels(to).samples().to_vec()
    }

    #[test]
    fn channels_keep_their_places() {
        assert_eq!(mapped(1, &[0.5, 0.25], 2), [0.5, 0.5, 0.25, 0.25]);
        assert_eq!(mapped(1, &[0.5], 4), [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(mapped(2, &[0.5, 0.25], 1), [0.375]);
        assert_eq!(mapped(2, &[0.5, 0.25], 2), [0.5, 0.25]);
        assert_eq!(mapped(2, &[0.5, 0.25], 3), [0.5, 0.25, 0.0]);
        assert_eq!(
            mapped(8, &[0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 3),
            [0.5, 0.25, 0.0]
        );
    }

    #[test]
    fn many_channels_go_to_stereo_by_their_places_and_never_beyond_full_scale() {
        for channels in 3..=8u16 {
            let loud = mapped(channels, &vec![1.0; usize::from(channels)], 2);
            assert!(
                loud.iter().all(|sample| (sample - 1.0).abs() < 1e-6),
                "{loud:?}"
            );
            let mono = mapped(channels, &vec![-1.0; usize::from(channels)], 1);
            assert!((mono[0] + 1.0).abs() < 1e-6, "{mono:?}");
        }
        // Of 5.1, channel by channel: front, centre, low, back.
        let scale = 1.0 / (1.0 + 2.0 * FRAC_1_SQRT_2);
        let aside = scale * FRAC_1_SQRT_2;
        for (channel, expected) in [
            (0, [scale, 0.0]),
            (1, [0.0, scale]),
            (2, [aside, aside]),
            (3, [0.0, 0.0]),
            (4, [aside, 0.0]),
            (5, [0.0, aside]),
        ] {
            let mut frame = [0.0; 6];
            frame[channel] = 1.0;
            assert_eq!(mapped(6, &frame, 2), expected, "channel {channel}");
        }
    }

    #[test]
    fn nan_is_silence() {
        let format = Format {
            rate: 48_000,
            channels: 1,
        };
        let clip = Clip::new(
            format,
            vec![f32::NAN, 0.5, f32::INFINITY, f32::NEG_INFINITY, -1e30],
        );
        assert_eq!(clip.samples(), [0.0, 0.5, 0.0, 0.0, -LOUDEST]);
    }

    #[test]
    fn an_incomplete_frame_is_dropped() {
        let clip = Clip::new(
            Format {
                rate: 2,
                channels: 2,
            },
            vec![0.0; 5],
        );
        assert_eq!(clip.frames(), 2);
        assert_eq!(clip.duration(), Duration::from_secs(1));
    }
}

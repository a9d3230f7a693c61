//! A clip: a whole sound in memory.

use std::time::Duration;

use super::places::{Places, Sides};

/// Sample rate and number of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Frames a second.
    pub rate: u32,
    /// Samples a frame.
    pub channels: u16,
}

impl Format {
    /// How many frames last as long as `time`.
    pub fn frames(self, time: Duration) -> usize {
        (time.as_secs_f64() * f64::from(self.rate)).round() as usize
    }
}

/// The largest sample, as a factor of full scale: 24 dB. So no sum of voices leaves the numbers.
pub const LOUDEST: f32 = 16.0;

/// Interleaved samples, full scale at ±1, in one format. Every sample is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    format: Format,
    samples: Box<[f32]>,
    is_cut: bool,
}

impl Clip {
    /// A clip of `samples`, interleaved; an incomplete last frame is dropped, what is no number,
    /// or infinite, is silence, and nothing goes beyond [`LOUDEST`].
    pub fn new(format: Format, mut samples: Vec<f32>) -> Self {
        for sample in &mut samples {
            let finite = if sample.is_finite() { *sample } else { 0.0 };
            *sample = finite.clamp(-LOUDEST, LOUDEST);
        }
        Self::of_finite(format, samples)
    }

    /// A clip of `samples` that are known to be so.
    pub(super) fn of_finite(format: Format, mut samples: Vec<f32>) -> Self {
        let channels = usize::from(format.channels.max(1));
        samples.truncate(samples.len() / channels * channels);
        Self {
            format,
            samples: samples.into(),
            is_cut: false,
        }
    }

    /// The same, of a sound that went on if `is_cut`.
    pub(super) fn cut(self, is_cut: bool) -> Self {
        Self { is_cut, ..self }
    }

    pub(super) fn into_samples(self) -> Vec<f32> {
        self.samples.into_vec()
    }

    /// Whether the sound is longer, and was cut after [`super::MAX_SECONDS`].
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Rate and channels.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The samples, interleaved.
    pub const fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.format.channels.max(1))
    }

    /// How long it sounds.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.frames() as f64 / f64::from(self.format.rate.max(1)))
    }

    /// The same sound for `channels` channels.
    ///
    /// Mono goes to the first two channels. More than two go to stereo by their places
    /// (ITU-R BS.775), to mono by way of stereo, whose mean it is; turned down so that nothing can
    /// leave full scale. Otherwise each channel keeps its number, what has no place is dropped and
    /// what has no source is silent.
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

    /// The same sound, whose channels are at `places`, for `channels` channels at the usual ones.
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
        // Of 5.1, one channel after the other: front, centre, low, back.
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
    fn what_is_no_number_is_silence() {
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

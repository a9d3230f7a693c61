//! A clip: a whole sound in memory.

use std::f32::consts::FRAC_1_SQRT_2;
use std::time::Duration;

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
}

/// What a channel gives to the left and to the right: a sound from the middle or from behind is
/// 3 dB softer on each side, the low frequencies have a loudspeaker of their own
/// (ITU-R BS.775, table 2).
const LEFT: (f32, f32) = (1.0, 0.0);
const RIGHT: (f32, f32) = (0.0, 1.0);
const CENTRE: (f32, f32) = (FRAC_1_SQRT_2, FRAC_1_SQRT_2);
const LOW: (f32, f32) = (0.0, 0.0);
const BEHIND_LEFT: (f32, f32) = (FRAC_1_SQRT_2, 0.0);
const BEHIND_RIGHT: (f32, f32) = (0.0, FRAC_1_SQRT_2);
const BEHIND: (f32, f32) = (0.5, 0.5);

/// Where the channels are, of sounds that have 3, 4, 5, 6, 7 and 8: the order of WAV and FLAC files
/// (Microsoft, Multiple Channel Audio Data and WAVE Files; RFC 9639, section 9.1.3).
const PLACES: [&[(f32, f32)]; 6] = [
    &[LEFT, RIGHT, CENTRE],
    &[LEFT, RIGHT, BEHIND_LEFT, BEHIND_RIGHT],
    &[LEFT, RIGHT, CENTRE, BEHIND_LEFT, BEHIND_RIGHT],
    &[LEFT, RIGHT, CENTRE, LOW, BEHIND_LEFT, BEHIND_RIGHT],
    &[LEFT, RIGHT, CENTRE, LOW, BEHIND, BEHIND_LEFT, BEHIND_RIGHT],
    &[
        LEFT,
        RIGHT,
        CENTRE,
        LOW,
        BEHIND_LEFT,
        BEHIND_RIGHT,
        BEHIND_LEFT,
        BEHIND_RIGHT,
    ],
];

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
        }
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
            return self.to_stereo().with_channels(channels);
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
        Self::of_finite(format, samples)
    }

    fn to_stereo(&self) -> Self {
        let from = usize::from(self.format.channels);
        let places = PLACES.get(from - 3).copied().unwrap_or(&PLACES[5][..2]);
        let total = |side: fn(&(f32, f32)) -> f32| places.iter().map(side).sum::<f32>();
        let scale = 1.0 / total(|place| place.0).max(total(|place| place.1));
        let mut samples = Vec::with_capacity(self.frames() * 2);
        for frame in self.samples.chunks_exact(from) {
            let (mut left, mut right) = (0.0, 0.0);
            for (sample, place) in frame.iter().zip(places) {
                left += sample * place.0;
                right += sample * place.1;
            }
            samples.extend([left * scale, right * scale]);
        }
        let format = Format {
            channels: 2,
            ..self.format
        };
        Self::of_finite(format, samples)
    }
}

#[cfg(test)]
mod tests {
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

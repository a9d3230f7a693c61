//! A clip: a whole sound in memory.

use std::time::Duration;

/// Sample rate and number of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Frames a second.
    pub rate: u32,
    /// Samples a frame.
    pub channels: u16,
}

/// Interleaved samples, full scale at ±1, in one format.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    format: Format,
    samples: Box<[f32]>,
}

impl Clip {
    /// A clip of `samples`, interleaved; an incomplete last frame is dropped.
    pub fn new(format: Format, mut samples: Vec<f32>) -> Self {
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
    /// Mono goes to the first two channels; stereo to mono is the mean; otherwise each channel
    /// keeps its place, what has no place is dropped and what has no source is silent.
    #[must_use]
    pub fn with_channels(self, channels: u16) -> Self {
        let from = usize::from(self.format.channels.max(1));
        let to = usize::from(channels.max(1));
        if from == to {
            return self;
        }
        let mut samples = Vec::with_capacity(self.frames() * to);
        for frame in self.samples.chunks_exact(from) {
            samples.extend((0..to).map(|channel| match (from, to) {
                (2, 1) => (frame[0] + frame[1]) / 2.0,
                (1, _) if channel < 2 => frame[0],
                _ => frame.get(channel).copied().unwrap_or(0.0),
            }));
        }
        Self::new(
            Format {
                channels,
                ..self.format
            },
            samples,
        )
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
        assert_eq!(mapped(3, &[0.5, 0.25, 0.1], 2), [0.5, 0.25]);
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

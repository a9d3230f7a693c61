//! Receives decoded samples: checks them, converts them to the wanted format, and passes them on. It works in
//! pieces, so memory does not grow with the length.

use super::bounds::{MAX_SAMPLES, MAX_SECONDS};
use super::refusal::Refusal;
use crate::audio::clip::{Clip, Format, LOUDEST, peak};
use crate::audio::limit::{FADE, fade_out};
use crate::audio::places::Places;
use crate::audio::resample::Resampler;
use crate::error::Cause;

/// Receives interleaved samples in pieces.
pub(in crate::audio) type Out<'a> = &'a mut dyn FnMut(&[f32]) -> Result<(), Cause>;

pub(in crate::audio) struct Intake<'a> {
    /// By default the format of the first samples.
    wanted: Option<Format>,
    /// The positions of the channels, unless they are the default.
    places: Option<Places>,
    sink: Sink<'a>,
    stream: Option<Stream>,
    /// The seconds received in earlier formats.
    earlier: f64,
    /// The number of samples received.
    samples: usize,
    is_cut: bool,
    is_resampled: bool,
}

/// The output side.
struct Sink<'a> {
    out: Out<'a>,
    /// The number of frames passed on.
    frames: usize,
    /// The largest absolute sample.
    peak: f32,
}

/// A sound, or a part of it, in one format.
struct Stream {
    from: Format,
    to: Format,
    /// Resamples the smaller number of channels, which takes less time and memory.
    fewest: u16,
    resampler: Option<Resampler>,
    frames: usize,
}

/// The properties of a completely received sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::audio) struct Taken {
    pub(in crate::audio) format: Format,
    /// The largest absolute sample passed on.
    pub(in crate::audio) peak: f32,
    /// Whether the sound was longer than the limit.
    pub(in crate::audio) is_cut: bool,
    /// Whether the samples are known to be finite and within the peak.
    pub(in crate::audio) is_checked: bool,
}

impl Taken {
    /// The clip of `samples`, which were passed on. Turned down as a whole if it exceeds full scale, and
    /// faded out if it was cut.
    pub(in crate::audio) fn clip(self, samples: Vec<f32>) -> Clip {
        let mut samples = match self.is_checked {
            true => samples,
            false => Clip::new(self.format, samples).into_samples(),
        };
        if self.peak > 1.0 {
            samples.iter_mut().for_each(|sample| *sample /= self.peak);
        }
        if self.is_cut {
            let frames = samples.len() / usize::from(self.format.channels);
            let fade_at = frames.saturating_sub(self.format.frames(FADE));
            fade_out(&mut samples, self.format, fade_at);
        }
        Clip::of_finite(self.format, samples).cut(self.is_cut)
    }
}

impl<'a> Intake<'a> {
    pub(in crate::audio) fn new(wanted: Option<Format>, out: Out<'a>) -> Self {
        Self {
            wanted,
            places: None,
            sink: Sink {
                out,
                frames: 0,
                peak: 0.0,
            },
            stream: None,
            earlier: 0.0,
            samples: 0,
            is_cut: false,
            is_resampled: false,
        }
    }

    /// Sets the positions of the channels.
    pub(super) const fn place(&mut self, places: Option<Places>) {
        self.places = places;
    }

    /// Receives `samples`, whole frames of `format`, which may differ from before. Returns whether to
    /// continue.
    pub(in crate::audio) fn take(
        &mut self,
        format: Format,
        mut samples: Vec<f32>,
    ) -> Result<bool, Refusal> {
        if self
            .stream
            .as_ref()
            .is_some_and(|stream| stream.from != format)
        {
            self.end_stream()?;
        }
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let to = *self.wanted.get_or_insert(format);
                let stream = none.insert(Stream::new(format, to, self.places)?);
                self.is_resampled |= stream.resampler.is_some();
                stream
            }
        };
        let channels = usize::from(format.channels);
        let seconds = f64::from(MAX_SECONDS) - self.earlier;
        let frames = (seconds * f64::from(format.rate)) as usize;
        let frames = frames.saturating_sub(stream.frames);
        let room = frames.min((MAX_SAMPLES - self.samples) / channels);
        if samples.len() > room * channels {
            samples.truncate(room * channels);
            self.is_cut = true;
        }
        self.samples += samples.len();
        stream.frames += samples.len() / channels;
        if !peak(&samples).is_finite() {
            let damaged = samples.iter_mut().filter(|sample| !sample.is_finite());
            damaged.for_each(|sample| *sample = 0.0);
        }
        let loudest = peak(&samples);
        if loudest > LOUDEST {
            return Err(format!("samples reach {loudest:.0} times full scale").into());
        }
        let piece = Clip::of_finite(format, samples);
        let piece = match self.places {
            Some(places) => piece.placed(places, stream.fewest),
            None => piece.with_channels(stream.fewest),
        };
        let (fewest, to) = (stream.fewest, stream.to);
        let mut out = |piece: &[f32]| self.sink.pass_on(piece, fewest, to);
        match &mut stream.resampler {
            Some(resampler) => resampler.push(piece.samples(), out)?,
            None => out(piece.samples())?,
        }
        Ok(!self.is_cut)
    }

    /// Passes on the rest.
    pub(in crate::audio) fn finish(mut self) -> Result<Taken, Refusal> {
        self.end_stream()?;
        let format = self.wanted.filter(|_| self.samples > 0);
        Ok(Taken {
            format: format.ok_or("no part of it can be decoded")?,
            peak: self.sink.peak.min(LOUDEST),
            is_cut: self.is_cut,
            is_checked: !self.is_resampled,
        })
    }

    fn end_stream(&mut self) -> Result<(), Cause> {
        let Some(stream) = self.stream.take() else {
            return Ok(());
        };
        let Stream { to, fewest, .. } = stream;
        self.earlier += stream.frames as f64 / f64::from(stream.from.rate);
        match stream.resampler {
            Some(resampler) => resampler.finish(|piece| self.sink.pass_on(piece, fewest, to)),
            None => Ok(()),
        }
    }
}

impl Stream {
    fn new(from: Format, to: Format, places: Option<Places>) -> Result<Self, Cause> {
        let fewest = match places {
            // The positions need all channels.
            Some(_) => to.channels,
            None => from.channels.min(to.channels),
        };
        let resampler = (from.rate != to.rate)
            .then(|| Resampler::new(from.rate, to.rate, fewest))
            .transpose()
            .map_err(|error| {
                format!("cannot convert {} Hz to {} Hz: {error}", from.rate, to.rate)
            })?;
        Ok(Self {
            from,
            to,
            fewest,
            resampler,
            frames: 0,
        })
    }
}

impl Sink<'_> {
    /// Converts `piece` with `channels` channels to `to` and passes it on. Resampling may produce some
    /// surplus frames, which are dropped.
    fn pass_on(&mut self, piece: &[f32], channels: u16, to: Format) -> Result<(), Cause> {
        let room = MAX_SECONDS as usize * to.rate as usize - self.frames;
        let frames = room.min(piece.len() / usize::from(channels));
        self.frames += frames;
        let piece = &piece[..frames * usize::from(channels)];
        self.peak = self.peak.max(peak(piece));
        if channels == to.channels {
            return (self.out)(piece);
        }
        let format = Format { channels, ..to };
        let piece = Clip::of_finite(format, piece.to_vec());
        (self.out)(piece.with_channels(to.channels).samples())
    }
}

/// Collects a clip in `format`, or its own, from what `decode` produces: about `samples` samples, if known.
pub(in crate::audio) fn collect(
    format: Option<Format>,
    samples: usize,
    decode: impl FnOnce(Intake<'_>) -> Result<Taken, Refusal>,
) -> Result<Clip, Refusal> {
    let mut samples = Vec::with_capacity(samples);
    let mut out = |piece: &[f32]| {
        samples.extend_from_slice(piece);
        Ok(())
    };
    let taken = decode(Intake::new(format, &mut out))?;
    Ok(taken.clip(samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(clip: &Clip, format: Format) -> Result<Clip, Refusal> {
        collect(Some(format), 0, |mut intake| {
            intake.take(clip.format(), clip.samples().to_vec())?;
            intake.finish()
        })
    }

    #[test]
    fn a_clip_comes_in_the_outputs_format() {
        for (from, to, expected) in [
            (1, 2, &[0.125, 0.125][..]),
            (2, 2, &[0.125, 0.25]),
            (2, 1, &[0.1875]),
            (4, 2, &[0.228_55, 0.353_55]),
            (4, 4, &[0.125, 0.25, 0.375, 0.5]),
            (2, 4, &[0.125, 0.25, 0.0, 0.0]),
        ] {
            let format = |rate, channels| Format { rate, channels };
            let frame: Vec<f32> = (1..=from).map(|channel| f32::from(channel) / 8.0).collect();
            let same_rate = Clip::new(format(48_000, from), frame.clone());
            let same_rate = convert(&same_rate, format(48_000, to)).unwrap();
            for (sample, expected) in same_rate.samples().iter().zip(expected) {
                assert!((sample - expected).abs() < 1e-4, "{from} to {to}: {sample}");
            }

            let steady = Clip::new(format(44_100, from), frame.repeat(44_100));
            let resampled = convert(&steady, format(48_000, to)).unwrap();
            assert_eq!(resampled.format(), format(48_000, to));
            let middle = resampled
                .samples()
                .chunks_exact(usize::from(to))
                .nth(24_000);
            for (sample, expected) in middle.unwrap().iter().zip(expected) {
                assert!((sample - expected).abs() < 1e-3, "{from} to {to}: {sample}");
            }
        }
    }
}

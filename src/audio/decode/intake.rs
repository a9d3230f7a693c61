//! Where a sound's samples go as they are decoded: they are checked, brought to the format that is
//! wanted, and passed on. Piece by piece, so that memory does not grow with what is decoded.

use super::{Refusal, check_len, check_room};
use crate::audio::clip::{Clip, Format, LOUDEST};
use crate::audio::resample::Resampler;
use crate::error::Cause;

/// What takes the samples, interleaved, of one piece after the other.
pub(in crate::audio) type Out<'a> = &'a mut dyn FnMut(&[f32]) -> Result<(), Cause>;

pub(in crate::audio) struct Intake<'a> {
    /// The sound's own if none is given.
    wanted: Option<Format>,
    out: Out<'a>,
    stream: Option<Stream>,
}

/// What is known once the first samples are there.
struct Stream {
    from: Format,
    to: Format,
    /// Resampled with the fewest channels: quicker, and less memory.
    fewest: u16,
    resampler: Option<Resampler>,
    /// Samples taken so far.
    samples: usize,
    /// The largest of them.
    peak: f32,
}

/// What a sound turned out to be when all of it was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::audio) struct Taken {
    pub(in crate::audio) format: Format,
    /// The largest sample before it was brought to another format.
    pub(in crate::audio) peak: f32,
    /// Whether its samples are known to be finite and no louder.
    pub(in crate::audio) is_checked: bool,
}

impl Taken {
    /// The clip of `samples`, which were passed on. What is louder than full scale is turned down as a
    /// whole.
    pub(in crate::audio) fn clip(self, mut samples: Vec<f32>) -> Clip {
        if self.peak > 1.0 {
            samples.iter_mut().for_each(|sample| *sample /= self.peak);
        }
        match self.is_checked {
            true => Clip::of_finite(self.format, samples),
            false => Clip::new(self.format, samples),
        }
    }
}

impl<'a> Intake<'a> {
    pub(in crate::audio) fn new(wanted: Option<Format>, out: Out<'a>) -> Self {
        Self {
            wanted,
            out,
            stream: None,
        }
    }

    /// Takes `samples`, whole frames of `format`. Returns whether it can go on: not where a sound
    /// changes its format.
    pub(in crate::audio) fn take(
        &mut self,
        format: Format,
        mut samples: Vec<f32>,
    ) -> Result<bool, Refusal> {
        let stream = match &mut self.stream {
            Some(stream) if stream.from != format => return Ok(false),
            Some(stream) => stream,
            none => none.insert(Stream::new(format, self.wanted.unwrap_or(format))?),
        };
        check_room(format, stream.samples + samples.len())?;
        stream.samples += samples.len();
        if !peak(&samples).is_finite() {
            let damaged = samples.iter_mut().filter(|sample| !sample.is_finite());
            damaged.for_each(|sample| *sample = 0.0);
        }
        stream.peak = stream.peak.max(peak(&samples));
        if stream.peak > LOUDEST {
            let peak = stream.peak;
            return Err(format!("its samples go up to {peak:.0} times full scale").into());
        }
        let piece = Clip::of_finite(format, samples).with_channels(stream.fewest);
        let Stream { to, fewest, .. } = *stream;
        let mut out = |piece: &[f32]| pass_on(piece, fewest, to, self.out);
        match &mut stream.resampler {
            Some(resampler) => resampler.push(piece.samples(), out)?,
            None => out(piece.samples())?,
        }
        Ok(true)
    }

    /// Passes on what is left.
    pub(in crate::audio) fn finish(self) -> Result<Taken, Refusal> {
        let stream = self.stream.ok_or("nothing in it can be decoded")?;
        check_len(stream.from, stream.samples)?;
        let Stream { to, fewest, .. } = stream;
        let is_checked = stream.resampler.is_none();
        if let Some(resampler) = stream.resampler {
            resampler.finish(|piece| pass_on(piece, fewest, to, self.out))?;
        }
        Ok(Taken {
            format: to,
            peak: stream.peak,
            is_checked,
        })
    }
}

impl Stream {
    fn new(from: Format, to: Format) -> Result<Self, Cause> {
        let fewest = from.channels.min(to.channels);
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
            samples: 0,
            peak: 0.0,
        })
    }
}

/// The largest of `samples`, whatever its sign; infinite or no number, if one is. Told by their bits, whose
/// order is the same, since a processor compares many of those at once.
fn peak(samples: &[f32]) -> f32 {
    let sizes = samples.iter().map(|sample| sample.abs().to_bits());
    f32::from_bits(sizes.fold(0, u32::max))
}

/// Passes `piece`, which has `channels`, on as `to` has it.
fn pass_on(piece: &[f32], channels: u16, to: Format, out: Out<'_>) -> Result<(), Cause> {
    if channels == to.channels {
        return out(piece);
    }
    let format = Format { channels, ..to };
    let piece = Clip::of_finite(format, piece.to_vec());
    out(piece.with_channels(to.channels).samples())
}

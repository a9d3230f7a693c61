//! Sound files to clips.
//!
//! WAV goes through hound, MP3, Ogg Vorbis and FLAC through symphonia, and so does a WAV file
//! whose samples hound does not know. What a file is, its first bytes tell.
//!
//! # Invariants
//!
//! - A file that ends early gives what is there; one of which nothing is there is an error.
//! - A clip's samples are finite and within full scale. What is louder is turned down as a whole;
//!   what is louder by far is damage, and not played.
//!
//! # Limits
//!
//! [`MAX_LEN`] bytes, [`MAX_SECONDS`], [`MAX_CHANNELS`] and [`MAX_SAMPLES`], which are looked at
//! while decoding: a small file may hold hours. Rate, channels, the blocks of FLAC and the codebooks of
//! Vorbis are looked at before a decoder is made, which takes memory by what the header says.

mod codebooks;
mod flac;
mod intake;
mod kind;
mod packets;
mod wav;

use super::clip::{Clip, Format};
use crate::error::{Cause, Error, ErrorKind, Result};
pub(super) use intake::{Intake, Taken};
use kind::Foreign;
pub(super) use kind::Kind;
pub(super) use wav::plain;

/// The largest sound file that is read, in bytes.
pub const MAX_LEN: u64 = 32 << 20;
/// The longest sound that is played, in seconds.
pub const MAX_SECONDS: u32 = 60;
/// Rates and channel counts outside these are damage, not sounds.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;
const MAX_CHANNELS: usize = 8;
/// The most samples of a clip: a minute of 192 kHz stereo.
const MAX_SAMPLES: usize = MAX_SECONDS as usize * 192_000 * 2;

/// Why a file cannot be played, and what would help.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    why: String,
    mend: Option<&'static str>,
    /// Whether it is for as long as the file stays as it is.
    lasting: bool,
}

impl<C: Into<Cause>> From<C> for Refusal {
    fn from(why: C) -> Self {
        Self {
            why: why.into().to_string(),
            mend: None,
            lasting: true,
        }
    }
}

impl Refusal {
    /// The error that `what` cannot be done.
    pub(super) fn error(self, what: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Sound, what).because(self.why);
        match self.mend {
            Some(mend) => error.mend(mend),
            None => error,
        }
    }

    /// The same, of something that may have passed when it is tried again.
    pub(super) fn passing(self) -> Self {
        let lasting = false;
        Self { lasting, ..self }
    }

    /// Whether it is for as long as the file stays as it is.
    pub(super) const fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// Adds how to mend it.
    pub(super) fn hint(self, mend: &'static str) -> Self {
        let mend = Some(mend);
        Self { mend, ..self }
    }

    /// Why, for people.
    pub(super) fn why(&self) -> &str {
        &self.why
    }
}

/// Decodes `bytes`, the content of a sound file: WAV, MP3, Ogg Vorbis or FLAC, in its own rate
/// and channels.
///
/// # Errors
///
/// [`ErrorKind::Sound`] if that is no sound that Herald can play.
pub fn decode(bytes: &[u8]) -> Result<Clip> {
    let decoded = super::caught(|| collect(None, 0, |intake| decode_into(bytes, intake)));
    decoded.map_err(|refusal| refusal.error("cannot play the sound"))
}

/// As [`decode`], but what is wrong in a decoder panics. For tests that look for it.
#[doc(hidden)]
pub fn decode_or_panic(bytes: &[u8]) -> Result<Clip> {
    let decoded = collect(None, 0, |intake| decode_into(bytes, intake));
    decoded.map_err(|refusal| refusal.error("cannot play the sound"))
}

/// The clip, in `format` or its own, of what `decode` takes in: about `samples`, where that is known.
pub(super) fn collect(
    format: Option<Format>,
    samples: usize,
    decode: impl FnOnce(Intake<'_>) -> std::result::Result<Taken, Refusal>,
) -> std::result::Result<Clip, Refusal> {
    let mut samples = Vec::with_capacity(samples);
    let mut out = |piece: &[f32]| {
        samples.extend_from_slice(piece);
        Ok(())
    };
    let taken = decode(Intake::new(format, &mut out))?;
    Ok(taken.clip(samples))
}

/// Decodes `bytes`, the content of a sound file, into `intake`. What is wrong in a decoder panics.
pub(super) fn decode_into(
    bytes: &[u8],
    mut intake: Intake<'_>,
) -> std::result::Result<Taken, Refusal> {
    match Kind::of(bytes).map_err(Foreign::refusal)? {
        Kind::Wav => match wav::plain(bytes)? {
            Some(plain) => plain.decode(&mut intake)?,
            None => packets::decode(bytes, &mut intake)?,
        },
        Kind::Flac => packets::decode(&flac::bare(bytes)?, &mut intake)?,
        Kind::Mp3 | Kind::Ogg => packets::decode(bytes, &mut intake)?,
    }
    intake.finish()
}

/// The format of `rate` and `channels`, if a sound can have it.
fn format(rate: u32, channels: usize) -> std::result::Result<Format, Cause> {
    if !RATES.contains(&rate) || !(1..=MAX_CHANNELS).contains(&channels) {
        return Err(format!("{rate} Hz and {channels} channels are no sound").into());
    }
    Ok(Format {
        rate,
        channels: channels as u16,
    })
}

/// How many samples there are, if there are some and not too many.
fn check_len(format: Format, samples: usize) -> std::result::Result<(), Cause> {
    let frames = samples / usize::from(format.channels);
    if frames == 0 {
        return Err("it holds no samples".into());
    }
    check_room(format, samples)
}

/// Whether `samples` are not too many.
fn check_room(format: Format, samples: usize) -> std::result::Result<(), Cause> {
    let frames = samples / usize::from(format.channels);
    if frames as u64 > u64::from(format.rate) * u64::from(MAX_SECONDS) {
        return Err(format!("it is longer than {MAX_SECONDS} s").into());
    }
    if samples > MAX_SAMPLES {
        return Err(format!("it holds more than {MAX_SAMPLES} samples").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;

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
//! while decoding: a small file may hold hours. Rate, channels and the codebooks of Vorbis are looked
//! at before a decoder is made, which takes memory by what the header says.

mod codebooks;
mod kind;
mod packets;
mod wav;

use std::io::Read;
use std::path::Path;

use super::clip::{Clip, Format, LOUDEST};
use crate::error::{Cause, Error, ErrorKind, Result};
use crate::file;
use kind::{Foreign, Kind};

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
#[derive(Debug)]
pub(super) struct Refusal {
    why: Cause,
    mend: Option<&'static str>,
}

impl<C: Into<Cause>> From<C> for Refusal {
    fn from(why: C) -> Self {
        let (why, mend) = (why.into(), None);
        Self { why, mend }
    }
}

/// Decodes `bytes`, the content of a sound file: WAV, MP3, Ogg Vorbis or FLAC, in its own rate
/// and channels.
///
/// # Errors
///
/// [`ErrorKind::Sound`] if that is no sound that Herald can play.
pub fn decode(bytes: &[u8]) -> Result<Clip> {
    super::caught("cannot play the sound", || decode_or_panic(bytes))
}

/// As [`decode`], but what is wrong in a decoder panics. For tests that look for it.
#[doc(hidden)]
pub fn decode_or_panic(bytes: &[u8]) -> Result<Clip> {
    decode_uncaught(bytes).map_err(|refusal| error("cannot play the sound".to_owned(), refusal))
}

/// Decodes the file at `path`. What is wrong in a decoder panics.
pub(super) fn decode_file(path: &Path) -> Result<Clip> {
    let cannot = || format!("cannot play {}", path.display());
    let read = || {
        let file = file::open_regular(path, MAX_LEN)?;
        let mut bytes = Vec::with_capacity(file.metadata()?.len() as usize);
        // It may grow meanwhile.
        file.take(MAX_LEN).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|why: std::io::Error| error(cannot(), why.into()))?;
    decode_uncaught(&bytes).map_err(|refusal| error(cannot(), refusal))
}

fn error(what: String, refusal: Refusal) -> Error {
    let error = Error::new(ErrorKind::Sound, what).because(refusal.why);
    match refusal.mend {
        Some(mend) => error.mend(mend),
        None => error,
    }
}

fn decode_uncaught(bytes: &[u8]) -> std::result::Result<Clip, Refusal> {
    match Kind::of(bytes) {
        Ok(Kind::Wav) => wav::decode(bytes),
        Ok(Kind::Mp3 | Kind::Ogg | Kind::Flac) => packets::decode(bytes),
        Err(Foreign::Sound(name)) => Err(Refusal {
            why: format!("it is {name}, which Herald does not play").into(),
            mend: Some("convert it: ffmpeg -i FILE FILE.wav"),
        }),
        Err(Foreign::Other(name)) => Err(Refusal {
            why: format!("it is {name}").into(),
            mend: Some("Herald plays WAV, MP3, Ogg Vorbis and FLAC"),
        }),
    }
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

/// Brings samples that may be anything within full scale.
fn level(samples: &mut [f32]) -> std::result::Result<(), Cause> {
    let mut peak = 0.0f32;
    for sample in &mut *samples {
        if !sample.is_finite() {
            *sample = 0.0;
        }
        peak = peak.max(sample.abs());
    }
    if peak > LOUDEST {
        return Err(format!("its samples go up to {peak:.0} times full scale").into());
    }
    if peak > 1.0 {
        for sample in samples {
            // Clamped, because the quotient is rounded.
            *sample = (*sample / peak).clamp(-1.0, 1.0);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

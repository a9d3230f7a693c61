//! Sound files to clips.
//!
//! Plain PCM WAV is read here; MP3, Ogg Vorbis and FLAC go through symphonia, and so does a WAV file
//! whose samples are encoded. What a file is, its first bytes tell.
//!
//! # Invariants
//!
//! - A file that ends early gives what is there; one of which nothing is there is an error.
//! - What a header says of a sound's length is never why its end is not heard.
//! - A clip's samples are finite and within full scale. What is louder is turned down as a whole;
//!   what is louder by far is damage, and not played.
//!
//! # Limits
//!
//! [`MAX_LEN`] bytes and [`MAX_CHANNELS`]. [`MAX_SECONDS`] and [`MAX_SAMPLES`] are looked at while
//! decoding, since a small file may hold hours: what is longer is cut there, and fades out. Rate, channels, the blocks of FLAC and the codebooks of
//! Vorbis are looked at before a decoder is made, which takes memory by what the header says.

mod codebooks;
mod flac;
mod intake;
mod kind;
mod mpeg;
mod packets;
mod refusal;
mod wav;

use super::clip::{Clip, Format};
use crate::error::Result;
pub(super) use intake::{Intake, Taken};
use kind::Foreign;
pub(super) use kind::Kind;
pub(super) use refusal::{Mend, Refusal};
use wav::Encoded;
pub(super) use wav::plain;

/// The largest sound file that is read, in bytes.
pub const MAX_LEN: u64 = 32 << 20;
/// How much of a sound is played, in seconds.
pub const MAX_SECONDS: u32 = 60;
/// Rates and channel counts outside these are damage, not sounds.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;
const MAX_CHANNELS: usize = 8;
/// The most samples that are decoded: a minute of 192 kHz stereo.
const MAX_SAMPLES: usize = MAX_SECONDS as usize * 192_000 * 2;

/// Decodes `bytes`, the content of a sound file: WAV, MP3, Ogg Vorbis or FLAC, in its own rate
/// and channels.
///
/// # Errors
///
/// [`ErrorKind::Sound`](crate::ErrorKind::Sound) if that is no sound that Herald can play.
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
    let bytes = mpeg::behind_tags(bytes);
    match Kind::of(bytes).map_err(Foreign::refusal)? {
        Kind::Wav => match wav::plain(bytes)? {
            Some(plain) => plain.decode(&mut intake)?,
            None => match wav::encoded(bytes)? {
                Encoded::Mp3(bytes) => packets::decode(Kind::Mp3, bytes, &mut intake)?,
                Encoded::Wav(bytes) => packets::decode(Kind::Wav, &bytes, &mut intake)?,
            },
        },
        Kind::Flac => packets::decode(Kind::Flac, &flac::bare(bytes)?, &mut intake)?,
        kind @ (Kind::Mp3 | Kind::Ogg) => packets::decode(kind, bytes, &mut intake)?,
    }
    intake.finish()
}

/// The format of `rate` and `channels`, if a sound can have it.
fn format(rate: u32, channels: usize) -> std::result::Result<Format, Refusal> {
    if !RATES.contains(&rate) {
        let (least, most) = (RATES.start(), RATES.end());
        let why = format!("its rate is {rate} Hz, and {least} to {most} Hz are played");
        return Err(Refusal::from(why).hint(Mend::UsualRate));
    }
    if !(1..=MAX_CHANNELS).contains(&channels) {
        let why = format!("it has {channels} channels, and 1 to {MAX_CHANNELS} are played");
        return Err(Refusal::from(why).hint(Mend::FewerChannels));
    }
    Ok(Format {
        rate,
        channels: channels as u16,
    })
}

#[cfg(test)]
mod tests;

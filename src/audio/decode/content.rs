//! Decodes the content of a sound file by its type.

use super::intake::{Intake, Taken, collect};
use super::kind::{Foreign, Kind};
use super::refusal::{Refusal, caught};
use super::wav::{self, Encoded};
use super::{flac, mpeg, packets};
use crate::audio::clip::Clip;
use crate::error::Result;

/// Decodes `bytes`, the content of a sound file, in its own rate and channels.
///
/// # Errors
///
/// [`ErrorKind::Sound`](crate::ErrorKind::Sound) if Herald cannot play it.
pub fn decode(bytes: &[u8]) -> Result<Clip> {
    let decoded = caught(|| collect(None, 0, |intake| decode_into(bytes, intake)));
    decoded.map_err(|refusal| refusal.error("cannot play the sound"))
}

/// As [`decode`], but a panic in a decoder is not caught. For tests.
#[doc(hidden)]
pub fn decode_or_panic(bytes: &[u8]) -> Result<Clip> {
    let decoded = collect(None, 0, |intake| decode_into(bytes, intake));
    decoded.map_err(|refusal| refusal.error("cannot play the sound"))
}

/// Decodes `bytes`, the content of a sound file, into `intake`. A panic in a decoder is not caught.
pub(in crate::audio) fn decode_into(
    bytes: &[u8],
    mut intake: Intake<'_>,
) -> std::result::Result<Taken, Refusal> {
    let bytes = mpeg::skip_tags(bytes);
    match Kind::of(bytes).map_err(Foreign::refusal)? {
        Kind::Wav => match wav::plain(bytes)? {
            Some(plain) => plain.decode(&mut intake)?,
            None => match wav::encoded(bytes)? {
                Encoded::Mp3(bytes) => packets::decode(Kind::Mp3, bytes, &mut intake)?,
                Encoded::Wav(bytes) => packets::decode(Kind::Wav, &bytes, &mut intake)?,
            },
        },
        Kind::Flac => packets::decode(Kind::Flac, &flac::bare(bytes)?, &mut intake)?,
        kind @ (Kind::Mp3 | Kind::Ogg | Kind::Aiff | Kind::Caf | Kind::Mp4) => {
            packets::decode(kind, bytes, &mut intake)?
        }
    }
    intake.finish()
}

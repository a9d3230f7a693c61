//! Decodes sound files to clips.
//!
//! Plain PCM WAV is decoded here; MP3, Ogg Vorbis, FLAC, encoded WAV files, and with the feature `more-formats`
//! AIFF, Core Audio and MPEG-4, go through symphonia. Files are
//! identified by their first bytes.
//!
//! # Invariants
//!
//! - A truncated file plays up to its end; a file without any sample is an error.
//! - A wrong length in a header never cuts off the end of a sound.
//! - A clip's samples are finite and within full scale. A louder sound is turned down as a whole; a much
//!   louder one is damaged, and refused.
//!
//! # Limits
//!
//! [`MAX_LEN`] bytes and [`bounds::MAX_CHANNELS`]. [`MAX_SECONDS`] and [`bounds::MAX_SAMPLES`] are checked
//! while decoding, because a small file may hold hours; a longer sound is cut and fades out. Rate, channels,
//! FLAC block sizes and Vorbis codebooks are checked before a decoder is created, because its memory depends
//! on the header.

mod bounds;
mod codebooks;
mod content;
mod flac;
mod intake;
mod kind;
mod mp4;
mod mpeg;
mod packets;
mod refusal;
mod wav;

pub(crate) use bounds::MAX_LEN;
pub use bounds::MAX_SECONDS;
pub(super) use content::decode_into;
pub use content::{decode, decode_or_panic};
pub(super) use intake::{Intake, Taken, collect};
pub(super) use kind::Kind;
pub(super) use refusal::{DECODER_CRASHED, Hint, Refusal, caught};
pub(super) use wav::plain;

#[cfg(test)]
mod tests;

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
//! [`MAX_LEN`] bytes and [`bounds::MAX_CHANNELS`]. [`MAX_SECONDS`] and [`bounds::MAX_SAMPLES`] are looked
//! at while decoding, since a small file may hold hours: what is longer is cut there, and fades out. Rate,
//! channels, the blocks of FLAC and the codebooks of Vorbis are looked at before a decoder is made, which
//! takes memory by what the header says.

mod bounds;
mod codebooks;
mod content;
mod flac;
mod intake;
mod kind;
mod mpeg;
mod packets;
mod refusal;
mod wav;

pub use bounds::{MAX_LEN, MAX_SECONDS};
pub(super) use content::decode_into;
pub use content::{decode, decode_or_panic};
pub(super) use intake::{Intake, Taken, collect};
pub(super) use kind::Kind;
pub(super) use refusal::{CONFUSES, Hint, Refusal, caught};
pub(super) use wav::plain;

#[cfg(test)]
mod tests;

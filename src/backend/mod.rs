//! Ways out for sound, behind one trait.
//!
//! ```text
//!                      ┌─ pulse   a sound server, here or on another machine
//!                      ├─ cpal    a sound card
//!  Backend ─┬─ Mixed ──┼─ wav     a file
//!           │  engine  └─ null    nowhere
//!           └─ Command            an external player, a process for each sound
//! ```
//!
//! A [`Backend`] takes sounds. Most mix them themselves (`mixed`) and hand the samples to a
//! `Device`, which knows nothing of sounds; an external player does its own mixing. [`chain()`]
//! says which to try, in which order.

mod chain;
mod command;
mod cpal;
mod device;
mod meter;
mod mixed;
mod null;
mod output;
mod paced;
mod pull;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod pulse;
mod wav;

pub use chain::{OutputChoice, chain, open};
pub use output::{Backend, Context, Cue, Progress, Voice, VoiceId};

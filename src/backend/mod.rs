//! Outputs, behind one trait.
//!
//! ```text
//!                      ┌─ pulse   a sound server, here or on another machine
//!                      ├─ cpal    a sound card
//!  Backend ─┬─ Mixed ──┼─ wav     a file
//!           │  engine  └─ null    nowhere
//!           └─ Command            an external player, a process for each sound
//! ```
//!
//! A [`Backend`] plays sounds. Most mix them (`mixed`) and pass samples to a `Device`, which does not know
//! sounds; an external player mixes by itself. [`chain()`] returns the choices in order.

#[cfg(target_os = "linux")]
mod alsa;
mod chain;
mod command;
#[cfg(windows)]
mod consent_store;
#[cfg(target_vendor = "apple")]
mod core_audio;
mod cpal;
mod device;
mod devices;
pub(crate) mod listening;
mod meter;
mod mixed;
mod null;
mod output;
mod paced;
mod pull;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod pulse;
mod wav;

pub(crate) use chain::{OutputChoice, chain, open};
pub(crate) use command::sweep;
pub(crate) use devices::devices;
pub(crate) use output::{Backend, Context, Cue, Progress, Voice};

//! The resident player: one process per user that plays the sounds of all hooks, or one per distinct set of
//! permissions ([`Authority`]).
//!
//! A hook must not wait for a sound, and its process group may be killed when it exits. So it sends one
//! message ([`protocol`], `inbox`) to a player in a separate session ([`client`], `spawn`), which outlives
//! the hook (`server`, in builds with the `playback` feature). A long-running program may play in process
//! instead (`local`).

mod authority;
pub(crate) mod client;
mod inbox;
#[cfg(any(feature = "playback", feature = "relay"))]
mod own_program;
#[cfg(any(feature = "playback", feature = "relay"))]
mod player_lock;
pub(crate) mod protocol;
#[cfg(feature = "relay")]
pub(crate) mod relay;
#[cfg(feature = "playback")]
pub(crate) mod reminders;
mod reply_to;
#[cfg(feature = "playback")]
mod runs;
mod spawn;

pub use authority::Authority;
pub use spawn::FIRST_REQUEST;
pub use spawn::{TO_HAVE_IT, cannot_start, program};

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::Throttle;
use crate::error::Result;
use protocol::{Outcome, Request};

/// Starts playing in this process. Throttle marks of failed sounds are cancelled; the log goes to the state
/// directory, if there is one.
///
/// The last argument is the decoder program, if one is set; by default the installed player.
pub(crate) type StartLocal =
    fn(Arc<Throttle>, Option<&Path>, Authority, Option<&Path>) -> Result<Box<dyn LocalOutput>>;

/// A player in this process; [`client::PlayerClient`] is for one in another process.
///
/// Programs that only send requests see this trait alone, so they link no audio library.
pub(crate) trait LocalOutput: Debug + Send + Sync {
    /// Whether the playing thread is in this process, rather than in the parent of a fork.
    fn is_in_this_process(&self) -> bool;
    /// Sends `request` without waiting.
    fn send(&self, request: Request) -> Result<()>;
    /// Sends `request` and waits up to `limit` until the sound was played or failed.
    fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome>;
    /// Waits up to `limit` until all sounds have ended. Returns whether they have.
    fn wait_until_silent(&self, limit: Duration) -> bool;
}

#[cfg(feature = "playback")]
mod command;
#[cfg(feature = "playback")]
mod configs;
#[cfg(feature = "playback")]
#[doc(hidden)]
pub(crate) mod decoder;
#[cfg(feature = "playback")]
pub(crate) mod devices;
#[cfg(feature = "playback")]
pub(crate) mod local;
#[cfg(feature = "playback")]
mod outcomes;
#[cfg(feature = "playback")]
pub(crate) mod quiet;
#[cfg(feature = "playback")]
pub(crate) mod server;
#[cfg(feature = "playback")]
mod speakers;

//! The resident player: one process that makes every hook's sound; one a user, and for each environment
//! that says otherwise what it may use ([`Authority`]).
//!
//! A hook must not wait for a sound, and its process group may be killed the moment it exits. So
//! it hands a request over in one message ([`protocol`], `inbox`) to a player in a session of its
//! own ([`client`], `spawn`), which outlives it (`server`, in builds with the `playback` feature).
//! A program that lives long may play by itself instead (`local`).

mod authority;
pub mod client;
mod inbox;
pub mod protocol;
mod reply_to;
mod spawn;

pub use authority::Authority;
pub use spawn::FIRST_REQUEST;
pub use spawn::{cannot_start, program};

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::Throttle;
use crate::error::Result;
use protocol::{Outcome, Request};

/// Starts what plays in this process. It takes back marks of the throttle, and logs in the state
/// directory, if there is one.
///
/// The last is the program that decodes for it, if one is named: else the installed one does.
pub(crate) type StartLocal =
    fn(Arc<Throttle>, Option<&Path>, Authority, Option<&Path>) -> Result<Box<dyn LocalOutput>>;

/// What plays in this process: [`client::PlayerClient`] is the way to what plays in another one.
///
/// Programs that only hand sounds over know it by this name alone, so that they link no audio
/// library.
pub(crate) trait LocalOutput: Debug + Send + Sync {
    /// Whether it is in this process, and not in the one that this was forked from.
    fn is_in_this_process(&self) -> bool;
    /// Hands `request` over without waiting.
    fn send(&self, request: Request) -> Result<()>;
    /// Hands `request` over and waits until it was heard, or failed, or `limit` has passed.
    fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome>;
    /// Waits until everything has ended, at most `limit`. Returns whether it has.
    fn wait_until_silent(&self, limit: Duration) -> bool;
}

#[cfg(feature = "playback")]
mod configs;
#[cfg(feature = "playback")]
#[doc(hidden)]
pub mod decoder;
#[cfg(feature = "playback")]
pub(crate) mod local;
#[cfg(feature = "playback")]
mod outcomes;
#[cfg(feature = "playback")]
mod player_lock;
#[cfg(feature = "playback")]
pub mod server;
#[cfg(feature = "playback")]
mod speakers;

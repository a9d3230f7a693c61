//! Shared terms. Every room may use them; they use no other room.

#[cfg(any(feature = "editing", feature = "playback"))]
pub mod decodings;
pub mod event;
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod kind;
pub mod nearest;
pub mod playback;
pub mod severity;
pub mod sound;

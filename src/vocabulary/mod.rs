//! What everybody may know, and what knows nobody: the words that the other rooms speak in.

#[cfg(any(feature = "editing", feature = "playback"))]
pub mod decodings;
pub mod event;
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod kind;
pub mod nearest;
pub mod playback;
pub mod severity;
pub mod sound;

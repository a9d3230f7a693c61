//! Shared terms. Every module may use them; they use no other module.

#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod decodings;
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod device;
pub(crate) mod event;
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) mod kind;
pub(crate) mod loudness;
pub(crate) mod nearest;
pub(crate) mod playback;
pub(crate) mod quiet_rule;
pub(crate) mod severity;
pub(crate) mod sound;
pub(crate) mod variation;

//! What programs link: the manager, the examples, events as the library takes them.

#[cfg(all(unix, feature = "playback"))]
mod concurrent;
pub(crate) mod examples;
mod manager;
mod threads;

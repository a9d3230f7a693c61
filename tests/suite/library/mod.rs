//! What programs link: the manager, the examples, events as the library takes them.

#[cfg(all(unix, feature = "playback"))]
mod concurrent;
pub(crate) mod examples;
mod manager;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod packaged;
mod threads;

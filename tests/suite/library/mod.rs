//! The library for programs: the manager, the examples, and events.

mod events;
mod examples;
mod manager;
#[cfg(all(unix, feature = "playback"))]
mod manager_on_many_threads;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod packaged;
mod send_and_sync;

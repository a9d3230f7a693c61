//! The atomics of everything that shares memory, and the queue that is made of them.
//!
//! A test keeps other files from importing `std::sync::atomic`: what the models check is what ships.

pub use herald_throttle::sync::{AtomicU64, Ordering};

#[cfg(feature = "playback")]
pub(crate) use atomic::Atomic;
#[cfg(feature = "playback")]
pub(crate) use crossbeam::queue::ArrayQueue;

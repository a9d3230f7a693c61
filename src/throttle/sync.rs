//! The one place that names `std` or `loom` atomics.
//!
//! Everything that shares memory imports its atomics from here, so that a build with `--cfg herald_loom`
//! checks the code that ships. A test keeps other files from importing `std::sync::atomic`.

#[cfg(herald_loom)]
pub use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(herald_loom))]
pub use std::sync::atomic::{AtomicU64, Ordering, fence};

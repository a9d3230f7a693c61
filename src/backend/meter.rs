//! State that a stream's callbacks report to the control side.

use std::sync::OnceLock;

use crate::sync::AtomicU64;

/// Relaxed throughout: independent numbers.
#[derive(Default)]
pub(super) struct Meter {
    pub(super) frames: AtomicU64,
    pub(super) latency_us: AtomicU64,
    /// Why the stream ended, if it did. Not for the data callback.
    pub(super) lost: OnceLock<String>,
}

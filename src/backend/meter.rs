//! What a stream's callbacks tell the control side.

use std::sync::OnceLock;

use crate::sync::AtomicU64;

/// Numbers that the callbacks keep. Relaxed throughout: they are independent.
#[derive(Default)]
pub(super) struct Meter {
    pub(super) frames: AtomicU64,
    pub(super) latency_us: AtomicU64,
    /// Why the stream ended, if it has.
    pub(super) lost: OnceLock<String>,
}

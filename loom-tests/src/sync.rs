//! The atomics and the queue of the copies under test: loom's, or those scheduled by shuttle and recorded in
//! a journal.

#[cfg(herald_loom)]
pub(crate) use crate::exhaustive::engine::stand_in::{ArrayQueue, Atomic};
#[cfg(not(herald_loom))]
pub(crate) use crate::random::slot::AtomicU64;
#[cfg(herald_loom)]
pub(crate) use herald_throttle::internals::sync::{AtomicU64, Ordering, fence};
#[cfg(not(herald_loom))]
pub(crate) use std::sync::atomic::Ordering;

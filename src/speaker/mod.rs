//! A speaker: one output with a thread of its own, that is opened when something shall sound and
//! closed when nothing does.
//!
//! # Purpose
//!
//! Opening an output may take seconds where a sound server hangs, and an open stream keeps headsets
//! awake. So all of it happens on a thread that nobody waits for: [`Speaker::play`] returns at once,
//! and the outcome comes later. Files are loaded on threads of their own: one that takes long does not
//! make the others late.
//!
//! # Invariants
//!
//! - Every job gets exactly one outcome.
//! - An output is closed only after its last frame was heard, by the system's own account of its
//!   latency and one period more: dropping it earlier would cut the tail.
//! - A sound whose output died is tried again, from where it was cut off, for as long as it lasts
//!   and at least a second. It fails only then.

mod deadline;
mod handle;
mod job;
mod job_queue;
mod loader;
mod outputs;
mod policy;
mod queue;
mod task;
mod worker;

pub use handle::Speaker;
pub use job::{Done, Ending, Instead, Piece};

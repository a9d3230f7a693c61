//! A speaker: one output with its own thread, opened for playing and closed when idle.
//!
//! # Purpose
//!
//! Opening an output may take seconds if a sound server hangs, and an open stream keeps headsets awake. So
//! all of this happens on a thread that no caller waits for: [`Speaker::play`] returns at once, and the
//! outcome follows later. Files are loaded on separate threads, so a slow one does not delay others.
//!
//! # Invariants
//!
//! - Each job gets exactly one outcome.
//! - An output is closed only after its last frame was played, according to the system's latency plus one
//!   period: dropping it earlier would cut the end.
//! - A sound whose output failed is retried from where it stopped, for the rest of its length and at least a
//!   second. Only then does it fail.

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

pub(crate) use handle::Speaker;
pub(crate) use job::{Ending, Piece};

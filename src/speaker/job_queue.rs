//! The jobs that the thread has not taken up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::job::Job;
use super::queue::Queue;

/// The jobs that the thread has not taken up: while it opens the output, say.
#[derive(Default)]
pub(super) struct JobQueue(Mutex<Queue<Job>>);

impl std::fmt::Debug for JobQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JobQueue({})", self.jobs().len())
    }
}

impl JobQueue {
    pub(super) fn jobs(&self) -> MutexGuard<'_, Queue<Job>> {
        // The queue is whole between any two of its calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody takes jobs up any more: they end.
    pub(super) fn clear(&self) {
        let jobs = std::mem::take(&mut *self.jobs());
        // Whoever is told now may ask for another.
        drop(jobs);
    }
}

/// Ends with the thread, however that does.
pub(super) struct Clearing(pub(super) Arc<JobQueue>);

impl Drop for Clearing {
    fn drop(&mut self) {
        self.0.clear();
    }
}

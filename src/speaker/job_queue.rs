//! The jobs that the thread has not taken yet.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::job::Job;
use super::queue::Queue;

/// The jobs that the thread has not taken yet, for example while it opens the output.
#[derive(Default)]
pub(super) struct JobQueue(Mutex<Queue<Job>>);

impl std::fmt::Debug for JobQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JobQueue({})", self.jobs().len())
    }
}

impl JobQueue {
    pub(super) fn jobs(&self) -> MutexGuard<'_, Queue<Job>> {
        // A panic leaves the queue valid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all jobs, because the thread has ended.
    pub(super) fn clear(&self) {
        let jobs = std::mem::take(&mut *self.jobs());
        // A receiver may send another job.
        drop(jobs);
    }
}

/// Clears the queue when the thread ends for any reason.
pub(super) struct Clearing(pub(super) Arc<JobQueue>);

impl Drop for Clearing {
    fn drop(&mut self) {
        self.0.clear();
    }
}

//! The public handle of a speaker.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::job::{Done, Job, Listener, Message, Piece, too_many};
use super::job_queue::{Clearing, JobQueue};
use super::outputs::Outputs;
use super::worker::Worker;
use crate::audio::ClipCache;
use crate::backend::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::sound::Output;

/// Plays sounds on one output.
#[derive(Debug)]
pub(crate) struct Speaker {
    messages: Sender<Message>,
    queue: Arc<JobQueue>,
    thread: JoinHandle<()>,
}

impl Speaker {
    /// A speaker for `output`, which is opened later in `context`. Decoded sounds are cached in `clips`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Output`] if the thread cannot be started.
    pub(crate) fn new(output: &Output, context: Context, clips: Arc<ClipCache>) -> Result<Self> {
        let (messages, inbox) = channel();
        let queue = Arc::<JobQueue>::default();
        let outputs = Outputs::new(output, context, clips.clone());
        let worker = Worker::new(outputs, clips, queue.clone());
        let clearing = Clearing(queue.clone());
        let thread = thread::Builder::new()
            .name("herald-speaker".to_owned())
            .spawn(move || {
                // Dropped in this order: a job sent after the inbox is gone is cleared by its sender, others
                // by `_clearing`.
                let _clearing = clearing;
                let inbox = inbox;
                worker.run(&inbox);
            })
            .map_err(|error| {
                Error::new(ErrorKind::Output, "cannot start a thread").because(error)
            })?;
        Ok(Self {
            messages,
            queue,
            thread,
        })
    }

    /// Plays `piece`. Returns at once; `done` is called later on another thread, or now if too many sounds
    /// are waiting.
    pub(crate) fn play(&self, piece: Piece, done: Done) {
        let job = Job {
            piece,
            asked: Instant::now(),
            listener: Listener(Some(done)),
            back: self.messages.clone(),
        };
        let gone = self.queue.jobs().push(job);
        match gone {
            // The thread's notification for the dropped job now refers to this one.
            Some(job) => job.listener.tell(Err(too_many())),
            None if self.messages.send(Message::Job).is_err() => self.queue.clear(),
            None => {}
        }
    }

    /// Whether it still plays; false after a panic.
    pub(crate) fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }
}

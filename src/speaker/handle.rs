//! What others have of a speaker.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::job::{Done, Job, Listener, Message, Piece, too_many};
use super::job_queue::{Clearing, JobQueue};
use super::outputs::Outputs;
use super::worker::Worker;
use crate::audio::ClipCache;
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::sound::Output;
use crate::system::sound_server::SoundServer;

/// A way to make sounds come out of one output.
#[derive(Debug)]
pub struct Speaker {
    messages: Sender<Message>,
    queue: Arc<JobQueue>,
    thread: JoinHandle<()>,
}

impl Speaker {
    /// A speaker for `output`, which is not opened yet; where a sound server is needed it is
    /// `server`. Decoded sounds are kept in `clips`, and `master` rules over all of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Output`] if no thread can be started.
    pub fn new(
        output: &Output,
        server: &SoundServer,
        clips: Arc<ClipCache>,
        master: Arc<Master>,
    ) -> Result<Self> {
        let (messages, inbox) = channel();
        let queue = Arc::<JobQueue>::default();
        let outputs = Outputs::new(output, server, clips.clone(), master);
        let worker = Worker::new(outputs, clips, queue.clone());
        let clearing = Clearing(queue.clone());
        let thread = thread::Builder::new()
            .name("herald-speaker".to_owned())
            .spawn(move || {
                // The inbox goes first: who finds it there has the queue cleared, else clears it.
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

    /// Plays `piece`. Returns at once; `done` is called later, on another thread, or now if too much
    /// is waiting already.
    pub fn play(&self, piece: Piece, done: Done) {
        let job = Job {
            piece,
            asked: Instant::now(),
            listener: Listener(Some(done)),
            back: self.messages.clone(),
        };
        let gone = self.queue.jobs().push(job);
        match gone {
            // If it is another one, what the thread was told of that is now about this.
            Some(job) => job.listener.tell(Err(too_many())),
            None if self.messages.send(Message::Job).is_err() => self.queue.clear(),
            None => {}
        }
    }

    /// Whether it still plays what it is given: false after a panic.
    pub fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }
}

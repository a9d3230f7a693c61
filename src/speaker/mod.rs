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
mod loader;
mod outputs;
mod policy;
mod task;
mod worker;

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::audio::ClipCache;
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::sound::{Output, Sound};
use crate::sound_server::SoundServer;
use crate::stopwatch::Stopwatch;
use crate::sync::{Atomic, Ordering::Relaxed};
use loader::Loaded;
use outputs::Outputs;
use worker::Worker;

/// Jobs that wait to be taken up: while the output is being opened, or until others have ended.
const MAX_WAITING: usize = 64;

/// What became of a sound that did sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was heard to its end.
    Played {
        /// What it came out of, for people.
        through: String,
        /// What was heard in the first sound's place, if so.
        instead: Option<Instead>,
    },
    /// It began, and made way for a newer one; or was muted, at an external player.
    Stopped,
}

/// A sound in the place of those that were preferred to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// What was heard.
    pub sound: Sound,
    /// Why the others could not be.
    pub why: String,
}

/// What shall be played, and how.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The first of these that can be.
    pub sounds: Vec<Sound>,
    /// A factor from 0 to 1.
    pub volume: f32,
    /// Whether the sounds are the user's own: a project's are heard for [`crate::audio::MAX_PROJECTS`].
    pub is_users: bool,
    /// The project it is for: sounds of others it has nothing to do with.
    pub project: Option<String>,
    /// How it gets on with other sounds of its project.
    pub playback: Playback,
    /// For what takes long on the way.
    pub stopwatch: Stopwatch,
}

/// Told what became of a job, or why it was not heard.
pub type Done = Box<dyn FnOnce(Result<Ending>) + Send>;

/// A way to make sounds come out of one output.
#[derive(Debug)]
pub struct Speaker {
    jobs: SyncSender<Message>,
    busy: Arc<Atomic<bool>>,
    thread: JoinHandle<()>,
}

/// What the thread is told.
enum Message {
    Play(Job),
    Loaded(Loaded),
}

/// A piece, and who wants to know of it.
struct Job {
    piece: Piece,
    asked: Instant,
    listener: Listener,
    /// The way to the thread, for what it waits for.
    back: SyncSender<Message>,
}

/// Who wants to know what becomes of a job; told even if the job gets lost on its way.
struct Listener(Option<Done>);

impl Listener {
    fn tell(mut self, result: Result<Ending>) {
        if let Some(done) = self.0.take() {
            done(result);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(Error::new(ErrorKind::Output, "the output ended")));
        }
    }
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
        let (jobs, waiting) = sync_channel(MAX_WAITING);
        let busy = Arc::new(Atomic::new(false));
        let outputs = Outputs::new(output, server, clips.clone(), master);
        let worker = Worker::new(outputs, clips, busy.clone());
        let thread = thread::Builder::new()
            .name("herald-speaker".to_owned())
            .spawn(move || worker.run(&waiting))
            .map_err(|error| {
                Error::new(ErrorKind::Output, "cannot start a thread").because(error)
            })?;
        Ok(Self { jobs, busy, thread })
    }

    /// Plays `piece`. Returns at once; `done` is called later, on another thread, or now if too much
    /// is waiting already.
    pub fn play(&self, piece: Piece, done: Done) {
        // Relaxed, and before the job: `is_idle` is asked by the thread that plays.
        self.busy.store(true, Relaxed);
        let job = Job {
            piece,
            asked: Instant::now(),
            listener: Listener(Some(done)),
            back: self.jobs.clone(),
        };
        let sent = self.jobs.try_send(Message::Play(job));
        if let Err(TrySendError::Full(Message::Play(job))) = sent {
            job.listener.tell(Err(too_many()));
        }
    }

    /// Whether it still plays what it is given: false after a panic.
    pub fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Whether nothing sounds or waits, and the output is closed.
    pub fn is_idle(&self) -> bool {
        !self.busy.load(Relaxed)
    }
}

fn too_many() -> Error {
    Error::new(ErrorKind::Busy, "too many sounds are waiting")
}

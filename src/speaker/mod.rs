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
mod queue;
mod task;
mod worker;

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::audio::ClipCache;
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::sound::{Output, Sound};
use crate::sync::{Atomic, Ordering::Relaxed};
use crate::system::sound_server::SoundServer;
use crate::system::stopwatch::Stopwatch;
use loader::Loaded;
use outputs::Outputs;
use queue::{Queue, Waits};
use worker::Worker;

/// How late a sound may be that had to be loaded.
const MAX_WAIT_LOADED: Duration = Duration::from_secs(10);

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
    /// Whether somebody is needed: then it goes before others of its project that wait.
    pub needs_somebody: bool,
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
    messages: Sender<Message>,
    desk: Arc<Desk>,
    busy: Arc<Atomic<bool>>,
    thread: JoinHandle<()>,
}

/// What the thread is told.
enum Message {
    /// There is one more on the desk.
    Job,
    Loaded(Loaded),
}

/// The jobs that the thread has not taken up: while it opens the output, say.
#[derive(Default)]
struct Desk(Mutex<Queue<Job>>);

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({})", self.jobs().len())
    }
}

impl Desk {
    fn jobs(&self) -> MutexGuard<'_, Queue<Job>> {
        // The queue is whole between any two of its calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody takes jobs up any more: they end.
    fn clear(&self) {
        let jobs = std::mem::take(&mut *self.jobs());
        // Whoever is told now may ask for another.
        drop(jobs);
    }
}

/// Ends with the thread, however that does.
struct Clearing(Arc<Desk>);

impl Drop for Clearing {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// A piece, and who wants to know of it.
struct Job {
    piece: Piece,
    asked: Instant,
    listener: Listener,
    /// The way to the thread, for what it waits for.
    back: Sender<Message>,
}

impl Waits for Job {
    fn project(&self) -> &Option<String> {
        &self.piece.project
    }
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
        let (messages, inbox) = channel();
        let (busy, desk) = (Arc::new(Atomic::new(false)), Arc::<Desk>::default());
        let outputs = Outputs::new(output, server, clips.clone(), master);
        let worker = Worker::new(outputs, clips, desk.clone(), busy.clone());
        let clearing = Clearing(desk.clone());
        let thread = thread::Builder::new()
            .name("herald-speaker".to_owned())
            .spawn(move || {
                // The inbox goes first: who finds it there has the desk cleared, else clears it.
                let _clearing = clearing;
                let inbox = inbox;
                worker.run(&inbox);
            })
            .map_err(|error| {
                Error::new(ErrorKind::Output, "cannot start a thread").because(error)
            })?;
        Ok(Self {
            messages,
            desk,
            busy,
            thread,
        })
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
            back: self.messages.clone(),
        };
        let gone = self.desk.jobs().push(job);
        match gone {
            // If it is another one, what the thread was told of that is now about this.
            Some(job) => job.listener.tell(Err(too_many())),
            None if self.messages.send(Message::Job).is_err() => self.desk.clear(),
            None => {}
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

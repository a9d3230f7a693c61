//! What shall be played, who wants to know of it, and what the thread is told.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::queue::Waits;
use crate::audio::Clip;
use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::sound::Sound;
use crate::system::stopwatch::Stopwatch;

/// How late a sound may be that had to be loaded.
pub(super) const MAX_WAIT_LOADED: Duration = Duration::from_secs(10);

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

/// What the thread is told.
pub(super) enum Message {
    /// There is one more in the queue.
    Job,
    Loaded(Loaded),
}

/// A sound that was loaded, or why not.
pub(super) struct Loaded {
    pub(super) number: u64,
    pub(super) clip: Result<Arc<Clip>>,
}

/// A piece, and who wants to know of it.
pub(super) struct Job {
    pub(super) piece: Piece,
    pub(super) asked: Instant,
    pub(super) listener: Listener,
    /// The way to the thread, for what it waits for.
    pub(super) back: Sender<Message>,
}

impl Waits for Job {
    fn project(&self) -> &Option<String> {
        &self.piece.project
    }
}

/// Who wants to know what becomes of a job; told even if the job gets lost on its way.
pub(super) struct Listener(pub(super) Option<Done>);

impl Listener {
    pub(super) fn tell(mut self, result: Result<Ending>) {
        if let Some(done) = self.0.take() {
            done(result);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(Error::new(ErrorKind::Output, "the output was closed")));
        }
    }
}

pub(super) fn too_many() -> Error {
    Error::new(ErrorKind::Busy, "too many sounds are waiting")
}

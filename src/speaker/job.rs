//! Jobs, and messages to the speaker's thread.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::queue::Waits;
use crate::audio::{Clip, Treatment};
use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::sound::Sound;
use crate::system::stopwatch::Stopwatch;
use crate::variation::Variation;

/// The maximum delay of a sound that had to be loaded.
pub(super) const MAX_WAIT_LOADED: Duration = Duration::from_secs(10);

/// The outcome of a sound that started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    /// It was played to its end.
    Played {
        /// The output, for messages.
        through: String,
        /// The substitute that was played, if any.
        substitute: Option<Substitute>,
        /// By how much it was turned up or down for its loudness, in decibels.
        gain_db: Option<f32>,
    },
    /// It started and was replaced by a newer one; or an external player was muted.
    Stopped,
}

/// A substitute for preferred sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Substitute {
    /// The sound that was played.
    pub sound: Sound,
    /// Why the others could not be played.
    pub why: String,
}

/// A sound to play, with its settings.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The candidates: the first that can be played is used.
    pub sounds: Vec<Sound>,
    /// A factor from 0 to 1.
    pub volume: f32,
    /// Whether the sounds are the user's own. A project's sound is cut after [`crate::audio::MAX_PROJECTS`].
    pub is_users: bool,
    /// The project. Sounds of different projects do not affect each other.
    pub project: Option<String>,
    /// Whether it asks for attention: then it goes before waiting sounds of its project.
    pub needs_somebody: bool,
    /// The playback settings within the project.
    pub playback: Playback,
    /// Its variation, by which one hears whose it is.
    pub variation: Variation,
    /// For slow steps.
    pub stopwatch: Stopwatch,
}

impl Piece {
    /// How its sounds are changed when they are loaded, except for their loudness.
    pub(super) fn treatment(&self) -> Treatment {
        Treatment {
            loudness: None,
            semitones: match self.playback.voice_pitch {
                true => self.variation.steps,
                false => 0,
            },
            steps: self.variation.steps,
            theme: self.playback.theme,
        }
    }
}

/// Receives the outcome of a job, or why it failed.
pub(crate) type Done = Box<dyn FnOnce(Result<Ending>) + Send>;

/// A message to the thread.
pub(super) enum Message {
    /// The queue has a new job.
    Job,
    Loaded(Loaded),
}

/// A loaded sound, or why it could not be loaded.
pub(super) struct Loaded {
    pub(super) number: u64,
    pub(super) clip: Result<Arc<Clip>>,
}

/// A piece and the receiver of its outcome.
pub(super) struct Job {
    pub(super) piece: Piece,
    pub(super) asked: Instant,
    pub(super) listener: Listener,
    /// Sends messages to the thread, for steps it waits for.
    pub(super) back: Sender<Message>,
}

impl Waits for Job {
    fn project(&self) -> &Option<String> {
        &self.piece.project
    }
}

/// The receiver of a job's outcome; called even if the job is lost.
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

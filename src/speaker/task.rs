//! A job on its way, from output to output.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::job::{Ending, Instead, Job};
use super::queue::Waits;
use crate::audio::{Clip, MAX_PROJECTS, cut_for_project};
use crate::backend::Voice;
use crate::error::{Error, ErrorKind, Result};
use crate::sound::Sound;
use crate::system::external::TO_HAVE_ONE;

/// A job, and where to go on with it.
pub(super) struct Task {
    pub(super) job: Job,
    /// The sounds that cannot be played, which are the first of them, and why not.
    pub(super) unplayable: Vec<Error>,
    /// The next of them, once it is loaded.
    pub(super) clip: Option<Arc<Clip>>,
    /// Whether it has begun to sound: then it goes on, whatever else sounds.
    pub(super) begun: bool,
    /// The first output of the chain that may be able to play it.
    pub(super) choice: usize,
    /// Where in the sound to begin.
    pub(super) from: Duration,
    /// Why the outputs before that could not play it.
    pub(super) tried: Vec<Error>,
    /// What cut it off, and until when to try again.
    pub(super) trouble: Option<(String, Instant)>,
}

impl Task {
    pub(super) const fn new(job: Job) -> Self {
        Self {
            job,
            unplayable: Vec::new(),
            clip: None,
            begun: false,
            choice: 0,
            from: Duration::ZERO,
            tried: Vec::new(),
            trouble: None,
        }
    }

    /// Whether both are of one project.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.project() == other.project()
    }

    /// The best of its sounds that may be playable.
    pub(super) fn sound(&self) -> Option<&Sound> {
        self.job.piece.sounds.get(self.unplayable.len())
    }

    /// Its sound is loaded: `clip` is that file.
    pub(super) fn take(&mut self, clip: Arc<Clip>) {
        self.clip = Some(match self.job.piece.is_users {
            true => clip,
            false => cut_for_project(clip),
        });
    }

    /// Goes on to the next sound: the best one cannot be played, because of `error`.
    pub(super) fn pass_over(&mut self, error: Error) {
        self.unplayable.push(error);
        self.clip = None;
    }

    /// Why none of its sounds can be played.
    pub(super) fn why_silent(&mut self) -> Error {
        // The first is the one that was wanted.
        let first = self.unplayable.drain(..).next();
        first.unwrap_or_else(|| Error::new(ErrorKind::Sound, "nothing to play"))
    }

    /// What is heard in the first sound's place, if anything is.
    pub(super) fn instead(&self) -> Option<Instead> {
        let why: Vec<_> = self.unplayable.iter().map(Error::to_string).collect();
        let sound = self.sound().filter(|_| !why.is_empty())?.clone();
        Some(Instead {
            sound,
            why: why.join("; "),
        })
    }

    /// Ends it with `result`.
    pub(super) fn end(self, result: Result<Ending>) {
        self.job.listener.tell(result);
    }

    pub(super) fn refuse(self, why: String) {
        self.end(Err(Error::new(ErrorKind::Busy, "not played").because(why)));
    }
}

impl Waits for Task {
    fn project(&self) -> &Option<String> {
        &self.job.piece.project
    }
}

/// A job that sounds.
pub(super) struct Sounding {
    pub(super) task: Task,
    pub(super) voice: Voice,
    pub(super) since: Instant,
    pub(super) stopping: bool,
    /// Whether it is rendered to its end.
    pub(super) fading: bool,
}

impl Sounding {
    /// Whether it lasts longer than it may: what an external player plays cannot be cut before.
    pub(super) fn is_too_long(&self) -> bool {
        let is_cut = self.task.clip.is_some() || self.task.job.piece.is_users;
        !is_cut && !self.stopping && self.since.elapsed() > MAX_PROJECTS
    }

    /// Whether it overlaps a new one.
    pub(super) fn overlaps(&self) -> bool {
        !self.stopping && !self.fading
    }
}

/// One error for several outputs, each of which had its own.
pub(super) fn none_of(mut reasons: Vec<Error>) -> Error {
    if reasons.len() == 1
        && let Some(only) = reasons.pop()
    {
        return only;
    }
    if reasons.is_empty() {
        // Of all chains only that of external players may be empty.
        return Error::new(ErrorKind::Output, "no external player is installed")
            .with_hint(TO_HAVE_ONE);
    }
    let reasons: Vec<String> = reasons.iter().map(Error::to_string).collect();
    Error::new(ErrorKind::Output, "no sound output works")
        .because(reasons.join("; "))
        .with_hint("start a sound server, or set HERALD_OUTPUT=wav:PATH to render to a file")
}

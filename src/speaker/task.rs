//! A job on its way through the outputs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::job::{Ending, Job, Substitute};
use super::queue::Waits;
use crate::audio::{Clip, MAX_PROJECTS, cut_for_project};
use crate::backend::Voice;
use crate::error::{Error, ErrorKind, Result};
use crate::sound::{NO_OUTPUT_WORKS, Sound};
use crate::system::external::TO_HAVE_ONE;

/// A job with its progress.
pub(super) struct Task {
    pub(super) job: Job,
    /// Why its first sounds cannot be played, one error each.
    pub(super) unplayable: Vec<Error>,
    /// The next sound, once it is loaded.
    pub(super) clip: Option<Arc<Clip>>,
    /// Whether it has started: then it continues, whatever else plays.
    pub(super) begun: bool,
    /// The index of the first output that may be able to play it.
    pub(super) choice: usize,
    /// The position in the sound to start from.
    pub(super) from: Duration,
    /// Why the previous outputs could not play it.
    pub(super) tried: Vec<Error>,
    /// What interrupted it, and until when to retry.
    pub(super) interruption: Option<(String, Instant)>,
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
            interruption: None,
        }
    }

    /// Whether both belong to one project.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.project() == other.project()
    }

    /// The first candidate that may be playable.
    pub(super) fn sound(&self) -> Option<&Sound> {
        self.job.piece.sounds.get(self.unplayable.len())
    }

    /// Sets the loaded sound.
    pub(super) fn take(&mut self, clip: Arc<Clip>) {
        self.clip = Some(match self.job.piece.is_users {
            true => clip,
            false => cut_for_project(clip),
        });
    }

    /// Continues with the next candidate, because this one failed with `error`.
    pub(super) fn skip_sound(&mut self, error: Error) {
        self.unplayable.push(error);
        self.clip = None;
    }

    /// Why none of its sounds can be played.
    pub(super) fn first_error(&mut self) -> Error {
        // The first is the requested one.
        let first = self.unplayable.drain(..).next();
        first.unwrap_or_else(|| Error::new(ErrorKind::Sound, "nothing to play"))
    }

    /// The substitute for the first sound, if one plays.
    pub(super) fn substitute(&self) -> Option<Substitute> {
        let why: Vec<_> = self.unplayable.iter().map(Error::to_string).collect();
        let sound = self.sound().filter(|_| !why.is_empty())?.clone();
        Some(Substitute {
            sound,
            why: why.join("; "),
        })
    }

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

/// A job that is playing.
pub(super) struct Sounding {
    pub(super) task: Task,
    pub(super) voice: Voice,
    pub(super) since: Instant,
    pub(super) stopping: bool,
    /// Whether it is completely rendered.
    pub(super) fading: bool,
}

impl Sounding {
    /// Whether it exceeds its limit: an external player's sound cannot be cut in advance.
    pub(super) fn is_too_long(&self) -> bool {
        let is_cut = self.task.clip.is_some() || self.task.job.piece.is_users;
        !is_cut && !self.stopping && self.since.elapsed() > MAX_PROJECTS
    }

    /// Whether it counts as playing for a new sound.
    pub(super) fn overlaps(&self) -> bool {
        !self.stopping && !self.fading
    }
}

/// Combines the errors of several outputs.
pub(super) fn none_of(mut reasons: Vec<Error>) -> Error {
    if reasons.len() == 1
        && let Some(only) = reasons.pop()
    {
        return only;
    }
    if reasons.is_empty() {
        // Only the chain of external players can be empty.
        return Error::new(ErrorKind::Output, "no external player is installed")
            .with_hint(TO_HAVE_ONE);
    }
    let reasons: Vec<String> = reasons.iter().map(Error::to_string).collect();
    Error::new(ErrorKind::Output, NO_OUTPUT_WORKS)
        .because(reasons.join("; "))
        .with_hint("start a sound server, or set HERALD_OUTPUT=wav:PATH to render to a file")
}

//! Sounds on their way from files: each on a thread of its own, with the task that waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use super::task::Task;
use super::{Ending, Message};
use crate::audio::{Clip, ClipCache, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::sound::Sound;

/// How long a sound is waited for: longer than anything takes but a file system that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Loader {
    clips: Arc<ClipCache>,
    waiting: Vec<Waiting>,
    next: u64,
}

struct Waiting {
    number: u64,
    task: Task,
    since: Instant,
}

/// A sound that was loaded, or why not.
pub(super) struct Loaded {
    number: u64,
    clip: Result<Arc<Clip>>,
}

impl Loader {
    pub(super) const fn new(clips: Arc<ClipCache>) -> Self {
        Self {
            clips,
            waiting: Vec::new(),
            next: 0,
        }
    }

    /// Loads what `task` plays, in `format`. Whoever takes messages hears of it.
    pub(super) fn load(&mut self, task: Task, format: Format) {
        let number = self.next;
        self.next += 1;
        let Some(sound) = task.sound().cloned() else {
            return task.end(Err(cannot_load()));
        };
        let (clips, back) = (self.clips.clone(), task.job.back.clone());
        let piece = &task.job.piece;
        let stopwatch = piece.stopwatch.clone();
        let project = (!piece.is_users).then(|| piece.project.clone());
        let load = move || {
            let load = || {
                if let Some(project) = project {
                    check_place(&sound, project.as_deref())?;
                }
                stopwatch.time("load", || clips.load(&sound, format))
            };
            let clip = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| Err(cannot_load()));
            tell(&back, Loaded { number, clip });
        };
        let thread = thread::Builder::new().name("herald-loader".to_owned());
        if let Err(error) = thread.spawn(load) {
            let error = cannot_load().because(error);
            return task.end(Err(error));
        }
        let since = Instant::now();
        self.waiting.push(Waiting {
            number,
            task,
            since,
        });
    }

    /// The task that waits for `loaded`, with it, or without the sound that it turned out not to be;
    /// none if it does not wait any more, or has no other.
    pub(super) fn loaded(&mut self, loaded: Loaded) -> Option<Task> {
        let is_it = |waiting: &Waiting| waiting.number == loaded.number;
        let place = self.waiting.iter().position(is_it)?;
        let mut task = self.waiting.remove(place).task;
        match loaded.clip {
            Ok(clip) => task.take(clip),
            Err(error) => task.pass_over(error),
        }
        if task.sound().is_none() {
            let why = task.why_silent();
            task.end(Err(why));
            return None;
        }
        Some(task)
    }

    /// Whether one waits that goes on at the output `link`.
    pub(super) fn has_task_for(&self, link: usize) -> bool {
        self.waiting.iter().any(|waiting| waiting.task.link == link)
    }

    /// How many wait.
    pub(super) const fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Those of `project` are not played any more.
    pub(super) fn stop(&mut self, project: &Option<String>) {
        let is_of_it = |waiting: &mut Waiting| waiting.task.project() == project;
        for waiting in self.waiting.extract_if(.., is_of_it) {
            waiting.task.end(Ok(Ending::Stopped));
        }
    }

    /// Gives up what has taken too long.
    pub(super) fn give_up(&mut self) {
        let is_late = |waiting: &mut Waiting| waiting.since.elapsed() > PATIENCE;
        for waiting in self.waiting.extract_if(.., is_late) {
            let late = format!("it was not there after {} s", PATIENCE.as_secs());
            let error = cannot_load().because(late);
            waiting.task.end(Err(error));
        }
    }
}

/// Waits for room: a task whose sound got lost would wait for ever.
fn tell(back: &SyncSender<Message>, loaded: Loaded) {
    let _ = back.send(Message::Loaded(loaded));
}

/// A project's sound is in the project, or where no link leads to: one may have been put there since
/// the hook looked.
fn check_place(sound: &Sound, project: Option<&str>) -> Result<()> {
    let Some(path) = sound.path() else {
        return Ok(());
    };
    let real = |path: &Path| path.canonicalize().ok();
    let (place, root) = (real(path), project.map(Path::new).and_then(real));
    // What is not there is told of where it is read.
    let is_allowed =
        place.is_none_or(|place| place == path || root.is_some_and(|root| place.starts_with(root)));
    match is_allowed {
        true => Ok(()),
        false => {
            let what = format!("cannot play {}", path.display());
            Err(Error::new(ErrorKind::Sound, what).because("a link leads out of the project"))
        }
    }
}

fn cannot_load() -> Error {
    Error::new(ErrorKind::Sound, "cannot load the sound")
}

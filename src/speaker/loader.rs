//! Loads sounds from files, each on a separate thread, for the tasks that wait for them.
//!
//! # Limits
//!
//! Loading uses at most [`MAX_BYTES`], whatever the length of the sounds: few sounds are loaded at once, and
//! the others wait. A project may load [`MAX_OF_PROJECT`] of its own files at a time, plus as many of the
//! user's, and projects' files leave one slot to the user's own. For the order see [`Loader::next`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use super::job::{Ending, Loaded, MAX_WAIT_LOADED, Message, too_many};
use super::queue::{Queue, Waits};
use super::task::Task;
use crate::audio::{ClipCache, Format, MAX_LEN, MAX_SECONDS, Treatment};
use crate::error::{Error, ErrorKind, Result};
use crate::loudness::Target;
use crate::pack;
use crate::sound::Sound;

/// How long to wait for a sound: only a hanging file system takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The memory for all sounds being loaded, in bytes.
const MAX_BYTES: usize = 256 << 20;
/// The number of sounds loaded at once, even if they are small.
const MAX_AT_ONCE: usize = 4;
/// The number of a project's own files among these, and of the user's in one project.
const MAX_OF_PROJECT: usize = 2;
/// The number of projects whose last turn is remembered.
const MAX_TURNS: usize = 256;

pub(super) struct Loader {
    clips: Arc<ClipCache>,
    /// Sounds waiting to be loaded.
    waiting: Queue<Wanted>,
    loading: Vec<Loading>,
    /// The number of loads begun.
    begun: u64,
    /// The latest turn of each project, in order, as far back as it matters.
    turns: VecDeque<(Option<String>, u64)>,
}

struct Wanted {
    task: Task,
    format: Format,
}

impl Waits for Wanted {
    fn project(&self) -> &Option<String> {
        self.task.project()
    }
}

struct Loading {
    number: u64,
    task: Task,
    since: Instant,
}

impl Loader {
    pub(super) fn new(clips: Arc<ClipCache>) -> Self {
        Self {
            clips,
            waiting: Queue::default(),
            loading: Vec::new(),
            begun: 0,
            turns: VecDeque::new(),
        }
    }

    /// Loads the sound of `task` in `format` when it is its turn. The thread is notified.
    pub(super) fn load(&mut self, task: Task, format: Format) {
        if let Some(gone) = self.waiting.push(Wanted { task, format }) {
            gone.task.end(Err(too_many()));
        }
        self.begin();
    }

    /// Gives up late sounds, and begins waiting ones.
    pub(super) fn look(&mut self) {
        let is_late = |loading: &mut Loading| loading.since.elapsed() > PATIENCE;
        for loading in self.loading.extract_if(.., is_late) {
            let late = format!("loading took longer than {} s", PATIENCE.as_secs());
            let error = cannot_load().because(late);
            loading.task.end(Err(error));
        }
        let is_late = |wanted: &mut Wanted| wanted.task.job.asked.elapsed() > MAX_WAIT_LOADED;
        for wanted in self.waiting.take_out(is_late) {
            let late = format!("other sounds took {} s to load", MAX_WAIT_LOADED.as_secs());
            wanted.task.refuse(format!("too late: {late}"));
        }
        self.begin();
    }

    fn begin(&mut self) {
        while let Some(Wanted { task, format }) = self.next() {
            self.spawn(task, format);
        }
    }

    /// Takes the next sound: of the project with the fewest loads, and among equals the one that waited
    /// longest for a turn. Within a project, the user's own sounds go first, then those that ask for
    /// attention.
    fn next(&mut self) -> Option<Wanted> {
        let waiting = self.waiting.iter().enumerate();
        let waiting = waiting.filter(|(_, wanted)| self.may_begin(wanted));
        let (place, _) = waiting.min_by_key(|(place, wanted)| {
            let (project, piece) = (wanted.project(), &wanted.task.job.piece);
            let urgency = (!piece.is_users, !piece.needs_somebody);
            (
                self.of_project(project).count(),
                self.turn_of(project),
                urgency,
                *place,
            )
        })?;
        self.waiting.remove(place)
    }

    fn may_begin(&self, wanted: &Wanted) -> bool {
        // A file is loaded once at a time; other tasks get it from the cache, if it fits.
        let mut sounds = self.loading.iter().map(|other| other.task.sound());
        let is_users = wanted.task.job.piece.is_users;
        // A project's files never delay the user's own.
        let of_one = self.of_project(wanted.project());
        let of_one = of_one.filter(|task| task.job.piece.is_users == is_users);
        of_one.count() < MAX_OF_PROJECT
            && self.loading.len() < at_once(wanted.format, is_users)
            && !sounds.any(|sound| sound == wanted.task.sound())
    }

    /// The sounds of `project` being loaded.
    fn of_project(&self, project: &Option<String>) -> impl Iterator<Item = &Task> {
        let loading = self.loading.iter().map(|loading| &loading.task);
        loading.filter(move |task| task.project() == project)
    }

    /// The latest turn of `project`; none comes before all others.
    fn turn_of(&self, project: &Option<String>) -> Option<u64> {
        let mut turns = self.turns.iter();
        let (_, turn) = turns.find(|(other, _)| other == project)?;
        Some(*turn)
    }

    fn spawn(&mut self, task: Task, format: Format) {
        let number = self.begun;
        self.begun += 1;
        self.note_turn(&task, number);
        let Some(sound) = task.sound().cloned() else {
            return task.end(Err(cannot_load()));
        };
        let (clips, back) = (self.clips.clone(), task.job.back.clone());
        let piece = &task.job.piece;
        let (stopwatch, treatment) = (piece.stopwatch.clone(), piece.treatment());
        let lufs = piece.playback.loudness;
        let project = (!piece.is_users).then(|| piece.project.clone());
        let load = move || {
            let load = || {
                if let Some(project) = project {
                    check_place(&sound, project.as_deref())?;
                }
                let treatment = Treatment {
                    loudness: lufs.and_then(|lufs| target(lufs, &sound)),
                    ..treatment
                };
                stopwatch.time("load", || clips.load_treated(&sound, format, treatment))
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
        self.loading.push(Loading {
            number,
            task,
            since,
        });
    }

    /// Records a turn of `task`'s project.
    fn note_turn(&mut self, task: &Task, turn: u64) {
        let project = task.project();
        self.turns.retain(|(other, _)| other != project);
        self.turns.push_back((project.clone(), turn));
        if self.turns.len() > MAX_TURNS {
            self.turns.pop_front();
        }
    }

    /// The task that waits for `loaded`, with the sound, or with its next candidate if loading failed; none
    /// if the task is gone or has no other candidate.
    pub(super) fn loaded(&mut self, loaded: Loaded) -> Option<Task> {
        let is_it = |loading: &Loading| loading.number == loaded.number;
        let place = self.loading.iter().position(is_it)?;
        let mut task = self.loading.remove(place).task;
        match loaded.clip {
            Ok(clip) => task.take(clip),
            Err(error) => task.skip_sound(error),
        }
        if task.sound().is_none() {
            let why = task.first_error();
            task.end(Err(why));
            return None;
        }
        Some(task)
    }

    /// The tasks waiting for their sounds.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &Task> {
        let waiting = self.waiting.iter().map(|wanted| &wanted.task);
        waiting.chain(self.loading.iter().map(|loading| &loading.task))
    }

    /// Drops the tasks of `project`.
    pub(super) fn stop(&mut self, project: &Option<String>) {
        let is_of_it = |wanted: &mut Wanted| wanted.project() == project;
        let waiting = self.waiting.take_out(is_of_it).into_iter();
        let is_of_it = |loading: &mut Loading| loading.task.project() == project;
        let loading = self.loading.extract_if(.., is_of_it);
        let tasks = loading.map(|loading| loading.task);
        for task in waiting.map(|wanted| wanted.task).chain(tasks) {
            task.end(Ok(Ending::Stopped));
        }
    }
}

/// The number of sounds in `format` that may be loaded at once, for the user's own and for other files.
fn at_once(format: Format, is_users: bool) -> usize {
    // The file, and the longest sound.
    let frames = MAX_SECONDS as usize * format.rate as usize;
    let bytes = MAX_LEN as usize + frames * usize::from(format.channels) * size_of::<f32>();
    let all = (MAX_BYTES / bytes).clamp(1, MAX_AT_ONCE);
    match is_users {
        true => all,
        false => (all - 1).max(1),
    }
}

/// The loudness at which a file is played: softer sounds of packs are turned up, others are as somebody wants them.
fn target(lufs: i8, sound: &Sound) -> Option<Target> {
    let turns_up = pack::has(sound.path()?);
    Some(Target { lufs, turns_up })
}

/// A task whose sound is lost would wait forever.
fn tell(back: &Sender<Message>, loaded: Loaded) {
    let _ = back.send(Message::Loaded(loaded));
}

/// Checks that a project's sound is inside the project, or that its path has no links. A link may have been
/// created after the hook checked.
fn check_place(sound: &Sound, project: Option<&str>) -> Result<()> {
    let Some(path) = sound.path() else {
        return Ok(());
    };
    let real = |path: &Path| path.canonicalize().ok();
    let (place, root) = (real(path), project.map(Path::new).and_then(real));
    // A missing file is reported when it is read.
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

#[cfg(test)]
mod tests;

//! The thread behind a speaker.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::loader::Loader;
use super::outputs::{Outputs, Played};
use super::policy::{Verdict, decide};
use super::task::{Sounding, Task, none_of};
use super::{Ending, Job, MAX_WAITING, Message, too_many};
use crate::audio::ClipCache;
use crate::backend::{Cue, Progress};
use crate::error::{Error, ErrorKind, Result};
use crate::playback::{LONGEST_MS, Overlap, Playback};
use crate::sync::{Atomic, Ordering::Relaxed};

/// How long a job may wait: a sound that comes later tells of a moment long gone.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// The same for one whose sound had to be loaded.
const MAX_WAIT_LOADED: Duration = Duration::from_secs(10);
/// How many jobs of all projects wait for others to end.
const MAX_QUEUED: usize = 4 * MAX_WAITING;
/// An output that takes longer than this to fail hangs: what comes from the next would be late.
const NEXT_LIMIT: Duration = Duration::from_secs(2);
/// How often a sounding speaker looks after its voices.
const TICK: Duration = Duration::from_millis(5);
/// How often an output that died is opened again while a sound that it cut off waits for it, and
/// for how long at least.
const RETRY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    outputs: Outputs,
    busy: Arc<Atomic<bool>>,
    /// In the order they started in.
    sounding: Vec<Sounding>,
    /// Those that wait for others to end, by their own wish.
    queued: VecDeque<Task>,
    /// Those that wait for their sound.
    loader: Loader,
    /// Sounds that were cut off, and when to try again.
    lost: Vec<Task>,
    retry_at: Instant,
    /// When the latest sound of each project started, as long as that counts.
    last_starts: Vec<(Option<String>, Instant)>,
    quiet_since: Instant,
    /// How the latest job is played.
    playback: Playback,
}

impl Worker {
    pub(super) fn new(outputs: Outputs, clips: Arc<ClipCache>, busy: Arc<Atomic<bool>>) -> Self {
        let now = Instant::now();
        Self {
            outputs,
            busy,
            sounding: Vec::new(),
            queued: VecDeque::new(),
            loader: Loader::new(clips),
            lost: Vec::new(),
            retry_at: now,
            last_starts: Vec::new(),
            quiet_since: now,
            playback: Playback::default(),
        }
    }

    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let message = match self.next_look() {
                None => {
                    // Relaxed: see Speaker::play. A job that comes in between sets it again, and
                    // whoever believes this and drops the speaker leaves its jobs to be done.
                    self.busy.store(false, Relaxed);
                    match messages.recv() {
                        Ok(message) => Some(message),
                        Err(_) => return,
                    }
                }
                Some(next_look) => match messages.recv_timeout(next_look) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    // Nobody can ask for more, and what was asked for has been heard.
                    Err(RecvTimeoutError::Disconnected) if self.is_quiet() => return,
                    Err(RecvTimeoutError::Disconnected) => {
                        thread::sleep(TICK);
                        None
                    }
                },
            };
            self.busy.store(true, Relaxed);
            // First, so that an output that ended meanwhile is not given another sound.
            self.look_after_outputs();
            self.look_after_sounds();
            self.rescue_lost();
            match message {
                Some(Message::Play(job)) => self.take(job),
                Some(Message::Loaded(loaded)) => {
                    let task = self.loader.loaded(loaded);
                    task.into_iter().for_each(|task| self.go_on(task));
                }
                None => {}
            }
            self.loader.give_up();
            self.start_queued();
            self.close_idle();
        }
    }

    /// When to look again, unless a job comes before; never if none is given.
    fn next_look(&self) -> Option<Duration> {
        if !self.is_quiet() {
            return Some(TICK);
        }
        let kept_open = self.playback.stream_idle();
        let rest = kept_open.saturating_sub(self.quiet_since.elapsed());
        (!self.outputs.are_closed()).then_some(rest.max(TICK))
    }

    fn is_quiet(&self) -> bool {
        let waiting = self.lost.len() + self.queued.len() + self.loader.count();
        self.sounding.is_empty() && waiting == 0
    }

    fn take(&mut self, job: Job) {
        self.playback = job.piece.playback;
        self.outputs.set_lead_in(self.playback.lead_in());
        self.admit(Task::new(job));
    }

    /// Goes on with what waited for its sound. Meanwhile others may have begun.
    fn go_on(&mut self, task: Task) {
        match task.begun {
            true => {
                self.play(task);
            }
            false => self.admit(task),
        }
    }

    fn admit(&mut self, task: Task) {
        // Whoever waits does not overtake others of its project that do.
        let waiting = self.queued.iter().filter(|other| task.is_beside(other));
        let waiting = waiting.count();
        let has_room = waiting < MAX_WAITING && self.queued.len() < MAX_QUEUED;
        match self.decide(&task) {
            Verdict::Start { make_way } if waiting == 0 => self.start(task, make_way),
            Verdict::Start { .. } | Verdict::Wait if has_room => self.queued.push_back(task),
            Verdict::Start { .. } | Verdict::Wait => task.end(Err(too_many())),
            Verdict::Refuse(why) => task.refuse(why),
        }
    }

    /// What becomes of `task`: sounds of other projects do not matter.
    fn decide(&self, task: &Task) -> Verdict {
        let project = task.project();
        let overlapping = self.sounding.iter().filter(|sounding| sounding.overlaps());
        let overlapping = overlapping.map(|sounding| &sounding.task).chain(&self.lost);
        let sounding = overlapping.filter(|task| task.project() == project).count();
        let mut starts = self.last_starts.iter();
        let last = starts.find(|(other, _)| other == project);
        let since_last = last.map(|(_, start)| start.elapsed());
        decide(&task.job.piece.playback, sounding, since_last)
    }

    fn start_queued(&mut self) {
        while let Some((place, verdict)) = self.next_queued() {
            let Some(task) = self.queued.remove(place) else {
                return;
            };
            match verdict {
                Verdict::Start { make_way } => self.start(task, make_way),
                Verdict::Refuse(why) => task.refuse(why),
                Verdict::Wait => {
                    let others = "others sounded for too long".to_owned();
                    task.refuse(others);
                }
            }
        }
    }

    /// The first in the queue that need not wait any more.
    fn next_queued(&self) -> Option<(usize, Verdict)> {
        let mut queued = self.queued.iter().enumerate();
        queued.find_map(|(place, task)| {
            let mut before = self.queued.iter().take(place);
            if before.any(|other| task.is_beside(other)) {
                return None;
            }
            let verdict = self.decide(task);
            let too_late = task.job.asked.elapsed() > MAX_WAIT;
            (verdict != Verdict::Wait || too_late).then_some((place, verdict))
        })
    }

    fn start(&mut self, task: Task, make_way: usize) {
        let (job, is_loaded) = (&task.job, task.clip.is_some());
        let (limit, late) = match is_loaded {
            true => (MAX_WAIT_LOADED, "the sound was not loaded in time"),
            false => (MAX_WAIT, "the output was not ready in time"),
        };
        if job.asked.elapsed() > limit {
            return task.end(Err(Error::new(ErrorKind::Output, late)));
        }
        if !is_loaded {
            job.piece.stopwatch.add("wait", job.asked.elapsed());
        }
        let project = job.piece.project.clone();
        let replaces = job.piece.playback.overlap == Overlap::Replace;
        // The others make way only for what does sound, and only then: not a moment of silence.
        if self.play(task) {
            self.make_way(&project, make_way);
            if replaces {
                // Nor do they come after it.
                self.loader.stop(&project);
            }
            let longest = Duration::from_millis(LONGEST_MS.into());
            self.last_starts
                .retain(|(other, start)| *other != project && start.elapsed() < longest);
            self.last_starts.push((project, Instant::now()));
        }
    }

    /// Stops the `count` oldest sounds of `project`.
    fn make_way(&mut self, project: &Option<String>, count: usize) {
        let mut left = count;
        let mut make_way = |task: &mut Task| {
            let makes_way = left > 0 && task.project() == project;
            left -= usize::from(makes_way);
            makes_way
        };
        for task in self.lost.extract_if(.., &mut make_way) {
            task.end(Ok(Ending::Stopped));
        }
        for sounding in self.sounding.iter_mut().filter(|oldest| oldest.overlaps()) {
            if make_way(&mut sounding.task) {
                sounding.stopping = true;
                if let Some(backend) = self.outputs.at(sounding.task.link) {
                    backend.stop(sounding.voice.id);
                }
            }
        }
    }

    /// Plays `task` at the first output of the chain that takes it. What was cut off goes on at
    /// its own output or not at all: the others were no better when it started. Returns whether
    /// it sounds.
    fn play(&mut self, mut task: Task) -> bool {
        let links = match task.trouble {
            None => task.link..self.outputs.count(),
            Some(_) => task.link..task.link + 1,
        };
        for link in links {
            if !task.tried.is_empty() && task.job.asked.elapsed() > NEXT_LIMIT {
                break;
            }
            task.link = link;
            match self.play_at(link, &mut task) {
                Ok(Played::Wants(format)) => {
                    match self.loader.count() < MAX_WAITING {
                        true => self.loader.load(task, format),
                        false => task.end(Err(too_many())),
                    }
                    return false;
                }
                Ok(Played::Sounds(voice)) => {
                    task.begun = true;
                    self.sounding.push(Sounding {
                        task,
                        voice,
                        since: Instant::now(),
                        stopping: false,
                        fading: false,
                    });
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::Output => task.tried.push(error),
                Err(error) => {
                    task.end(Err(error));
                    return false;
                }
            }
        }
        match &task.trouble {
            None => {
                let tried = std::mem::take(&mut task.tried);
                task.end(Err(none_of(tried)));
            }
            Some((_, until)) if Instant::now() < *until => {
                task.tried.clear();
                self.lost.push(task);
            }
            Some((reason, _)) => {
                let error = Error::new(ErrorKind::Output, "the output stopped");
                // And why it could not be opened again.
                let why = task.tried.iter().map(Error::to_string);
                let why: Vec<_> = [reason.clone()].into_iter().chain(why).collect();
                let error = error.because(why.join("; "));
                task.end(Err(error));
            }
        }
        false
    }

    /// Plays the best sound of `task` that can be played.
    fn play_at(&mut self, link: usize, task: &mut Task) -> Result<Played> {
        while let Some(sound) = task.sound() {
            let cue = Cue {
                sound: sound.clone(),
                clip: task.clip.clone(),
                gain: task.job.piece.volume,
                from: task.from,
            };
            match self.outputs.play(link, cue, &task.job.piece.stopwatch) {
                Err(error) if error.kind() == ErrorKind::Sound => task.pass_over(error),
                played => return played,
            }
        }
        Err(task.why_silent())
    }

    /// Closes outputs that have failed. What they cut off is to be rescued.
    fn look_after_outputs(&mut self) {
        for (link, reason) in self.outputs.failures() {
            let cut_off = |sounding: &mut Sounding| sounding.task.link == link;
            for mut sounding in self.sounding.extract_if(.., cut_off) {
                if sounding.stopping {
                    sounding.task.end(Ok(Ending::Stopped));
                    continue;
                }
                let patience = sounding.voice.length.max(PATIENCE);
                let backend = self.outputs.at(link);
                let heard = backend.map(|backend| backend.heard(sounding.voice.id));
                sounding.task.from = heard.unwrap_or_default();
                sounding.task.trouble = Some((reason.clone(), Instant::now() + patience));
                self.lost.push(sounding.task);
            }
            self.outputs.close(|other, _| other == link);
        }
    }

    /// Tells what became of sounds that have ended.
    fn look_after_sounds(&mut self) {
        let mut unplayable = Vec::new();
        for mut sounding in std::mem::take(&mut self.sounding) {
            let Some(backend) = self.outputs.at(sounding.task.link) else {
                continue;
            };
            if sounding.is_too_long() {
                sounding.stopping = true;
                backend.stop(sounding.voice.id);
            }
            match backend.progress(sounding.voice.id) {
                Progress::Sounding => self.sounding.push(sounding),
                Progress::Fading => {
                    sounding.fading = true;
                    self.sounding.push(sounding);
                }
                Progress::Heard => {
                    let task = sounding.task;
                    let (through, instead) = (backend.name(), task.instead());
                    task.end(Ok(Ending::Played { through, instead }));
                }
                Progress::Stopped => sounding.task.end(Ok(Ending::Stopped)),
                Progress::Failed(reason) => unplayable.push((sounding.task, reason)),
            }
        }
        for (mut task, reason) in unplayable {
            task.link += 1;
            task.tried.push(Error::new(ErrorKind::Output, reason));
            self.play(task);
        }
    }

    fn rescue_lost(&mut self) {
        if self.lost.is_empty() || Instant::now() < self.retry_at {
            return;
        }
        for task in std::mem::take(&mut self.lost) {
            self.play(task);
        }
        self.retry_at = Instant::now() + RETRY;
    }

    fn close_idle(&mut self) {
        if !self.is_quiet() {
            self.quiet_since = Instant::now();
        }
        let idle = self.quiet_since.elapsed() >= self.playback.stream_idle();
        let (sounding, loader) = (&self.sounding, &self.loader);
        self.outputs.close(|link, backend| {
            let silent = sounding.iter().all(|voice| voice.task.link != link);
            silent && !loader.has_task_for(link) && (idle || !backend.is_worth_keeping())
        });
    }
}

//! The thread of a speaker.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::job::{Ending, Job, MAX_WAIT_LOADED, Message, too_many};
use super::job_queue::JobQueue;
use super::loader::Loader;
use super::outputs::{Outputs, Played};
use super::policy::{Verdict, decide, excess_sound};
use super::queue::{Queue, Waits};
use super::task::{Sounding, Task, none_of};
use crate::audio::ClipCache;
use crate::backend::{Cue, Progress};
use crate::error::{Error, ErrorKind, Result};
use crate::playback::{LONGEST_MS, Overlap, Playback};

/// How long a job may wait; later it would be misleading.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// If failing took longer, the remaining outputs are skipped, because they would be late.
const NEXT_LIMIT: Duration = Duration::from_secs(2);
/// How often a playing speaker checks its voices.
const TICK: Duration = Duration::from_millis(5);
/// How often to reopen a failed output for a sound that it interrupted, and for how long at least.
const RETRY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    outputs: Outputs,
    queue: Arc<JobQueue>,
    /// In order of their starts.
    sounding: Vec<Sounding>,
    /// Tasks waiting for others to end, as configured.
    queued: Queue<Task>,
    /// Tasks waiting for their sound.
    loader: Loader,
    /// Interrupted sounds, and when to retry.
    interrupted: Vec<Task>,
    retry_at: Instant,
    /// When the latest sound of each project started, while that matters.
    last_starts: Vec<(Option<String>, Instant)>,
    quiet_since: Instant,
    /// The playback settings of the latest job.
    playback: Playback,
}

impl Worker {
    pub(super) fn new(outputs: Outputs, clips: Arc<ClipCache>, queue: Arc<JobQueue>) -> Self {
        let now = Instant::now();
        Self {
            outputs,
            queue,
            sounding: Vec::new(),
            queued: Queue::default(),
            loader: Loader::new(clips),
            interrupted: Vec::new(),
            retry_at: now,
            last_starts: Vec::new(),
            quiet_since: now,
            playback: Playback::default(),
        }
    }

    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let message = match self.next_look() {
                None => match messages.recv() {
                    Ok(message) => Some(message),
                    Err(_) => return,
                },
                Some(next_look) => match messages.recv_timeout(next_look) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    // No more jobs can come, and all sounds have been played.
                    Err(RecvTimeoutError::Disconnected) if self.is_quiet() => return,
                    Err(RecvTimeoutError::Disconnected) => {
                        thread::sleep(TICK);
                        None
                    }
                },
            };
            // First, so that a failed output gets no further sound.
            self.check_outputs();
            self.check_sounds();
            self.retry_interrupted();
            match message {
                Some(Message::Job) => {
                    let job = self.queue.jobs().pop();
                    job.into_iter().for_each(|job| self.take(job));
                }
                Some(Message::Loaded(loaded)) => {
                    let task = self.loader.loaded(loaded);
                    task.into_iter().for_each(|task| self.go_on(task));
                }
                None => {}
            }
            self.loader.look();
            self.start_queued();
            self.close_idle();
        }
    }

    /// When to check again unless a message comes; none for never.
    fn next_look(&self) -> Option<Duration> {
        if !self.is_quiet() {
            return Some(TICK);
        }
        let kept_open = self.playback.stream_idle();
        let rest = kept_open.saturating_sub(self.quiet_since.elapsed());
        (!self.outputs.are_closed()).then_some(rest.max(TICK))
    }

    fn is_quiet(&self) -> bool {
        let waiting = self.interrupted.len() + self.queued.len() + self.loader.tasks().count();
        self.sounding.is_empty() && waiting == 0
    }

    fn take(&mut self, job: Job) {
        self.playback = job.piece.playback;
        self.outputs.set_lead_in(self.playback.lead_in());
        self.admit(Task::new(job));
    }

    fn admit(&mut self, task: Task) {
        // Keeps the order of waiting sounds within a project.
        let waits = self.queued.iter().any(|other| task.is_beside(other));
        match self.decide(&task) {
            Verdict::Start { stop_oldest } if !waits => self.start(task, stop_oldest),
            Verdict::Start { .. } | Verdict::Wait => {
                if let Some(gone) = self.queued.push(task) {
                    gone.end(Err(too_many()));
                }
            }
            Verdict::Refuse(why) => task.refuse(why),
        }
    }

    /// Continues with a task whose sound was loaded. Others may have started meanwhile.
    fn go_on(&mut self, mut task: Task) {
        if task.begun {
            self.play(task);
            return;
        }
        match self.decide(&task) {
            Verdict::Start { stop_oldest } => self.start(task, stop_oldest),
            Verdict::Wait => {
                // Waiting sounds use no memory.
                task.clip = None;
                self.queued.put_back(task);
            }
            Verdict::Refuse(why) => task.refuse(why),
        }
    }

    /// Decides about `task`; sounds of other projects do not matter.
    fn decide(&self, task: &Task) -> Verdict {
        let project = task.project();
        let overlapping = self.sounding.iter().filter(|sounding| sounding.overlaps());
        let overlapping = overlapping
            .map(|sounding| &sounding.task)
            .chain(&self.interrupted);
        let mut sounding = overlapping.filter(|task| task.project() == project).count();
        if task.job.piece.playback.overlap == Overlap::Queue {
            // Serialised from the first step on; else all waiting sounds would be loaded at once.
            let loading = self.loader.tasks();
            sounding += loading.filter(|task| task.project() == project).count();
        }
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
                Verdict::Start { stop_oldest } => self.start(task, stop_oldest),
                Verdict::Refuse(why) => task.refuse(why),
                Verdict::Wait => {
                    let others = "other sounds played for too long".to_owned();
                    task.refuse(others);
                }
            }
        }
    }

    /// The first queued task that need not wait any longer.
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

    fn start(&mut self, task: Task, stop_oldest: usize) {
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
        // Others stop only for a sound that plays, and only then, so there is no silence between.
        if self.play(task) {
            self.stop_oldest(&project, stop_oldest);
            self.make_room();
            if replaces {
                // Nor do waiting ones follow it.
                self.loader.stop(&project);
            }
            let longest = Duration::from_millis(LONGEST_MS.into());
            self.last_starts
                .retain(|(other, start)| *other != project && start.elapsed() < longest);
            self.last_starts.push((project, Instant::now()));
        }
    }

    /// Stops old sounds of the project that uses most, if there are too many.
    fn make_room(&mut self) {
        while let Some(oldest) = self.excess_sound() {
            stop(&mut self.outputs, &mut self.sounding[oldest]);
        }
    }

    fn excess_sound(&self) -> Option<usize> {
        let mut counted = HashSet::new();
        let sounding = self.sounding.iter().enumerate();
        let sounding = sounding.filter(|(_, sounding)| sounding.overlaps());
        let (places, shares): (Vec<_>, Vec<_>) = sounding
            .map(|(place, Sounding { task, .. })| {
                // Several sounds may share one clip.
                let clip = task.clip.as_ref();
                let clip = clip.filter(|clip| counted.insert(Arc::as_ptr(clip)));
                let bytes = clip.map_or(0, |clip| size_of_val(clip.samples()));
                (place, (task.project(), bytes))
            })
            .unzip();
        excess_sound(&shares).map(|oldest| places[oldest])
    }

    /// Stops the `count` oldest sounds of `project`.
    fn stop_oldest(&mut self, project: &Option<String>, count: usize) {
        let mut left = count;
        let mut stop_oldest = |task: &mut Task| {
            let makes_way = left > 0 && task.project() == project;
            left -= usize::from(makes_way);
            makes_way
        };
        for task in self.interrupted.extract_if(.., &mut stop_oldest) {
            task.end(Ok(Ending::Stopped));
        }
        for sounding in self.sounding.iter_mut().filter(|oldest| oldest.overlaps()) {
            if stop_oldest(&mut sounding.task) {
                stop(&mut self.outputs, sounding);
            }
        }
    }

    /// Plays `task` at the first output that accepts it. An interrupted sound continues at its own output or
    /// not at all: the others were no better when it started. Returns whether it plays.
    fn play(&mut self, mut task: Task) -> bool {
        let choices = match task.interruption {
            None => task.choice..self.outputs.count(),
            Some(_) => task.choice..task.choice + 1,
        };
        for choice in choices {
            if !task.tried.is_empty() && task.job.asked.elapsed() > NEXT_LIMIT {
                break;
            }
            task.choice = choice;
            match self.play_at(choice, &mut task) {
                Ok(Played::Wants(format)) => {
                    self.loader.load(task, format);
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
        match &task.interruption {
            None => {
                let tried = std::mem::take(&mut task.tried);
                task.end(Err(none_of(tried)));
            }
            Some((_, until)) if Instant::now() < *until => {
                task.tried.clear();
                self.interrupted.push(task);
            }
            Some((reason, _)) => {
                let error = Error::new(ErrorKind::Output, "the output stopped");
                // Including why it could not be reopened.
                let why = task.tried.iter().map(Error::to_string);
                let why: Vec<_> = [reason.clone()].into_iter().chain(why).collect();
                let error = error.because(why.join("; "));
                task.end(Err(error));
            }
        }
        false
    }

    /// Plays the first playable sound of `task`.
    fn play_at(&mut self, choice: usize, task: &mut Task) -> Result<Played> {
        while let Some(sound) = task.sound() {
            let cue = Cue {
                sound: sound.clone(),
                clip: task.clip.clone(),
                treatment: task.job.piece.treatment(),
                gain: task.job.piece.volume,
                sides: task.job.piece.variation.sides(),
                from: task.from,
            };
            match self.outputs.play(choice, cue, &task.job.piece.stopwatch) {
                Err(error) if error.kind() == ErrorKind::Sound => task.skip_sound(error),
                played => return played,
            }
        }
        Err(task.first_error())
    }

    /// Closes failed outputs. Interrupted sounds are retried.
    fn check_outputs(&mut self) {
        for (choice, reason) in self.outputs.failures() {
            let cut_off = |sounding: &mut Sounding| sounding.task.choice == choice;
            for mut sounding in self.sounding.extract_if(.., cut_off) {
                if sounding.stopping {
                    sounding.task.end(Ok(Ending::Stopped));
                    continue;
                }
                let patience = sounding.voice.length.max(PATIENCE);
                let backend = self.outputs.at(choice);
                let heard = backend.map(|backend| backend.heard(sounding.voice.id));
                sounding.task.from = heard.unwrap_or_default();
                sounding.task.interruption = Some((reason.clone(), Instant::now() + patience));
                self.interrupted.push(sounding.task);
            }
            self.outputs.close(|other, _| other == choice);
        }
    }

    /// Reports the outcomes of sounds that have ended.
    fn check_sounds(&mut self) {
        let mut unplayable = Vec::new();
        for mut sounding in std::mem::take(&mut self.sounding) {
            let Some(backend) = self.outputs.at(sounding.task.choice) else {
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
                    let played = Ending::Played {
                        through: backend.name(),
                        substitute: task.substitute(),
                        gain_db: task.clip.as_ref().and_then(|clip| clip.gain_db()),
                    };
                    task.end(Ok(played));
                }
                Progress::Stopped => sounding.task.end(Ok(Ending::Stopped)),
                Progress::Failed(reason) => unplayable.push((sounding.task, reason)),
            }
        }
        for (mut task, reason) in unplayable {
            task.choice += 1;
            task.tried.push(Error::new(ErrorKind::Output, reason));
            self.play(task);
        }
    }

    fn retry_interrupted(&mut self) {
        if self.interrupted.is_empty() || Instant::now() < self.retry_at {
            return;
        }
        for task in std::mem::take(&mut self.interrupted) {
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
        self.outputs.close(|choice, backend| {
            let silent = sounding.iter().all(|voice| voice.task.choice != choice);
            silent
                && loader.tasks().all(|task| task.choice != choice)
                && (idle || !backend.is_worth_keeping())
        });
    }
}

fn stop(outputs: &mut Outputs, sounding: &mut Sounding) {
    sounding.stopping = true;
    if let Some(backend) = outputs.at(sounding.task.choice) {
        backend.stop(sounding.voice.id);
    }
}

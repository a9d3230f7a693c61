//! The thread behind a speaker.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::outputs::Outputs;
use super::policy::{Verdict, decide};
use super::{Ending, Instead, Job, MAX_WAITING, too_many};
use crate::backend::{Cue, Progress, Voice};
use crate::error::{Error, ErrorKind, Result};
use crate::playback::{LONGEST_MS, Playback};
use crate::sound::Sound;
use crate::sync::{Atomic, Ordering::Relaxed};

/// How long a job may wait: a sound that comes later tells of a moment long gone.
const MAX_WAIT: Duration = Duration::from_secs(5);
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
    /// Jobs that wait for others to end, by their own wish.
    queued: VecDeque<Job>,
    /// Sounds that were cut off, and when to try again.
    lost: Vec<Task>,
    retry_at: Instant,
    /// When the latest sound of each project started, as long as that counts.
    last_starts: Vec<(Option<String>, Instant)>,
    quiet_since: Instant,
    /// How the latest job is played.
    playback: Playback,
}

/// A job, and where to go on with it.
struct Task {
    job: Job,
    /// The sounds that cannot be played, which are the first of them, and why not.
    unplayable: Vec<Error>,
    /// The first output of the chain that may be able to play it.
    link: usize,
    /// Where in the sound to begin.
    from: Duration,
    /// Why the outputs before that could not play it.
    tried: Vec<Error>,
    /// What cut it off, and until when to try again.
    trouble: Option<(String, Instant)>,
}

impl Task {
    fn project(&self) -> &Option<String> {
        &self.job.piece.project
    }

    /// The best of its sounds that may be playable.
    fn sound(&self) -> Option<&Sound> {
        self.job.piece.sounds.get(self.unplayable.len())
    }

    /// What is heard in the first sound's place, if anything is.
    fn instead(&self) -> Option<Instead> {
        let why: Vec<_> = self.unplayable.iter().map(Error::to_string).collect();
        let sound = self.sound().filter(|_| !why.is_empty())?.clone();
        Some(Instead {
            sound,
            why: why.join("; "),
        })
    }
}

/// A job that sounds.
struct Sounding {
    task: Task,
    voice: Voice,
    stopping: bool,
    /// Whether it is rendered to its end.
    fading: bool,
}

impl Sounding {
    /// Whether it overlaps a new one.
    fn overlaps(&self) -> bool {
        !self.stopping && !self.fading
    }
}

impl Worker {
    pub(super) fn new(outputs: Outputs, busy: Arc<Atomic<bool>>) -> Self {
        let now = Instant::now();
        Self {
            outputs,
            busy,
            sounding: Vec::new(),
            queued: VecDeque::new(),
            lost: Vec::new(),
            retry_at: now,
            last_starts: Vec::new(),
            quiet_since: now,
            playback: Playback::default(),
        }
    }

    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.next_look() {
                None => {
                    // Relaxed: see Speaker::play. A job that comes in between sets it again, and
                    // whoever believes this and drops the speaker leaves its jobs to be done.
                    self.busy.store(false, Relaxed);
                    match jobs.recv() {
                        Ok(job) => Some(job),
                        Err(_) => return,
                    }
                }
                Some(next_look) => match jobs.recv_timeout(next_look) {
                    Ok(job) => Some(job),
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
            if let Some(job) = job {
                self.take(job);
            }
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
        self.sounding.is_empty() && self.lost.is_empty() && self.queued.is_empty()
    }

    fn take(&mut self, job: Job) {
        self.playback = job.piece.playback;
        self.outputs.set_lead_in(self.playback.lead_in());
        // Whoever waits does not overtake others of its project that do.
        let waiting = self.queued.iter().filter(|other| is_beside(&job, other));
        let waiting = waiting.count();
        let has_room = waiting < MAX_WAITING && self.queued.len() < MAX_QUEUED;
        match self.decide(&job) {
            Verdict::Start { make_way } if waiting == 0 => self.start(job, make_way),
            Verdict::Start { .. } | Verdict::Wait if has_room => self.queued.push_back(job),
            Verdict::Start { .. } | Verdict::Wait => job.listener.tell(Err(too_many())),
            Verdict::Refuse(why) => refuse(job, why),
        }
    }

    /// What becomes of `job`: sounds of other projects do not matter.
    fn decide(&self, job: &Job) -> Verdict {
        let project = &job.piece.project;
        let overlapping = self.sounding.iter().filter(|sounding| sounding.overlaps());
        let overlapping = overlapping.map(|sounding| &sounding.task).chain(&self.lost);
        let sounding = overlapping.filter(|task| task.project() == project).count();
        let mut starts = self.last_starts.iter();
        let last = starts.find(|(other, _)| other == project);
        let since_last = last.map(|(_, start)| start.elapsed());
        decide(&job.piece.playback, sounding, since_last)
    }

    fn start_queued(&mut self) {
        while let Some((place, verdict)) = self.next_queued() {
            let Some(job) = self.queued.remove(place) else {
                return;
            };
            match verdict {
                Verdict::Start { make_way } => self.start(job, make_way),
                Verdict::Refuse(why) => refuse(job, why),
                Verdict::Wait => {
                    let others = "others sounded for too long".to_owned();
                    refuse(job, others);
                }
            }
        }
    }

    /// The first job in the queue that need not wait any more.
    fn next_queued(&self) -> Option<(usize, Verdict)> {
        let mut queued = self.queued.iter().enumerate();
        queued.find_map(|(place, job)| {
            let mut before = self.queued.iter().take(place);
            if before.any(|other| is_beside(job, other)) {
                return None;
            }
            let verdict = self.decide(job);
            let too_late = job.asked.elapsed() > MAX_WAIT;
            (verdict != Verdict::Wait || too_late).then_some((place, verdict))
        })
    }

    fn start(&mut self, job: Job, make_way: usize) {
        if job.asked.elapsed() > MAX_WAIT {
            return job.listener.tell(Err(too_late_error()));
        }
        job.piece.stopwatch.add("wait", job.asked.elapsed());
        let project = job.piece.project.clone();
        let task = Task {
            job,
            unplayable: Vec::new(),
            link: 0,
            from: Duration::ZERO,
            tried: Vec::new(),
            trouble: None,
        };
        // The others make way only for what does sound, and only then: not a moment of silence.
        if self.play(task) {
            self.make_way(&project, make_way);
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
            task.job.listener.tell(Ok(Ending::Stopped));
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
                Ok(voice) => {
                    self.sounding.push(Sounding {
                        task,
                        voice,
                        stopping: false,
                        fading: false,
                    });
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::Output => task.tried.push(error),
                Err(error) => {
                    task.job.listener.tell(Err(error));
                    return false;
                }
            }
        }
        match &task.trouble {
            None => task.job.listener.tell(Err(none_of(task.tried))),
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
                task.job.listener.tell(Err(error));
            }
        }
        false
    }

    /// Plays the best sound of `task` that can be played.
    fn play_at(&mut self, link: usize, task: &mut Task) -> Result<Voice> {
        while let Some(sound) = task.sound() {
            let cue = Cue {
                sound: sound.clone(),
                gain: task.job.piece.volume,
                from: task.from,
                stopwatch: task.job.piece.stopwatch.clone(),
            };
            match self.outputs.play(link, cue) {
                Err(error) if error.kind() == ErrorKind::Sound => task.unplayable.push(error),
                played => return played,
            }
        }
        // The first is the one that was wanted.
        let first = task.unplayable.drain(..).next();
        Err(first.unwrap_or_else(|| Error::new(ErrorKind::Sound, "there is nothing to play")))
    }

    /// Closes outputs that have failed. What they cut off is to be rescued.
    fn look_after_outputs(&mut self) {
        for (link, reason) in self.outputs.failures() {
            let cut_off = |sounding: &mut Sounding| sounding.task.link == link;
            for mut sounding in self.sounding.extract_if(.., cut_off) {
                if sounding.stopping {
                    sounding.task.job.listener.tell(Ok(Ending::Stopped));
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
            match backend.progress(sounding.voice.id) {
                Progress::Sounding => self.sounding.push(sounding),
                Progress::Fading => {
                    sounding.fading = true;
                    self.sounding.push(sounding);
                }
                Progress::Heard => {
                    let task = sounding.task;
                    let (through, instead) = (backend.name(), task.instead());
                    task.job
                        .listener
                        .tell(Ok(Ending::Played { through, instead }));
                }
                Progress::Stopped => sounding.task.job.listener.tell(Ok(Ending::Stopped)),
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
        let sounding = &self.sounding;
        self.outputs.close(|link, backend| {
            let silent = sounding.iter().all(|voice| voice.task.link != link);
            silent && (idle || !backend.is_worth_keeping())
        });
    }
}

/// Whether both are of one project.
fn is_beside(one: &Job, other: &Job) -> bool {
    one.piece.project == other.piece.project
}

fn refuse(job: Job, why: String) {
    let refused = Error::new(ErrorKind::Busy, "not played").because(why);
    job.listener.tell(Err(refused));
}

fn too_late_error() -> Error {
    Error::new(ErrorKind::Output, "the output was not ready in time")
}

/// One error for several outputs, each of which had its own.
fn none_of(mut reasons: Vec<Error>) -> Error {
    if reasons.len() == 1
        && let Some(only) = reasons.pop()
    {
        return only;
    }
    let reasons: Vec<String> = reasons.iter().map(Error::to_string).collect();
    Error::new(ErrorKind::Output, "nothing here can make a sound")
        .because(reasons.join("; "))
        .mend("start a sound server, or set HERALD_OUTPUT=wav:PATH to render to a file")
}

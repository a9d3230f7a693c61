//! A speaker: one output with a thread of its own, that is opened when something shall sound and
//! closed when nothing does.
//!
//! # Purpose
//!
//! Opening an output may take seconds where a sound server hangs, decoding takes milliseconds,
//! and an open stream keeps headsets awake. So all of it happens on a thread that nobody waits
//! for: [`Speaker::play`] returns at once, and the outcome comes later.
//!
//! # Invariants
//!
//! - Every job gets exactly one outcome.
//! - A stream is closed only after its last frame was heard, by the system's own account of its
//!   latency and one period more: dropping it earlier would cut the tail.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::audio;
use crate::backend::{self, Stream};
use crate::engine::{Engine, VoiceHandle, VoiceState};
use crate::error::{Error, ErrorKind, Result};
use crate::sound::{Output, Sound};
use crate::sync::{Atomic, Ordering::Relaxed};

/// Jobs that wait while the output is being opened.
const MAX_WAITING: usize = 64;
/// How long a job may wait: a sound that comes later tells of a moment long gone.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How often a sounding speaker looks after its voices.
const TICK: Duration = Duration::from_millis(5);
/// A stream that pulls nothing for this long, with something to play, is dead.
const STALL_LIMIT: Duration = Duration::from_secs(2);
/// How long opening an output may take, and closing one.
const OPEN_LIMIT: Duration = Duration::from_secs(4);
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Told what became of a job: heard to its end, or why not.
pub type Done = Box<dyn FnOnce(Result<()>) + Send>;

/// A way to make sounds come out of one output.
#[derive(Debug)]
pub struct Speaker {
    jobs: SyncSender<Job>,
    busy: Arc<Atomic<bool>>,
}

struct Job {
    sound: Sound,
    gain: f32,
    asked: Instant,
    listener: Listener,
}

/// Who wants to know what becomes of a job; told even if the job gets lost on its way.
struct Listener(Option<Done>);

impl Listener {
    fn tell(mut self, result: Result<()>) {
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
    /// A speaker for `output`, which is not opened yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Output`] if no thread can be started.
    pub fn new(output: Output) -> Result<Self> {
        let (jobs, waiting) = sync_channel(MAX_WAITING);
        let busy = Arc::new(Atomic::new(false));
        let ours = busy.clone();
        thread::Builder::new()
            .name("herald-speaker".to_owned())
            .spawn(move || {
                let (open, helper) = (None, None);
                let worker = Worker {
                    output,
                    busy: ours,
                    open,
                    helper,
                };
                worker.run(&waiting)
            })
            .map_err(|error| {
                Error::new(ErrorKind::Output, "cannot start a thread").because(error)
            })?;
        Ok(Self { jobs, busy })
    }

    /// Plays `sound` at `volume`, a factor from 0 to 1. Returns at once; `done` is called later,
    /// on another thread, or now if too much is waiting already.
    pub fn play(&self, sound: Sound, volume: f32, done: Done) {
        // Relaxed, and before the job: `is_idle` is asked by the thread that plays.
        self.busy.store(true, Relaxed);
        let job = Job {
            sound,
            gain: volume,
            asked: Instant::now(),
            listener: Listener(Some(done)),
        };
        if let Err(TrySendError::Full(job)) = self.jobs.try_send(job) {
            let busy = Error::new(ErrorKind::Busy, "too many sounds are waiting");
            job.listener.tell(Err(busy));
        }
    }

    /// Whether nothing sounds or waits, and the output is closed.
    pub fn is_idle(&self) -> bool {
        !self.busy.load(Relaxed)
    }
}

/// The thread's side.
struct Worker {
    output: Output,
    busy: Arc<Atomic<bool>>,
    open: Option<Open>,
    /// Opens and closes the output, which may hang as long as a sound server does.
    helper: Option<JoinHandle<()>>,
}

/// An open output.
struct Open {
    engine: Engine,
    stream: Box<dyn Stream>,
    sounding: Vec<Sounding>,
    /// Frames pulled when last looked at, and since when that number stands.
    frames: u64,
    frames_since: Instant,
    quiet_since: Instant,
}

/// A voice and who wants to know its end.
struct Sounding {
    voice: VoiceHandle,
    ended: Option<Instant>,
    listener: Listener,
}

impl Worker {
    fn run(mut self, waiting: &Receiver<Job>) {
        loop {
            let job = match &self.open {
                None => {
                    // Relaxed: see Speaker::play. A job that comes in between sets it again, and
                    // whoever believes this and drops the speaker leaves its jobs to be done.
                    self.busy.store(false, Relaxed);
                    match waiting.recv() {
                        Ok(job) => Some(job),
                        Err(_) => return,
                    }
                }
                Some(open) => match waiting.recv_timeout(open.next_look()) {
                    Ok(job) => Some(job),
                    Err(RecvTimeoutError::Timeout) => None,
                    // Nobody can ask for more, and what was asked for has been heard.
                    Err(RecvTimeoutError::Disconnected) if open.sounding.is_empty() => return,
                    Err(RecvTimeoutError::Disconnected) => {
                        thread::sleep(TICK);
                        None
                    }
                },
            };
            self.busy.store(true, Relaxed);
            // First, so that a stream that ended meanwhile is not given another voice.
            if self.open.as_mut().is_some_and(Open::is_over) {
                self.close();
            }
            if let Some(job) = job {
                self.start(job);
            }
        }
    }

    fn start(&mut self, job: Job) {
        let started = if job.asked.elapsed() > MAX_WAIT {
            let too_late = "the output was not ready in time";
            Err(Error::new(ErrorKind::Output, too_late))
        } else if let Some(open) = &mut self.open {
            open.play(&job.sound, job.gain)
        } else {
            self.open_with(job.sound, job.gain)
        };
        match (started, &mut self.open) {
            (Ok(voice), Some(open)) => open.sounding.push(Sounding {
                voice,
                ended: None,
                listener: job.listener,
            }),
            (Ok(_), None) => {}
            (Err(error), _) => job.listener.tell(Err(error)),
        }
    }

    /// Opens the output with its first voice already started, so that not a period is lost.
    fn open_with(&mut self, sound: Sound, gain: f32) -> Result<VoiceHandle> {
        let output = self.output.clone();
        let open = self.within(OPEN_LIMIT, move || {
            let backend = backend::open(&output)?;
            let (engine, renderer) = Engine::new(backend.format());
            let clip = Arc::new(audio::load(&sound, engine.format())?);
            let voice = engine.play(clip, gain)?;
            Ok((engine, backend.start(renderer)?, voice))
        });
        let (engine, stream, voice) = open?;
        let now = Instant::now();
        self.open = Some(Open {
            engine,
            stream,
            sounding: Vec::new(),
            frames: 0,
            frames_since: now,
            quiet_since: now,
        });
        Ok(voice)
    }

    /// Closes the output, and waits for that as long as it takes a healthy one.
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            let _ = self.within(CLOSE_LIMIT, || {
                drop(open);
                Ok(())
            });
        }
    }

    /// Runs `call` on a thread of its own, which is left behind if it takes longer than `limit`.
    /// As long as one that was left behind still runs, there is no other.
    fn within<T: Send + 'static>(
        &mut self,
        limit: Duration,
        call: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let no_answer = || {
            let error = Error::new(ErrorKind::Output, "the output does not answer");
            error.mend("the sound server seems to hang: restart it")
        };
        if self
            .helper
            .as_ref()
            .is_some_and(|helper| !helper.is_finished())
        {
            return Err(no_answer());
        }
        let (send, result) = sync_channel(1);
        let helper = thread::Builder::new().name("herald-output".to_owned());
        let helper = helper.spawn(move || {
            let _ = send.send(call());
        });
        let no_thread =
            |error| Error::new(ErrorKind::Output, "cannot start a thread").because(error);
        let helper = helper.map_err(no_thread)?;
        match result.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => {
                self.helper = Some(helper);
                Err(no_answer())
            }
            answer => {
                let _ = helper.join();
                answer.unwrap_or_else(|_| Err(no_answer()))
            }
        }
    }
}

impl Open {
    fn play(&mut self, sound: &Sound, gain: f32) -> Result<VoiceHandle> {
        let clip = Arc::new(audio::load(sound, self.engine.format())?);
        self.engine.play(clip, gain)
    }

    fn next_look(&self) -> Duration {
        if self.sounding.is_empty() {
            self.stream
                .idle_limit()
                .saturating_sub(self.quiet_since.elapsed())
                .max(TICK)
        } else {
            TICK
        }
    }

    /// Looks after voices and stream. Returns whether the stream is to be closed.
    fn is_over(&mut self) -> bool {
        self.engine.free_ended();
        let now = Instant::now();
        let latency = self.stream.latency();
        for sounding in &mut self.sounding {
            if sounding.ended.is_none() && sounding.voice.state() == VoiceState::Ended {
                sounding.ended = Some(now);
            }
        }
        let heard =
            |sounding: &mut Sounding| sounding.ended.is_some_and(|ended| now - ended >= latency);
        for sounding in self.sounding.extract_if(.., heard) {
            sounding.listener.tell(Ok(()));
        }
        if let Some(reason) = self.failure(now) {
            for sounding in self.sounding.drain(..) {
                let error =
                    Error::new(ErrorKind::Output, "the output stopped").because(reason.clone());
                sounding.listener.tell(Err(error));
            }
            return true;
        }
        if !self.sounding.is_empty() {
            self.quiet_since = now;
        }
        now - self.quiet_since >= self.stream.idle_limit().max(latency)
    }

    fn failure(&mut self, now: Instant) -> Option<String> {
        let frames = self.stream.frames();
        if frames != self.frames || self.sounding.is_empty() {
            (self.frames, self.frames_since) = (frames, now);
        }
        let stalled = now - self.frames_since >= STALL_LIMIT;
        self.stream.failure().or_else(|| {
            stalled.then(|| format!("it took no samples for {} s", STALL_LIMIT.as_secs()))
        })
    }
}

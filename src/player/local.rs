//! A player in this process, on its own thread, for long-running programs.
//!
//! # Concurrency
//!
//! Callers send jobs through a channel and do not wait for the thread, except for outcomes. When the last
//! handle is dropped, the thread plays the remaining sounds and exits. After a fork only the parent has the
//! thread: see [`LocalOutput::is_in_this_process`].

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::decoder;
use super::outcomes::Outcomes;
use super::protocol::{Outcome, Request};
use super::speakers::{CONTROLS_INTERVAL, Speakers};
use super::{Authority, LocalOutput};
use crate::Throttle;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{AtomicU64, Ordering::Relaxed};

/// The number of jobs in the channel.
const MAX_WAITING: usize = 64;

/// How often a caller that waits for silence polls.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The handle of the playing thread.
#[derive(Debug)]
struct LocalPlayer {
    jobs: SyncSender<Job>,
    /// Jobs without an outcome. Relaxed: a plain count; no other memory depends on it.
    open: Arc<AtomicU64>,
    /// The process of the thread.
    process: u32,
}

impl Drop for LocalPlayer {
    fn drop(&mut self) {
        // In a forked child, the thread is missing and its end of the channel may be locked forever, so the
        // channel is leaked.
        if !self.is_in_this_process() {
            std::mem::forget(self.jobs.clone());
        }
    }
}

/// A request, and the receiver of its outcome.
struct Job {
    request: Request,
    answer: Option<SyncSender<Outcome>>,
    open: Pending,
}

/// Counts a job until it has an outcome.
struct Pending(Arc<AtomicU64>);

impl Pending {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Starts the thread. `decoder` is the decoder program; by default the installed player.
///
/// # Errors
///
/// [`ErrorKind::Player`] if the thread cannot be started.
pub(crate) fn start(
    throttle: Arc<Throttle>,
    state_dir: Option<&Path>,
    authority: Authority,
    decoder: Option<&Path>,
) -> Result<Box<dyn LocalOutput>> {
    let (jobs, inbox) = sync_channel(MAX_WAITING);
    let outcomes = Outcomes::new(throttle, state_dir, &authority);
    let speakers = Speakers::new(outcomes, authority, state_dir, decoder::find(decoder));
    let thread = thread::Builder::new().name("herald-player".to_owned());
    thread
        .spawn(move || run(speakers, &inbox))
        .map_err(|error| {
            Error::new(ErrorKind::Player, "cannot start a thread to play on").because(error)
        })?;
    Ok(Box::new(LocalPlayer {
        jobs,
        open: Arc::default(),
        process: std::process::id(),
    }))
}

impl LocalOutput for LocalPlayer {
    fn is_in_this_process(&self) -> bool {
        self.process == std::process::id()
    }

    fn send(&self, request: Request) -> Result<()> {
        self.leave(request, None)
    }

    fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome> {
        let (sender, outcome) = sync_channel(1);
        self.leave(request, Some(sender))?;
        outcome.recv_timeout(limit).map_err(|error| {
            Error::new(ErrorKind::Player, "the sound was not played to its end").because(error)
        })
    }

    fn wait_until_silent(&self, limit: Duration) -> bool {
        let asked = Instant::now();
        loop {
            if self.open.load(Relaxed) == 0 {
                return true;
            }
            let left = limit.saturating_sub(asked.elapsed());
            if left.is_zero() {
                return false;
            }
            thread::sleep(left.min(POLL_INTERVAL));
        }
    }
}

impl LocalPlayer {
    fn leave(&self, request: Request, answer: Option<SyncSender<Outcome>>) -> Result<()> {
        let open = Pending::new(&self.open);
        let job = Job {
            request,
            answer,
            open,
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::new(ErrorKind::Busy, "too many sounds are waiting"),
            TrySendError::Disconnected(_) => {
                Error::new(ErrorKind::Player, "the playing thread has ended")
            }
        })
    }
}

fn run(mut speakers: Speakers, jobs: &Receiver<Job>) {
    loop {
        speakers.follow(|_, _| {});
        let is_silent = speakers.outcomes().pending() == 0;
        let job = match is_silent {
            _ if speakers.has_late() => jobs.recv_timeout(Duration::ZERO),
            true => jobs.recv().map_err(RecvTimeoutError::from),
            false => jobs.recv_timeout(CONTROLS_INTERVAL),
        };
        match job {
            Ok(Job {
                request,
                answer,
                open,
            }) => speakers.play(request, move |outcome| {
                if let Some(answer) = answer {
                    // The caller may have stopped waiting.
                    let _ = answer.try_send(outcome.clone());
                }
                drop(open);
            }),
            Err(_) if speakers.has_late() => speakers.play_late(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) if is_silent => return,
            // No further requests come, but current sounds still follow the controls.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(CONTROLS_INTERVAL),
        }
    }
}

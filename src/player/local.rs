//! A player in the process that asks: a thread of its own, for programs that live long.
//!
//! # Concurrency
//!
//! Whoever asks leaves a letter in a channel and goes on; nobody waits for the thread unless to
//! hear what became of a sound. When the last way to it is gone the thread plays to the end what it
//! has, and ends. After a fork the thread is the parent's alone: see
//! [`LocalPlayer::is_in_this_process`].

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use super::desk::Desk;
use super::protocol::{Outcome, Request};
use super::stage::{LISTEN, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::state_file::SharedThrottle;

/// Letters that wait for the thread to take them up.
const MAX_WAITING: usize = 64;

/// The way to the thread that plays.
#[derive(Debug)]
pub(crate) struct LocalPlayer {
    letters: SyncSender<Letter>,
    /// The process that the thread is in.
    process: u32,
}

/// What the thread is asked for.
enum Letter {
    /// To play, and to tell what became of it if somebody wants to know.
    Play(Box<Request>, Option<SyncSender<Outcome>>),
    /// To tell when everything asked for before has ended.
    TellWhenSilent(SyncSender<()>),
}

impl LocalPlayer {
    /// Starts the thread. It takes back marks of `throttle`, and logs in `state_dir`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if no thread can be started.
    pub(crate) fn start(throttle: Arc<SharedThrottle>, state_dir: Option<&Path>) -> Result<Self> {
        let (letters, inbox) = sync_channel(MAX_WAITING);
        let stage = Stage::new(Desk::new(throttle, state_dir));
        let thread = thread::Builder::new().name("herald-player".to_owned());
        thread.spawn(move || run(stage, &inbox)).map_err(|error| {
            Error::new(ErrorKind::Player, "cannot start a thread to play on").because(error)
        })?;
        let process = std::process::id();
        Ok(Self { letters, process })
    }

    /// Whether the thread is in this process, and not in the one that this was forked from.
    pub(crate) fn is_in_this_process(&self) -> bool {
        self.process == std::process::id()
    }

    /// Hands `request` over without waiting.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if too many wait, [`ErrorKind::Player`] if the thread has ended.
    pub(crate) fn send(&self, request: Request) -> Result<()> {
        self.leave(Letter::Play(request.into(), None))
    }

    /// Hands `request` over and waits until it was heard, or failed, or `limit` has passed.
    ///
    /// # Errors
    ///
    /// Those of [`Self::send`]; also [`ErrorKind::Player`] if `limit` has passed.
    pub(crate) fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome> {
        let (sender, outcome) = sync_channel(1);
        self.leave(Letter::Play(request.into(), Some(sender)))?;
        outcome.recv_timeout(limit).map_err(|error| {
            Error::new(ErrorKind::Player, "it was not heard to its end").because(error)
        })
    }

    /// Waits until everything has ended, at most `limit`. Returns whether it has.
    pub(crate) fn wait_until_silent(&self, limit: Duration) -> bool {
        let (sender, silent) = sync_channel(1);
        self.leave(Letter::TellWhenSilent(sender)).is_ok() && silent.recv_timeout(limit).is_ok()
    }

    fn leave(&self, letter: Letter) -> Result<()> {
        self.letters.try_send(letter).map_err(|error| match error {
            TrySendError::Full(_) => Error::new(ErrorKind::Busy, "too many sounds are waiting"),
            TrySendError::Disconnected(_) => {
                Error::new(ErrorKind::Player, "the thread that plays has ended")
            }
        })
    }
}

fn run(mut stage: Stage, letters: &Receiver<Letter>) {
    let mut waiting: Vec<SyncSender<()>> = Vec::new();
    loop {
        stage.obey();
        let is_silent = stage.desk().pending() == 0;
        if is_silent {
            for sender in waiting.drain(..) {
                // Whoever has waited long enough is gone.
                let _ = sender.try_send(());
            }
        }
        let letter = match is_silent {
            true => letters.recv().map_err(RecvTimeoutError::from),
            false => letters.recv_timeout(LISTEN),
        };
        match letter {
            Ok(Letter::Play(request, sender)) => stage.play(*request, |outcome| {
                if let Some(sender) = sender {
                    let _ = sender.try_send(outcome.clone());
                }
            }),
            Ok(Letter::TellWhenSilent(sender)) => waiting.push(sender),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) if is_silent => return,
            // Nobody asks any more, and what sounds is still to be muted.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(LISTEN),
        }
    }
}

//! The hook's side: hand a request over and be gone.
//!
//! One message, never waiting: a player that is stuck or busy costs the sound, not the agent's
//! time. With no player there, one is started and given the request.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::inbox::{self, Inbox, Received, Sent};
use super::protocol::{INBOX_NAME, Message, Outcome, Request, Status};
use super::spawn::{Started, program, spawn};
use crate::error::{Error, ErrorKind, Result};
use crate::state_dir;
use crate::sync::{AtomicU64, Ordering};

/// How often somebody who waits for an answer looks whether the player is still there.
const LOOK_AROUND: Duration = Duration::from_millis(100);
/// How long somebody who waits for an answer waits for room in the player's inbox.
const ROOM_LIMIT: Duration = Duration::from_secs(2);

/// The way to the player of a state directory.
#[derive(Clone, Debug)]
pub struct PlayerClient {
    state_dir: PathBuf,
    /// The program to start where none runs, if another than usual.
    program: Option<PathBuf>,
}

impl PlayerClient {
    /// The way to the player of `state_dir`.
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
            program: None,
        }
    }

    /// Where no player runs, `program` is started, if it is there.
    #[must_use]
    pub fn starting(mut self, program: Option<PathBuf>) -> Self {
        self.program = program;
        self
    }

    /// Hands `request` over without waiting.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if the player's inbox is full, [`ErrorKind::Player`] if there is no
    /// player and none can be started, [`ErrorKind::Sound`] if the request cannot be encoded.
    pub fn send(&self, request: Request) -> Result<()> {
        let started = self.deliver(request)?;
        started.into_iter().for_each(Started::leave);
        Ok(())
    }

    /// Hands `request` over and waits until it was heard, or failed, or `limit` has passed.
    ///
    /// # Errors
    ///
    /// Those of [`Self::send`], and [`ErrorKind::Player`] if the player does not answer.
    pub fn send_and_wait(&self, mut request: Request, limit: Duration) -> Result<Outcome> {
        let (path, inbox) = self.inbox_for_answer()?;
        request.reply_to = Some(path);
        let player = self.player_inbox()?;
        // A player that is being killed takes what comes and reads it no more: then another one is
        // asked, once.
        let mut answer = self.deliver_and_wait(request.clone(), &player, &inbox, limit)?;
        if matches!(&answer, Err(error) if error.kind() == io::ErrorKind::ConnectionAborted) {
            answer = self.deliver_and_wait(request, &player, &inbox, limit)?;
        }
        answer.map_err(no_answer)
    }

    fn deliver_and_wait(
        &self,
        request: Request,
        player: &Path,
        inbox: &Inbox,
        limit: Duration,
    ) -> Result<io::Result<Outcome>> {
        // Who waits for the sound can wait for room, too.
        let asked = Instant::now();
        let mut started = loop {
            match self.deliver(request.clone()) {
                Err(error) if error.kind() == ErrorKind::Busy && asked.elapsed() < ROOM_LIMIT => {
                    std::thread::sleep(LOOK_AROUND);
                }
                delivered => break delivered?,
            }
        };
        let answer = wait_for_answer(inbox, started.as_mut(), player, limit);
        started.into_iter().for_each(Started::leave);
        Ok(answer)
    }

    /// How the player is; none if none is running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if there is one and it does not answer within `limit`.
    pub fn status(&self, limit: Duration) -> Result<Option<Status>> {
        self.ask(|reply_to| Message::Status { reply_to }, limit)
    }

    /// Stops the player: it takes no more requests, and leaves when its last sound has ended.
    /// Returns how it was; none if none is running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if there is one and it does not answer within `limit`.
    pub fn stop(&self, limit: Duration) -> Result<Option<Status>> {
        self.ask(|reply_to| Message::Stop { reply_to }, limit)
    }

    fn ask(
        &self,
        message: impl FnOnce(PathBuf) -> Message,
        limit: Duration,
    ) -> Result<Option<Status>> {
        let (path, inbox) = self.inbox_for_answer()?;
        match self.send_to_running(&message(path).encode()?)? {
            Sent::NobodyThere => Ok(None),
            Sent::Busy => Err(too_many_waiting()),
            Sent::Delivered => {
                let player = self.player_inbox()?;
                let answer = wait_for_answer(&inbox, None, &player, limit);
                answer.map(Some).map_err(no_answer)
            }
        }
    }

    /// Hands `request` over. Returns the player, if it had to be started.
    fn deliver(&self, request: Request) -> Result<Option<Started>> {
        let text = Message::Play(request.into()).encode()?;
        match self.send_to_running(&text)? {
            Sent::Delivered => Ok(None),
            Sent::Busy => Err(too_many_waiting()),
            Sent::NobodyThere => {
                let given = self.program.as_ref().filter(|program| program.exists());
                let program = given.cloned().unwrap_or_else(program);
                spawn(&program, &self.state_dir, &text).map(Some)
            }
        }
    }

    /// Sends `text` to a player that runs already.
    pub(super) fn send_to_running(&self, text: &str) -> Result<Sent> {
        let path = self.player_inbox()?;
        inbox::send(&path, text.as_bytes()).map_err(|error| {
            Error::new(ErrorKind::Player, "cannot reach the player").because(error)
        })
    }

    fn player_inbox(&self) -> Result<PathBuf> {
        state_dir::inbox_path(&self.state_dir, INBOX_NAME)
    }

    fn inbox_for_answer(&self) -> Result<(PathBuf, Inbox)> {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only the numbers' difference counts.
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let name = format!("reply.{}-{call}.sock", std::process::id());
        let path = state_dir::inbox_path(&self.state_dir, &name)?;
        let inbox = Inbox::bind(&path).map_err(no_answer)?;
        Ok((path, inbox))
    }
}

/// Waits until an answer comes, `started` has failed to start, the one whose inbox is `player`
/// was killed, or `limit` has passed.
fn wait_for_answer<A: DeserializeOwned>(
    inbox: &Inbox,
    mut started: Option<&mut Started>,
    player: &Path,
    limit: Duration,
) -> io::Result<A> {
    let deadline = Instant::now() + limit;
    loop {
        if let Received::Message(answer) = inbox.receive(LOOK_AROUND) {
            return Ok(serde_json::from_slice(&answer)?);
        }
        if Instant::now() > deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match started.as_mut().and_then(|player| player.ended()) {
            // One that could not even start answers nobody.
            Some(status) if !status.success() => {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            // One that was killed answers nobody either; one that has just been started may still
            // be on its way.
            ended if (ended.is_some() || started.is_none()) && inbox::is_abandoned(player) => {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            _ => {}
        }
    }
}

fn no_answer(error: io::Error) -> Error {
    Error::new(ErrorKind::Player, "no answer from the player").because(error)
}

fn too_many_waiting() -> Error {
    Error::new(ErrorKind::Busy, "the player has too many requests waiting")
}

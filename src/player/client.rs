//! The hook's side: hand a request over and be gone.
//!
//! One message, never waiting: a player that is stuck or busy costs the sound, not the agent's
//! time. With no player there, one is started and given the request.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::authority::{Authority, names_of_players};
use super::inbox::{self, Inbox, Received, Sent};
use super::protocol::{Message, Outcome, ReplyTo, Request, Status};
use super::reply_to::REPLIES;
use super::spawn::{Started, program, spawn};
use crate::error::{Error, ErrorKind, Result};
use crate::system::state_dir;

/// What the name of a player's lock ends in.
const LOCK: &str = ".lock";
/// How often somebody who waits for an answer looks whether the player is still there.
const LOOK_AROUND: Duration = Duration::from_millis(100);
/// How long somebody who waits for an answer waits for room in the player's inbox.
const ROOM_LIMIT: Duration = Duration::from_secs(2);

/// The way to a player of a state directory.
#[derive(Clone, Debug)]
pub struct PlayerClient {
    state_dir: PathBuf,
    /// What its inbox and its lock are called.
    name: String,
    /// What to start it with where it does not run.
    authority: Option<Authority>,
    /// The program to start then, if another than usual.
    program: Option<PathBuf>,
}

impl PlayerClient {
    /// The way to the player of `state_dir` that may use what `authority` says.
    pub fn new(state_dir: impl Into<PathBuf>, authority: &Authority) -> Self {
        Self {
            authority: Some(authority.clone()),
            ..Self::named(state_dir.into(), authority.player_name())
        }
    }

    fn named(state_dir: PathBuf, name: String) -> Self {
        Self {
            state_dir,
            name,
            authority: None,
            program: None,
        }
    }

    /// The ways to every player of `state_dir`, whether it runs or was killed.
    pub fn all(state_dir: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(state_dir).into_iter().flatten();
        let names = entries.filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let name = name.strip_suffix(LOCK)?;
            name.starts_with(&names_of_players())
                .then(|| Self::named(state_dir.to_owned(), name.to_owned()))
        });
        names.collect()
    }

    /// The file whose lock makes a player the one of this name.
    pub fn lock(&self) -> PathBuf {
        self.state_dir.join(format!("{}{LOCK}", self.name))
    }

    /// Where it takes messages.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if there is no place for that.
    pub fn inbox(&self) -> Result<PathBuf> {
        state_dir::inbox_path(&self.state_dir, &format!("{}.sock", self.name))
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
    pub fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome> {
        self.outcome(request, limit)?.map_err(no_answer)
    }

    /// Hands `request` over, and waits for its outcome as long as `limit`; none if it has none by then.
    ///
    /// # Errors
    ///
    /// Those of [`Self::send_and_wait`].
    pub fn send_and_look(&self, request: Request, limit: Duration) -> Result<Option<Outcome>> {
        match self.outcome(request, limit)? {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
            outcome => outcome.map(Some).map_err(no_answer),
        }
    }

    fn outcome(&self, mut request: Request, limit: Duration) -> Result<io::Result<Outcome>> {
        let (reply_to, inbox) = self.inbox_for_answer()?;
        request.reply_to = Some(reply_to);
        let player = self.inbox()?;
        // A player that is being killed takes what comes and reads it no more: then another one is
        // asked, once.
        let mut answer = self.deliver_and_wait(request.clone(), &player, &inbox, limit)?;
        if matches!(&answer, Err(error) if error.kind() == io::ErrorKind::ConnectionAborted) {
            answer = self.deliver_and_wait(request, &player, &inbox, limit)?;
        }
        Ok(answer)
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
    /// [`ErrorKind::Player`] if there is one and no answer within `limit`.
    pub fn status(&self, limit: Duration) -> Result<Option<Status>> {
        self.ask(|reply_to| Message::Status { reply_to }, limit)
    }

    /// Stops the player: it takes no more requests, and leaves when its last sound has ended.
    /// Returns how it was; none if none is running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if there is one and no answer within `limit`.
    pub fn stop(&self, limit: Duration) -> Result<Option<Status>> {
        self.ask(|reply_to| Message::Stop { reply_to }, limit)
    }

    fn ask(
        &self,
        message: impl FnOnce(ReplyTo) -> Message,
        limit: Duration,
    ) -> Result<Option<Status>> {
        let (reply_to, inbox) = self.inbox_for_answer()?;
        match self.send_to_running(&message(reply_to).encode()?)? {
            Sent::NobodyThere => Ok(None),
            Sent::Busy => Err(too_many_waiting()),
            Sent::Delivered => {
                let player = self.inbox()?;
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
                let Some(authority) = &self.authority else {
                    return Err(Error::new(ErrorKind::Player, "no player is running"));
                };
                let given = self.program.as_ref().filter(|program| program.exists());
                let program = given.cloned().unwrap_or_else(program);
                spawn(&program, &self.state_dir, authority, &text).map(Some)
            }
        }
    }

    /// Sends `text` to a player that runs already.
    pub(super) fn send_to_running(&self, text: &str) -> Result<Sent> {
        let path = self.inbox()?;
        inbox::send(&path, text.as_bytes()).map_err(|error| {
            Error::new(ErrorKind::Player, "cannot reach the player").because(error)
        })
    }

    fn inbox_for_answer(&self) -> Result<(ReplyTo, Inbox)> {
        let reply_to = ReplyTo::random();
        let path = state_dir::inbox_path(&self.state_dir, &reply_to.inbox_name())?;
        sweep_replies(&path);
        let inbox = Inbox::bind(&path).map_err(no_answer)?;
        Ok((reply_to, inbox))
    }
}

/// Removes what those have left beside `inbox` who waited for an answer and were killed. Names of
/// such inboxes are never used again.
fn sweep_replies(inbox: &Path) {
    let beside = inbox.parent().and_then(|dir| dir.read_dir().ok());
    for entry in beside.into_iter().flatten().flatten() {
        let is_reply = entry.file_name().to_str().is_some_and(|name| {
            let name = name.split_once(REPLIES);
            name.is_some_and(|(_, rest)| rest.ends_with(".sock"))
        });
        if is_reply && inbox::is_abandoned(&entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
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
        let rest = deadline.saturating_duration_since(Instant::now());
        if let Received::Message(answer) = inbox.receive(rest.min(LOOK_AROUND)) {
            return Ok(serde_json::from_slice(&answer)?);
        }
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match started.as_mut().and_then(|player| player.ended()) {
            // One that could not even start answers nobody.
            Some(status) if !status.success() => {
                return Err(io::Error::other(format!("the player failed ({status})")));
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

//! The client side: sends a request to the player and returns.
//!
//! A request is one message and never waits: a stuck or busy player costs the sound, not the agent's time. If
//! no player runs, one is started with the request.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::authority::{Authority, names_of_players};
use super::inbox::{self, Inbox, Received, Sent};
use super::protocol::{Message, Outcome, ReplyTo, Request, Status, VERSION};
use super::reply_to::REPLIES;
use super::spawn::{Started, program, spawn};
use crate::error::{Error, ErrorKind, Result};
use crate::system::external;
use crate::system::state_dir;

/// The suffix of a player's lock file.
const LOCK: &str = ".lock";
/// The prefix of the name of a relay.
const RELAY: &str = "relay";
/// The suffix of a player's file of reminders.
#[cfg(feature = "playback")]
const REMINDERS: &str = ".reminders";
/// How often a waiting client checks that the player still runs.
const LIVENESS_INTERVAL: Duration = Duration::from_millis(100);
/// How long a waiting client retries while the player's inbox is full.
const ROOM_LIMIT: Duration = Duration::from_secs(2);

/// A client for one player of a state directory.
#[derive(Clone, Debug)]
pub struct PlayerClient {
    state_dir: PathBuf,
    /// The base name of its inbox and lock.
    name: String,
    /// The settings for starting it; none if it must not be started.
    authority: Option<Authority>,
    /// The program to start, instead of the usual one.
    program: Option<PathBuf>,
}

impl PlayerClient {
    /// A client for the player of `state_dir` with the settings `authority`.
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

    /// A client for the relay of `state_dir`, which belongs to the whole user: `authority` is what it is started
    /// with.
    pub fn relay(state_dir: impl Into<PathBuf>, authority: &Authority) -> Self {
        Self {
            authority: Some(authority.clone()),
            ..Self::named(state_dir.into(), format!("{RELAY}.v{VERSION}"))
        }
    }

    /// What it is a client for, in messages.
    #[cfg(any(feature = "playback", feature = "relay"))]
    pub(super) fn whom(&self) -> &'static str {
        match self.is_relays() {
            true => "relay",
            false => "player",
        }
    }

    fn is_relays(&self) -> bool {
        self.name.starts_with(RELAY)
    }

    /// Clients for all players of `state_dir`, running or killed.
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

    /// The lock file; its lock identifies the player of this name.
    pub fn lock(&self) -> PathBuf {
        self.state_dir.join(format!("{}{LOCK}", self.name))
    }

    /// The file of reminders that wait.
    #[cfg(feature = "playback")]
    pub(super) fn reminders(&self) -> PathBuf {
        self.state_dir.join(format!("{}{REMINDERS}", self.name))
    }

    /// The path of the inbox.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if there is no directory for it.
    pub fn inbox(&self) -> Result<PathBuf> {
        state_dir::inbox_path(&self.state_dir, &format!("{}.sock", self.name))
    }

    /// Starts `program`, if it exists, when no player runs.
    #[must_use]
    pub fn starting(mut self, program: Option<PathBuf>) -> Self {
        self.program = program;
        self
    }

    /// Sends `request` without waiting.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if the player's inbox is full, [`ErrorKind::Player`] if no player runs and none
    /// can be started, [`ErrorKind::Sound`] if the request cannot be encoded.
    pub fn send(&self, request: Request) -> Result<()> {
        let started = self.deliver(request)?;
        started.into_iter().for_each(Started::leave);
        Ok(())
    }

    /// Sends `request` and waits up to `limit` until the sound was played or failed.
    ///
    /// # Errors
    ///
    /// Those of [`Self::send`], and [`ErrorKind::Player`] if there is no answer.
    pub fn send_and_wait(&self, request: Request, limit: Duration) -> Result<Outcome> {
        self.outcome(request, limit)?.map_err(no_answer)
    }

    /// Sends `request` and waits up to `limit` for its outcome; none if there is none by then.
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
        // A player that is being killed may take a message without reading it. Then a new player is asked,
        // once.
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
        // A client that waits for the sound can also wait for room.
        let asked = Instant::now();
        let mut started = loop {
            match self.deliver(request.clone()) {
                Err(error) if error.kind() == ErrorKind::Busy && asked.elapsed() < ROOM_LIMIT => {
                    std::thread::sleep(LIVENESS_INTERVAL);
                }
                delivered => break delivered?,
            }
        };
        let answer = wait_for_answer(inbox, started.as_mut(), player, limit);
        started.into_iter().for_each(Started::leave);
        Ok(answer)
    }

    /// The player's status; none if it does not run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if it runs but does not answer within `limit`.
    pub fn status(&self, limit: Duration) -> Result<Option<Status>> {
        self.status_as(limit)
    }

    /// As [`Self::status`], of a relay.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn status_as<A: DeserializeOwned>(&self, limit: Duration) -> Result<Option<A>> {
        self.ask(|reply_to| Message::Status { reply_to }, limit)
    }

    /// Stops the player: it takes no further requests and exits after its last sound. Returns its status;
    /// none if it does not run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if it runs but does not answer within `limit`.
    pub fn stop(&self, limit: Duration) -> Result<Option<Status>> {
        self.stop_as(limit)
    }

    /// As [`Self::stop`], of a relay.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn stop_as<A: DeserializeOwned>(&self, limit: Duration) -> Result<Option<A>> {
        self.ask(|reply_to| Message::Stop { reply_to }, limit)
    }

    fn ask<A: DeserializeOwned>(
        &self,
        message: impl FnOnce(ReplyTo) -> Message,
        limit: Duration,
    ) -> Result<Option<A>> {
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

    /// Sends `request`. Returns the player if it had to be started.
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
                let usual = || match self.is_relays() {
                    true => external::of_herald("herald-relay"),
                    false => program(),
                };
                let program = given.cloned().unwrap_or_else(usual);
                spawn(&program, &self.state_dir, authority, &text).map(Some)
            }
        }
    }

    /// Sends `text` to a running player.
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

/// Removes inboxes next to `inbox` of clients that were killed while waiting. Their names are never reused.
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

/// Waits for an answer. Fails if `started` exits with an error, the player with the inbox `player` was
/// killed, or `limit` has passed.
fn wait_for_answer<A: DeserializeOwned>(
    inbox: &Inbox,
    mut started: Option<&mut Started>,
    player: &Path,
    limit: Duration,
) -> io::Result<A> {
    let deadline = Instant::now() + limit;
    loop {
        let rest = deadline.saturating_duration_since(Instant::now());
        if let Received::Message(answer) = inbox.receive(rest.min(LIVENESS_INTERVAL)) {
            return Ok(serde_json::from_slice(&answer)?);
        }
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match started.as_mut().and_then(|player| player.ended()) {
            // A player that failed to start cannot answer.
            Some(status) if !status.success() => {
                return Err(io::Error::other(format!("the player failed ({status})")));
            }
            // Nor can a player that was killed. One that was just started may not have its inbox yet.
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

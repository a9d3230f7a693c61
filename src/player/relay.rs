//! What the relay of a fleet shares with the player: a lock, an inbox, and the requests of hooks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::authority::Authority;
use super::client::PlayerClient;
use super::inbox::Received;
use super::own_program::OwnProgram;
use super::player_lock::PlayerLock;
use super::protocol::{Message, ReplyTo, Request};
use super::reply_to;
use super::spawn::detach_from_hook;
use crate::error::{Error, ErrorKind, Result};

/// Makes this process the relay that hooks reach, until it is dropped.
pub struct RelayLock {
    lock: PlayerLock,
    state_dir: PathBuf,
    program: OwnProgram,
}

/// What a relay received.
#[derive(Debug)]
pub enum Incoming {
    /// Nothing in the given time.
    Nothing,
    /// A message of this user.
    Message(Message),
    /// Something that was refused, and why.
    Refused(String),
}

impl RelayLock {
    /// Becomes the relay of `state_dir`; none if another process is, which then has `first`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if another relay runs and there is no request, or it does not accept the request, or
    /// this one cannot listen.
    pub fn take(
        state_dir: &Path,
        authority: &Authority,
        first: Option<&Request>,
    ) -> Result<Option<Self>> {
        let lock = PlayerLock::take(&PlayerClient::relay(state_dir, authority), first)?;
        Ok(lock.map(|lock| Self {
            lock,
            state_dir: state_dir.to_owned(),
            program: OwnProgram::running(),
        }))
    }

    /// Receives a message within `patience`.
    pub fn receive(&self, patience: Duration) -> Incoming {
        match self.lock.receive(patience) {
            Received::Nothing => Incoming::Nothing,
            Received::Refused(why) => Incoming::Refused(why),
            Received::Message(message) => match Message::decode(&message) {
                Ok(message) => Incoming::Message(message),
                Err(error) => Incoming::Refused(error.to_string()),
            },
        }
    }

    /// Whether hooks can still reach it, and its program is still the installed one.
    pub fn is_current(&self) -> bool {
        self.lock.is_found() && !self.program.was_replaced()
    }

    /// Makes it unreachable. Messages already sent can still be received.
    pub fn leave(&self) {
        self.lock.leave();
    }

    /// Sends an answer, if somebody still waits for it.
    pub fn answer(&self, reply_to: &ReplyTo, answer: &impl Serialize) {
        reply_to::answer(&self.state_dir, reply_to, answer);
    }
}

/// Detaches this process from the hook that started it, and reads the hook's request from standard input. Call
/// before anything else is opened.
///
/// # Errors
///
/// [`ErrorKind::Player`] if there is none.
pub fn first_request() -> Result<Request> {
    let no_request = || Error::new(ErrorKind::Player, "no request");
    let message = detach_from_hook().map_err(|error| no_request().because(error))?;
    match Message::decode(&message)? {
        Message::Play(request) => Ok(*request),
        _ => Err(no_request()),
    }
}

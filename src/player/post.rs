//! The post of the one player of a state directory: its lock, and its inbox.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::client::PlayerClient;
use super::inbox::{Inbox, Received, Sent};
use super::protocol::{INBOX_NAME, LOCK_NAME, Message, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::state_dir;

/// How long a player that is not needed tries to hand its request over.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(3);
/// How long a player waits for another one to be through with taking or leaving the post.
const PAUSE: Duration = Duration::from_millis(5);

/// What makes a player the one that hooks reach, until it is dropped.
pub(super) struct Post {
    inbox: Inbox,
    /// Given up last: whoever has it is the one.
    _lock: File,
}

impl Post {
    /// Takes the post in `state_dir`, unless another player has it and takes `request`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if nobody can have the post here, or somebody has it and there is
    /// nothing to hand over or no way to.
    pub(super) fn take(state_dir: &Path, request: Option<&Request>) -> Result<Option<Self>> {
        let Some(lock) = lock_or_hand_over(state_dir, request)? else {
            return Ok(None);
        };
        let path = state_dir::inbox_path(state_dir, INBOX_NAME)?;
        let inbox = Inbox::bind(&path).map_err(|error| cannot_listen(&path, error))?;
        Ok(Some(Self { inbox, _lock: lock }))
    }

    /// Whether hooks still find it.
    pub(super) fn is_found(&self) -> bool {
        self.inbox.is_found()
    }

    /// Takes what comes within `patience`.
    pub(super) fn receive(&self, patience: Duration) -> Received {
        self.inbox.receive(patience)
    }

    /// Lets nobody find it any more. What is on its way can still be received.
    pub(super) fn leave(&self) {
        self.inbox.hide();
    }
}

/// Gets the lock that makes a player the one, or hands `request` to who has it.
fn lock_or_hand_over(state_dir: &Path, request: Option<&Request>) -> Result<Option<File>> {
    let path = state_dir.join(LOCK_NAME);
    let started = Instant::now();
    let client = PlayerClient::new(state_dir);
    let message = request.map(|request| Message::Play(request.clone().into()).encode());
    let message = message.transpose()?;
    loop {
        let lock = file::own()
            .write(true)
            .create(true)
            .open(&path)
            .map_err(|error| cannot_listen(&path, error))?;
        match lock.try_lock() {
            Ok(()) => return Ok(Some(lock)),
            Err(TryLockError::Error(error)) => return Err(cannot_listen(&path, error)),
            Err(TryLockError::WouldBlock) => {}
        }
        let Some(message) = &message else {
            return Err(Error::new(ErrorKind::Player, "a player is running already"));
        };
        match client.send_to_running(message) {
            Ok(Sent::Delivered) => return Ok(None),
            _ if started.elapsed() > HAND_OVER_LIMIT => {
                return Err(Error::new(
                    ErrorKind::Player,
                    "the player takes no requests",
                ));
            }
            // The one has the lock and not yet its inbox, or is just leaving, or has too much to do.
            _ => std::thread::sleep(PAUSE),
        }
    }
}

fn cannot_listen(path: &Path, error: io::Error) -> Error {
    let what = format!("cannot listen at {}", path.display());
    Error::new(ErrorKind::Player, what).because(error)
}

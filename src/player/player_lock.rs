//! The lock and the inbox of the one player of a name.
//!
//! A lock file is removed only by who has its lock, and counts only while it is the one at its path: so
//! names of environments that are gone do not stay behind.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::client::PlayerClient;
use super::inbox::{Inbox, Received, Sent};
use super::protocol::{Message, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::system::file::{self, Identity};

/// How long a player that is not needed tries to hand its request over.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(3);
/// How long a player waits for another one to be through with taking or leaving the lock.
const PAUSE: Duration = Duration::from_millis(5);

/// What makes a player the one that hooks reach, until it is dropped.
pub(super) struct PlayerLock {
    inbox: Inbox,
    /// Given up last: whoever has it is the one.
    _lock: Lock,
}

/// The lock of a lock file, which ends with the process however that ends.
struct Lock {
    path: PathBuf,
    /// Held open: the lock is this file's.
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Where the state directory was made anew, another player's is at the path.
        if cfg!(unix) && is_at(&self.path, &self.file) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl PlayerLock {
    /// Takes the lock that `client` is the way to, unless another player has it and takes `request`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if nobody can have the lock here, or somebody has it and there is
    /// nothing to hand over or no way to.
    pub(super) fn take(client: &PlayerClient, request: Option<&Request>) -> Result<Option<Self>> {
        let Some(lock) = lock_or_hand_over(client, request)? else {
            return Ok(None);
        };
        let path = client.inbox()?;
        let inbox = remove(&path).and_then(|()| Inbox::bind(&path));
        let inbox = inbox.map_err(|error| cannot_listen(&path, error))?;
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
fn lock_or_hand_over(client: &PlayerClient, request: Option<&Request>) -> Result<Option<Lock>> {
    let path = client.lock();
    let started = Instant::now();
    let message = request.map(|request| Message::Play(request.clone().into()).encode());
    let message = message.transpose()?;
    loop {
        match lock(&path, true) {
            Ok(Some(lock)) => return Ok(Some(lock)),
            Ok(None) => {}
            Err(error) => return Err(cannot_listen(&path, error)),
        }
        let Some(message) = &message else {
            return Err(Error::new(ErrorKind::Player, "a player is already running"));
        };
        match client.send_to_running(message) {
            Ok(Sent::Delivered) => return Ok(None),
            _ if started.elapsed() > HAND_OVER_LIMIT => {
                return Err(Error::new(
                    ErrorKind::Player,
                    "the player accepts no requests",
                ));
            }
            // The one has the lock and not yet its inbox, or is just leaving, or has too much to do.
            _ => std::thread::sleep(PAUSE),
        }
    }
}

/// The lock of the file at `path`, which is made if it may be; none if somebody else has it, or has
/// just removed it.
fn lock(path: &Path, create: bool) -> io::Result<Option<Lock>> {
    let file = file::own().write(true).create(create).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(is_at(path, &file).then(|| Lock {
        path: path.to_owned(),
        file,
    }))
}

/// Whether `file` is the one at `path`. Where files have no identity every one is.
fn is_at(path: &Path, file: &File) -> bool {
    let identity = |metadata: io::Result<Metadata>| metadata.ok().map(|file| Identity::of(&file));
    identity(file.metadata()) == identity(path.symlink_metadata())
}

/// Removes what players that were killed have left in `state_dir`.
pub(super) fn sweep(state_dir: &Path) {
    for player in PlayerClient::all(state_dir) {
        // Nobody comes or goes there while this has the lock.
        if let Ok(Some(_lock)) = lock(&player.lock(), false)
            && let Ok(inbox) = player.inbox()
        {
            let _ = remove(&inbox);
        }
    }
}

/// Removes what is at `path`, if anything is.
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn cannot_listen(path: &Path, error: io::Error) -> Error {
    let what = format!("cannot listen at {}", path.display());
    Error::new(ErrorKind::Player, what).because(error)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_lock_of_a_successor_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("player.lock");
        let first = lock(&path, true).unwrap().unwrap();
        assert!(lock(&path, true).unwrap().is_none(), "it is taken");
        // As where the state directory is removed and made anew.
        remove(&path).unwrap();
        let second = lock(&path, true).unwrap().unwrap();
        drop(first);
        assert!(path.exists(), "it is the other one's");
        drop(second);
        assert!(!path.exists());
    }
}

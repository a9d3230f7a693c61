//! The lock and the inbox of a player, or of a relay; at most one process per name has them.
//!
//! Only the holder of the lock removes the lock file, and a lock only counts while its file is at its path.
//! So names of past environments do not accumulate.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::client::PlayerClient;
use super::inbox::{Inbox, Received, Sent};
use super::protocol::{Message, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::system::file::{self, Identity};

/// How long a superfluous player tries to pass on its request.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(3);
/// How long a player waits between attempts to get the lock.
const PAUSE: Duration = Duration::from_millis(5);

/// Makes this process the player that hooks reach, until it is dropped.
pub(super) struct PlayerLock {
    inbox: Inbox,
    /// Released last: its holder is the player.
    _lock: Lock,
}

/// A locked file. The system releases the lock when the process ends.
struct Lock {
    path: PathBuf,
    /// Kept open, because the lock belongs to the open file.
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If the state directory was recreated, another player's file is at the path.
        if cfg!(unix) && is_at(&self.path, &self.file) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl PlayerLock {
    /// Takes the lock for `client`, unless another player has it and accepts `request`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Player`] if the lock cannot be taken, or another player has it and there is no request,
    /// or it does not accept the request.
    pub(super) fn take(client: &PlayerClient, request: Option<&Request>) -> Result<Option<Self>> {
        let Some(lock) = lock_or_hand_over(client, request)? else {
            return Ok(None);
        };
        let path = client.inbox()?;
        let inbox = remove(&path).and_then(|()| Inbox::bind(&path));
        let inbox = inbox.map_err(|error| cannot_listen(&path, error))?;
        Ok(Some(Self { inbox, _lock: lock }))
    }

    /// Whether hooks can still reach the inbox.
    pub(super) fn is_found(&self) -> bool {
        self.inbox.is_found()
    }

    /// Receives a message within `patience`.
    pub(super) fn receive(&self, patience: Duration) -> Received {
        self.inbox.receive(patience)
    }

    /// Makes the inbox unreachable. Messages already sent can still be received.
    pub(super) fn leave(&self) {
        self.inbox.hide();
    }
}

/// Takes the lock, or passes `request` to its holder.
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
            let what = format!("a {} is already running", client.whom());
            return Err(Error::new(ErrorKind::Player, what));
        };
        match client.send_to_running(message) {
            Ok(Sent::Delivered) => return Ok(None),
            _ if started.elapsed() > HAND_OVER_LIMIT => {
                let what = format!("the {} accepts no requests", client.whom());
                return Err(Error::new(ErrorKind::Player, what));
            }
            // The holder has no inbox yet, is exiting, or is busy.
            _ => std::thread::sleep(PAUSE),
        }
    }
}

/// Locks the file at `path`, which is created if `create`; none if another process has the lock or just
/// removed the file.
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

/// Whether `file` is the one at `path`; always true on systems without file identities.
fn is_at(path: &Path, file: &File) -> bool {
    let identity = |metadata: io::Result<Metadata>| metadata.ok().map(|file| Identity::of(&file));
    identity(file.metadata()) == identity(path.symlink_metadata())
}

/// Removes the files that killed players left in `state_dir`.
#[cfg(feature = "playback")]
pub(super) fn sweep(state_dir: &Path) {
    for player in PlayerClient::all(state_dir) {
        // The lock keeps others from using the inbox meanwhile.
        if let Ok(Some(_lock)) = lock(&player.lock(), false)
            && let Ok(inbox) = player.inbox()
        {
            let _ = remove(&inbox);
        }
    }
}

/// Removes the file at `path`, if it exists.
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
        // As if the state directory was recreated.
        remove(&path).unwrap();
        let second = lock(&path, true).unwrap().unwrap();
        drop(first);
        assert!(path.exists(), "it is the other one's");
        drop(second);
        assert!(!path.exists());
    }
}

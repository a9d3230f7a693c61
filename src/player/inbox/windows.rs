//! Inboxes as named pipes: each connection carries one message.
//!
//! Pipe names are global to the machine and belong to whoever creates them first. So each inbox uses a random
//! name and writes it into the file at its path, in a directory of this user. The pipe has the default
//! permissions: others may inspect it, but only this user, the system and administrators can write.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use interprocess::os::windows::named_pipe::{PipeListener, PipeListenerOptions, pipe_mode};

use super::{MAX_LEN, Received, Sent};
use crate::system::file;

type Listener = PipeListener<pipe_mode::Bytes, pipe_mode::None>;

/// The number of pending messages, as on Linux.
const MAX_WAITING: usize = 11;
/// ERROR_PIPE_BUSY of winerror.h: another client is connected.
const PIPE_BUSY: i32 = 231;
/// How often, and with which pause, a sender retries then.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// A pipe, reachable until it is dropped.
#[derive(Debug)]
pub(in crate::player) struct Inbox {
    messages: Receiver<Vec<u8>>,
    path: PathBuf,
    name: String,
    closed: Arc<OnceLock<()>>,
}

impl Inbox {
    /// Creates an inbox at `path`, replacing an existing file.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub(in crate::player) fn bind(path: &Path) -> io::Result<Self> {
        let random = || RandomState::new().hash_one(0);
        let name = format!(r"\\.\pipe\herald-{:016x}{:016x}", random(), random());
        let listener = PipeListenerOptions::new()
            .path(name.as_str())
            .input_buffer_size_hint(MAX_LEN as u32)
            .create_recv_only::<pipe_mode::Bytes>()?;
        let (sender, messages) = sync_channel(MAX_WAITING);
        let closed = Arc::new(OnceLock::new());
        let is_closed = closed.clone();
        thread::Builder::new()
            .name("herald-inbox".to_owned())
            .spawn(move || listen(&listener, &sender, &is_closed))?;
        let mut file = file::own();
        let file = file.write(true).create(true).truncate(true).open(path);
        file.and_then(|mut file| file.write_all(name.as_bytes()))?;
        Ok(Self {
            messages,
            path: path.to_owned(),
            name,
            closed,
        })
    }

    /// Whether senders can still reach it.
    pub(in crate::player) fn is_found(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|name| name == self.name)
    }

    /// Makes it unreachable.
    pub(in crate::player) fn hide(&self) {
        if self.is_found() {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Receives a message within `patience`.
    pub(in crate::player) fn receive(&self, patience: Duration) -> Received {
        match self.messages.recv_timeout(patience) {
            Ok(message) => Received::Message(message),
            Err(_) => Received::Nothing,
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.hide();
        let _ = self.closed.set(());
        // Wakes the thread.
        let _ = OpenOptions::new().write(true).open(&self.name);
    }
}

fn listen(listener: &Listener, messages: &SyncSender<Vec<u8>>, closed: &OnceLock<()>) {
    while let Ok(connection) = listener.accept() {
        let mut message = Vec::new();
        let read = connection
            .take(MAX_LEN as u64 + 1)
            .read_to_end(&mut message);
        if closed.get().is_some() {
            return;
        }
        // Blocks while the queue is full; then senders find the pipe busy.
        if read.is_ok() && !message.is_empty() && messages.send(message).is_err() {
            return;
        }
    }
}

/// Sends `message` to the inbox at `path`, with a few retries.
///
/// # Errors
///
/// The error of the system, unless [`Sent`] covers it.
pub(in crate::player) fn send(path: &Path, message: &[u8]) -> io::Result<Sent> {
    let name = match fs::read_to_string(path) {
        Ok(name) if name.starts_with(r"\\.\pipe\herald-") => name,
        Ok(_) => return Ok(Sent::NobodyThere),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Sent::NobodyThere),
        Err(error) => return Err(error),
    };
    for _ in 0..ATTEMPTS {
        match OpenOptions::new().write(true).open(&name) {
            Ok(mut pipe) => {
                pipe.write_all(message)?;
                return Ok(Sent::Delivered);
            }
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => thread::sleep(PAUSE),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Sent::NobodyThere),
            Err(error) => return Err(error),
        }
    }
    Ok(Sent::Busy)
}

/// Whether the process of the inbox at `path` was killed, which closed the pipe.
pub(in crate::player) fn is_abandoned(path: &Path) -> bool {
    let name = fs::read_to_string(path).unwrap_or_default();
    // A connection without content is ignored.
    let connected = OpenOptions::new().write(true).open(&name);
    !name.is_empty() && connected.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

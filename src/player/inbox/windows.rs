//! Inboxes that are named pipes: a connection carries one message, and ends.
//!
//! Names of pipes belong to the whole machine, and whoever comes first has one. So each inbox makes
//! up a name that nobody can guess, and writes it into the file at its path, in a directory of this
//! user's own. The pipe itself has the system's default rights: others may look at it, and only
//! this user, the system and administrators may write.

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

/// Messages that wait to be taken: as many as Linux keeps.
const MAX_WAITING: usize = 11;
/// ERROR_PIPE_BUSY of winerror.h: somebody else is just being listened to.
const PIPE_BUSY: i32 = 231;
/// How often, and how long apart, somebody who sends tries again then.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// A pipe, which is there for others until it is dropped.
#[derive(Debug)]
pub(in crate::player) struct Inbox {
    messages: Receiver<Vec<u8>>,
    path: PathBuf,
    name: String,
    closed: Arc<OnceLock<()>>,
}

impl Inbox {
    /// An inbox at `path`. A file that stood there is replaced.
    ///
    /// # Errors
    ///
    /// What the system says.
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

    /// Whether others still find it.
    pub(in crate::player) fn is_found(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|name| name == self.name)
    }

    /// Lets nobody find it any more.
    pub(in crate::player) fn hide(&self) {
        if self.is_found() {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Takes a message, if one comes within `patience`.
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
        // Waits while too many do: then others find the pipe busy.
        if read.is_ok() && !message.is_empty() && messages.send(message).is_err() {
            return;
        }
    }
}

/// Sends `message` to the inbox at `path`, or fails soon.
///
/// # Errors
///
/// What the system says, unless [`Sent`] has a name for it.
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

/// Whether the inbox at `path` is that of a process which was killed: its pipe ended with it.
pub(in crate::player) fn is_abandoned(path: &Path) -> bool {
    let name = fs::read_to_string(path).unwrap_or_default();
    // A connection that carries nothing is no message.
    let connected = OpenOptions::new().write(true).open(&name);
    !name.is_empty() && connected.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

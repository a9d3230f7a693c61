//! The hook's side: hand a request over and be gone.
//!
//! One datagram, never waiting: a player that is stuck or busy costs the sound, not the agent's
//! time. With no player there, one is started and given the request.

use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use super::protocol::{Outcome, Request};
use super::spawn::{leave, spawn};
use crate::error::{Error, ErrorKind, Result};

/// The way to the player of a state directory.
#[derive(Clone, Debug)]
pub struct PlayerClient {
    state_dir: PathBuf,
}

impl PlayerClient {
    /// The way to the player of `state_dir`.
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
        }
    }

    /// Hands `request` over without waiting.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if the player's queue is full, [`ErrorKind::Player`] if there is no
    /// player and none can be started, [`ErrorKind::Sound`] if the request cannot be encoded.
    pub fn send(&self, request: &Request) -> Result<()> {
        self.deliver(request)
            .map(|started| started.into_iter().for_each(leave))
    }

    /// Hands `request` over. Returns the player, if it had to be started.
    fn deliver(&self, request: &Request) -> Result<Option<Child>> {
        let text = request.encode()?;
        match self.send_to_running(&text)? {
            Sent::Delivered => Ok(None),
            Sent::NobodyThere => spawn(&self.state_dir, &text).map(Some),
        }
    }

    /// Hands `request` to a player that runs already. Returns whether there was one.
    #[cfg(all(unix, feature = "playback"))]
    pub(super) fn hand_over(&self, request: &Request) -> bool {
        request
            .encode()
            .and_then(|text| self.send_to_running(&text))
            .is_ok_and(|sent| matches!(sent, Sent::Delivered))
    }
}

/// Whether a running player got the request.
enum Sent {
    Delivered,
    NobodyThere,
}

#[cfg(all(unix, feature = "playback"))]
pub(super) use unix::send_datagram;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::unix::net::UnixDatagram;
    use std::path::Path;
    use std::time::Instant;

    use super::super::protocol::SOCKET_NAME;
    use super::*;
    use crate::state_dir;
    use crate::sync::{AtomicU64, Ordering};

    /// How often somebody who waits for an answer looks whether the player is still there.
    const LOOK_AROUND: Duration = Duration::from_millis(100);

    impl PlayerClient {
        pub(super) fn send_to_running(&self, text: &str) -> Result<Sent> {
            send_to(&state_dir::socket_path(&self.state_dir, SOCKET_NAME)?, text)
        }

        /// Hands `request` over and waits until it was heard, or failed, or `limit` has passed.
        ///
        /// # Errors
        ///
        /// Those of [`Self::send`], and [`ErrorKind::Player`] if the player does not answer.
        pub fn send_and_wait(&self, mut request: Request, limit: Duration) -> Result<Outcome> {
            static CALLS: AtomicU64 = AtomicU64::new(0);
            // Relaxed: only the numbers' difference counts.
            let call = CALLS.fetch_add(1, Ordering::Relaxed);
            let name = format!("reply.{}-{call}.sock", std::process::id());
            let path = state_dir::socket_path(&self.state_dir, &name)?;
            let no_answer = |error: io::Error| {
                Error::new(ErrorKind::Player, "no answer from the player").because(error)
            };
            let _ = std::fs::remove_file(&path);
            let socket = UnixDatagram::bind(&path).map_err(no_answer)?;
            let _unlink = Unlink(&path);
            socket
                .set_read_timeout(Some(LOOK_AROUND))
                .map_err(no_answer)?;
            request.reply_to = Some(path.clone());
            let mut started = self.deliver(&request)?;
            let answer = wait_for_answer(&socket, started.as_mut(), limit);
            started.into_iter().for_each(leave);
            answer.map_err(no_answer)
        }
    }

    /// Waits until an answer comes, `started` has failed to start, or `limit` has passed.
    fn wait_for_answer(
        socket: &UnixDatagram,
        mut started: Option<&mut Child>,
        limit: Duration,
    ) -> io::Result<Outcome> {
        let deadline = Instant::now() + limit;
        let mut answer = [0; 4096];
        loop {
            match socket.recv(&mut answer) {
                Ok(len) => return Ok(serde_json::from_slice(&answer[..len])?),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) => {}
            }
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // One that could not even start answers nobody.
            if let Some(player) = &mut started
                && let Ok(Some(status)) = player.try_wait()
                && !status.success()
            {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
        }
    }

    struct Unlink<'a>(&'a Path);

    impl Drop for Unlink<'_> {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(self.0);
        }
    }

    fn send_to(path: &Path, text: &str) -> Result<Sent> {
        match send_datagram(path, text.as_bytes()) {
            Ok(()) => Ok(Sent::Delivered),
            Err(error) => match error.kind() {
                // No socket, or one whose player is gone.
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(Sent::NobodyThere),
                io::ErrorKind::WouldBlock => Err(Error::new(
                    ErrorKind::Busy,
                    "the player has too many requests waiting",
                )),
                _ => Err(Error::new(ErrorKind::Player, "cannot reach the player").because(error)),
            },
        }
    }

    /// Sends `datagram` to the socket at `path`, or fails at once.
    pub(in crate::player) fn send_datagram(path: &Path, datagram: &[u8]) -> io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to(datagram, path).map(drop)
    }
}

/// Without datagram sockets that only this user can reach, each request has a player of its own.
#[cfg(not(unix))]
impl PlayerClient {
    fn send_to_running(&self, _: &str) -> Result<Sent> {
        Ok(Sent::NobodyThere)
    }

    /// Hands `request` over. Waiting for its end needs a resident player.
    ///
    /// # Errors
    ///
    /// Those of [`Self::send`], and [`ErrorKind::Player`] always.
    pub fn send_and_wait(&self, request: Request, _: Duration) -> Result<Outcome> {
        self.send(&request)?;
        Err(Error::new(ErrorKind::Player, "no answer from the player")
            .because("waiting is not supported on this system"))
    }
}

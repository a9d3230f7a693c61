//! The resident player.
//!
//! # Life
//!
//! Hooks start players freely; the one that gets the lock file's lock stays, the others hand
//! their request to it and leave. The lock is the system's, so it ends with the process however
//! that ends, and the socket that a dead player left behind is replaced by the next one. A player
//! leaves when it was not needed for a while, or when its socket is gone: then the state directory
//! was removed, and hooks will start another player.
//!
//! # Loss
//!
//! Every request that was received gets a line in the record: played, or why not. One that did
//! not sound takes its throttle marks back, so that the next event may.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::log::Log;
use super::protocol::{Outcome, Request};
use crate::audio::ClipCache;
use crate::clock::{Clock, SystemClock};
use crate::engine::Master;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::event;
use crate::sound::Output;
use crate::speaker::{Ending, Speaker};
use crate::state_dir;
use crate::state_file::{Count, StateFile};
use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::throttle::Throttle;

/// A player that was not needed for this long leaves.
const IDLE_EXIT: Duration = Duration::from_secs(5 * 60);
/// Decoded sounds that are kept, in bytes: some twenty seconds.
const MAX_CACHED_LEN: usize = 8 << 20;
/// How often a player that waits looks around: whether it is still needed, and still found.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// Runs the player of this user's state directory, beginning with request `first`, until it is
/// not needed any more.
///
/// # Errors
///
/// [`ErrorKind::State`] if there is no state directory, [`ErrorKind::Player`] if the player
/// cannot listen and another one does not take the request.
pub fn run(env: &Env, first: Option<Request>) -> Result<()> {
    let (state_dir, _) = state_dir::find(env)?;
    Player::new(state_dir).serve(first)
}

struct Player {
    desk: Arc<Desk>,
    speakers: HashMap<Output, Speaker>,
    clips: Arc<ClipCache>,
    master: Arc<Master>,
}

/// Where requests end, from whichever thread.
struct Desk {
    state_dir: PathBuf,
    log: Log,
    /// Requests that have no outcome yet. Relaxed: a plain count, nothing is read because of it.
    open: AtomicU64,
}

impl Player {
    fn new(state_dir: PathBuf) -> Self {
        let desk = Desk {
            log: Log::new(&state_dir),
            state_dir,
            open: AtomicU64::new(0),
        };
        Self {
            desk: Arc::new(desk),
            speakers: HashMap::new(),
            clips: Arc::new(ClipCache::new(MAX_CACHED_LEN)),
            master: Arc::default(),
        }
    }

    fn play(&mut self, request: Request) {
        let desk = self.desk.clone();
        desk.open.fetch_add(1, Relaxed);
        let speaker = match self.speaker(&request.output) {
            Ok(speaker) => speaker,
            Err(error) => return desk.close(&request, Err(error)),
        };
        let (sound, volume, playback) = (request.sound.clone(), request.volume, request.playback);
        let done = Box::new(move |result| desk.close(&request, result));
        speaker.play(sound, volume, playback, done);
    }

    fn speaker(&mut self, output: &Output) -> Result<&Speaker> {
        let found = self.speakers.get(output);
        if !found.is_some_and(Speaker::is_alive) {
            self.speakers
                .retain(|_, speaker| speaker.is_alive() && !speaker.is_idle());
            let speaker = Speaker::new(output, self.clips.clone(), self.master.clone())?;
            self.speakers.insert(output.clone(), speaker);
        }
        Ok(&self.speakers[output])
    }

    fn is_sounding(&self) -> bool {
        self.desk.open.load(Relaxed) > 0
    }

    fn finish_sounding(&self) {
        while self.is_sounding() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Desk {
    fn close(&self, request: &Request, result: Result<Ending>) {
        let outcome = match result {
            Ok(Ending::Played) => Outcome::Played,
            Ok(Ending::Stopped) => Outcome::Stopped,
            Err(error) => {
                let throttle = Throttle::new(StateFile::open(&self.state_dir), SystemClock);
                for admission in request.admissions() {
                    throttle.cancel(admission);
                }
                if !request.admissions.is_empty() {
                    let line = event::counter_line(&request.event);
                    throttle.storage().count(line, Count::Failed);
                }
                Outcome::Failed {
                    reason: error.to_string(),
                }
            }
        };
        self.log.write(SystemClock.unix_ms(), request, &outcome);
        if let Some(reply_to) = &request.reply_to {
            reply(reply_to, &outcome);
        }
        self.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(unix)]
fn reply(to: &Path, outcome: &Outcome) {
    let Ok(answer) = serde_json::to_vec(outcome) else {
        return;
    };
    // Whoever asked may have left; nobody else is told.
    let _ = super::client::send_datagram(to, &answer);
}

/// Without a socket nobody can have asked for an answer.
#[cfg(not(unix))]
fn reply(_: &Path, _: &Outcome) {}

/// Without a socket, a player plays its one request and leaves.
#[cfg(not(unix))]
impl Player {
    fn serve(mut self, first: Option<Request>) -> Result<()> {
        let nothing = || Error::new(ErrorKind::Player, "there is nothing to play");
        self.play(first.ok_or_else(nothing)?);
        self.finish_sounding();
        Ok(())
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, TryLockError};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixDatagram;
    use std::time::Instant;

    use super::super::client::PlayerClient;
    use super::super::protocol::{MAX_REQUEST_LEN, SOCKET_NAME};
    use super::*;
    use crate::file;

    const LOCK_NAME: &str = "player.lock";
    /// How long a player that is not needed tries to hand its request over.
    const HAND_OVER_LIMIT: Duration = Duration::from_secs(3);
    /// How long a leaving player waits for a request that was on its way.
    const LAST_CALL: Duration = Duration::from_millis(50);

    /// What makes a player the one that hooks reach.
    struct Post {
        socket: UnixDatagram,
        path: PathBuf,
        /// Given up last: whoever has it is the one.
        _lock: File,
    }

    impl Player {
        pub(super) fn serve(mut self, first: Option<Request>) -> Result<()> {
            let Some(post) = self.take_post(first.as_ref()).transpose() else {
                return Ok(());
            };
            // Even a player that nobody can reach plays what it was started for.
            first.into_iter().for_each(|request| self.play(request));
            // Whoever is started after this is the one, while the last sounds go on.
            let served = post.map(|post| self.receive_while_needed(&post));
            self.finish_sounding();
            served
        }

        /// Takes the post, unless another player has it and takes `request`.
        fn take_post(&self, request: Option<&Request>) -> Result<Option<Post>> {
            let Some(lock) = self.lock_or_hand_over(request)? else {
                return Ok(None);
            };
            let path = state_dir::socket_path(&self.desk.state_dir, SOCKET_NAME)?;
            let socket = listen(&path).map_err(|error| cannot_listen(&path, error))?;
            Ok(Some(Post {
                socket,
                path,
                _lock: lock,
            }))
        }

        fn receive_while_needed(&mut self, post: &Post) {
            let inode = inode(&post.path);
            let is_found = || inode.is_some() && self::inode(&post.path) == inode;
            let mut needed = Instant::now();
            let mut datagram = [0; MAX_REQUEST_LEN + 1];
            while needed.elapsed() < IDLE_EXIT && is_found() {
                if self.receive(&post.socket, &mut datagram) || self.is_sounding() {
                    needed = Instant::now();
                }
            }
            if is_found() {
                let _ = fs::remove_file(&post.path);
            }
            // A hook may have found the socket just before it went.
            let _ = post.socket.set_read_timeout(Some(LAST_CALL));
            while self.receive(&post.socket, &mut datagram) {}
        }

        /// Takes one request, if one comes in time.
        fn receive(&mut self, socket: &UnixDatagram, datagram: &mut [u8]) -> bool {
            let Ok(len) = socket.recv(datagram) else {
                return false;
            };
            // Only this user can write here; what is no request is a mistake nobody waits for.
            if let Ok(request) = Request::decode(&datagram[..len]) {
                self.play(request);
            }
            true
        }

        /// Gets the lock that makes this player the one, or hands `request` to who has it.
        fn lock_or_hand_over(&self, request: Option<&Request>) -> Result<Option<File>> {
            let path = self.desk.state_dir.join(LOCK_NAME);
            let started = Instant::now();
            let client = PlayerClient::new(&self.desk.state_dir);
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
                match request {
                    None => {
                        return Err(Error::new(ErrorKind::Player, "a player is running already"));
                    }
                    Some(request) if client.hand_over(request) => return Ok(None),
                    Some(_) if started.elapsed() > HAND_OVER_LIMIT => {
                        return Err(Error::new(
                            ErrorKind::Player,
                            "the player takes no requests",
                        ));
                    }
                    // The one has the lock and not yet its socket, or is just leaving.
                    Some(_) => std::thread::sleep(Duration::from_millis(5)),
                }
            }
        }
    }

    fn listen(path: &Path) -> io::Result<UnixDatagram> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixDatagram::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        socket.set_read_timeout(Some(LOOK_AROUND))?;
        Ok(socket)
    }

    fn inode(path: &Path) -> Option<(u64, u64)> {
        let metadata = fs::symlink_metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    fn cannot_listen(path: &Path, error: io::Error) -> Error {
        Error::new(
            ErrorKind::Player,
            format!("cannot listen at {}", path.display()),
        )
        .because(error)
    }
}

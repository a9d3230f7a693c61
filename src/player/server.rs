//! The resident player.
//!
//! # Life
//!
//! Hooks start players freely; the one that gets the lock of its name stays, the others hand
//! their request to it and leave. The lock is the system's, so it ends with the process however
//! that ends, and the inbox that a dead player left behind is replaced by the next one. A player
//! leaves when it was not needed for a while; when its program was replaced by another version;
//! when it is told to; or when its inbox is gone: then the state directory was removed, and hooks
//! will start another player.
//!
//! # Controls
//!
//! Mute, snooze and master volume rule over what sounds already. The player looks at them before
//! each request, every 20 ms while it has one that is not done with, and else once a second. What
//! it gets while nothing is to be heard is not played.
//!
//! # Loss
//!
//! Every request that was received gets a line in the log: played, or why not. One that did not
//! sound takes its throttle marks back, so that the next event may.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::authority::Authority;
use super::client::PlayerClient;
use super::configs::Configs;
use super::decoder;
use super::inbox::Received;
use super::outcomes::{Outcomes, tell};
use super::player_lock::{self, PlayerLock};
use super::protocol::{Message, ReplyTo, Request, Status};
use super::spawn::take_leave_of_the_hook;
use super::speakers::{LISTEN, Speakers};
use crate::Throttle;
use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::system::env::Env;
use crate::system::file::Identity;
use crate::system::printable::printable;
use crate::system::state_dir;

/// How often a player that waits looks around: whether it is still needed, and still found.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// How long a leaving player waits for a request that was on its way.
const LAST_CALL: Duration = Duration::from_millis(50);

/// Runs the player of this user's state directory until it is not needed any more.
///
/// # Errors
///
/// [`ErrorKind::State`] if there is no state directory, [`ErrorKind::Player`] if a player is
/// running already or this one cannot listen.
pub fn run(env: &Env) -> Result<()> {
    let (state_dir, _) = state_dir::find(env)?;
    Player::new(&state_dir, env)?.serve(None)
}

/// Says something on standard error, as a terminal may have it.
pub fn say(what: impl std::fmt::Display) {
    eprintln!("herald-player: {}", printable(what));
}

/// Runs the player that a hook has started: lets go of the hook, reads the first request from
/// standard input, and goes on until it is not needed any more.
///
/// # Errors
///
/// Those of [`run`], and [`ErrorKind::Player`] if there is no request, or another player runs and
/// takes none.
pub fn run_for_hook(env: &Env) -> Result<()> {
    let no_request = || Error::new(ErrorKind::Player, "no request");
    let message = take_leave_of_the_hook().map_err(|error| no_request().because(error))?;
    let Message::Play(first) = Message::decode(&message)? else {
        return Err(no_request());
    };
    // Not made anew if it is gone: with it went everything that the hook knew.
    let state_dir = state_dir::named(env)?;
    Player::new(&state_dir, env)?.serve(Some(*first))
}

struct Player {
    state_dir: PathBuf,
    /// The way that hooks have to it.
    client: PlayerClient,
    speakers: Speakers,
    configs: Configs,
    program: Program,
    started: Instant,
    /// When it last had something to do.
    needed: Instant,
    /// How long it stays after that.
    idle_exit: Duration,
}

impl Player {
    fn new(state_dir: &Path, env: &Env) -> Result<Self> {
        let now = Instant::now();
        let authority = Authority::of_user(env)?;
        let program = std::env::current_exe().ok();
        let throttle = Throttle::open_or_fall_back(state_dir);
        let outcomes = Outcomes::new(throttle.into(), Some(state_dir), &authority);
        Ok(Self {
            state_dir: state_dir.to_owned(),
            client: PlayerClient::new(state_dir, &authority),
            speakers: Speakers::new(outcomes, authority, decoder::find(program.as_deref())),
            configs: Configs::new(state_dir, env),
            program: Program::running(),
            started: now,
            needed: now,
            idle_exit: Playback::default().player_idle_exit(),
        })
    }

    fn serve(mut self, first: Option<Request>) -> Result<()> {
        let Some(lock) = PlayerLock::take(&self.client, first.as_ref()).transpose() else {
            return Ok(());
        };
        if first.is_none() && lock.is_ok() {
            // For a person: who started it from a hook has given it nowhere to write to.
            say(format_args!("ready, in {}", self.state_dir.display()));
        }
        // Even a player that nobody can reach plays what it was started for.
        first.into_iter().for_each(|request| self.play(request));
        player_lock::sweep(&self.state_dir);
        // Whoever is started after this is the one, while the last sounds go on.
        let served = lock.map(|lock| self.hold(lock));
        while self.speakers.outcomes().pending() > 0 {
            self.speakers.obey();
            std::thread::sleep(LISTEN);
        }
        served
    }

    /// Does what comes for as long as there is reason to.
    fn hold(&mut self, lock: PlayerLock) {
        let mut stopped_by = None;
        while stopped_by.is_none() && self.is_needed() && lock.is_found() {
            stopped_by = self.receive(&lock, LOOK_AROUND).stopped_by;
        }
        lock.leave();
        // A hook may have found it just before.
        loop {
            let last = self.receive(&lock, LAST_CALL);
            stopped_by = stopped_by.or(last.stopped_by);
            if !last.came {
                break;
            }
        }
        drop(lock);
        if let Some(reply_to) = stopped_by {
            self.tell(&reply_to);
        }
    }

    fn is_needed(&mut self) -> bool {
        if self.speakers.outcomes().pending() > 0 {
            self.needed = Instant::now();
        }
        self.needed.elapsed() < self.idle_exit && !self.program.was_replaced()
    }

    /// Does what one message asks for, if one comes within `patience`.
    fn receive(&mut self, lock: &PlayerLock, patience: Duration) -> Turn {
        let mut turn = Turn {
            came: true,
            stopped_by: None,
        };
        match self.wait(lock, patience) {
            Received::Nothing if self.speakers.has_late() => self.speakers.play_late(),
            Received::Nothing => turn.came = false,
            Received::Refused(why) => self.speakers.outcomes().refuse(&why),
            Received::Message(message) => match Message::decode(&message) {
                Ok(Message::Play(request)) => self.play(*request),
                Ok(Message::Status { reply_to }) => self.tell(&reply_to),
                Ok(Message::Stop { reply_to }) => turn.stopped_by = Some(reply_to),
                Err(error) => self.speakers.outcomes().refuse(&error.to_string()),
            },
        }
        turn
    }

    /// Waits for a message, `patience` at most, and does what the controls say meanwhile.
    fn wait(&self, lock: &PlayerLock, patience: Duration) -> Received {
        let started = Instant::now();
        loop {
            self.speakers.obey();
            let patience = match self.speakers.has_late() {
                true => Duration::ZERO,
                false => patience,
            };
            let rest = patience.saturating_sub(started.elapsed());
            let turn = match self.speakers.outcomes().pending() {
                0 => rest,
                _ => rest.min(LISTEN),
            };
            match lock.receive(turn) {
                Received::Nothing if turn < rest => {}
                received => return received,
            }
        }
    }

    fn play(&mut self, mut request: Request) {
        self.needed = Instant::now();
        self.idle_exit = request.playback.player_idle_exit();
        let project = request.project.clone();
        let state_dir = self.state_dir.clone();
        let reply_to = request.reply_to.take();
        self.speakers.play(request, move |outcome| {
            if let Some(reply_to) = reply_to {
                tell(&state_dir, &reply_to, outcome);
            }
        });
        // The sound comes first.
        self.configs.follow(project.as_deref().map(Path::new));
    }

    fn tell(&self, reply_to: &ReplyTo) {
        tell(&self.state_dir, reply_to, &self.status());
    }

    fn status(&self) -> Status {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let stays = self.idle_exit.saturating_sub(self.needed.elapsed());
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            running_ms: ms(self.started.elapsed()),
            leaves_in_ms: ms(stays),
            requests: self.speakers.outcomes().taken(),
            open: self.speakers.outcomes().pending(),
            kept_bytes: self.speakers.kept_bytes(),
        }
    }
}

/// What came of waiting for a message.
struct Turn {
    came: bool,
    /// Who has asked the player to stop.
    stopped_by: Option<ReplyTo>,
}

/// The program that this process runs: another one may take its place on the disk.
struct Program {
    path: PathBuf,
    identity: Option<Identity>,
}

impl Program {
    fn running() -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        Self {
            identity: identity(&path),
            path,
        }
    }

    /// Whether something else, or nothing, stands where it was started from.
    fn was_replaced(&self) -> bool {
        self.identity.is_some() && identity(&self.path) != self.identity
    }
}

fn identity(path: &Path) -> Option<Identity> {
    Some(Identity::of(&path.metadata().ok()?))
}

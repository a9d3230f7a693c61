//! The resident player.
//!
//! # Lifecycle
//!
//! Hooks start players freely. The one that gets the lock of its name stays; others pass their request to it
//! and exit. The system releases the lock when a process ends, and the next player replaces the inbox of a
//! dead one. A player exits when it was idle for a while, when its program was replaced by another version,
//! on a stop request, or when its inbox is gone: then the state directory was removed, and hooks start
//! another player. It is not idle while a sound waits to be repeated. One whose program was replaced repeats
//! its sounds to the end without an inbox: the next player is started by a hook, if at all.
//!
//! # Controls
//!
//! Mute, snooze and master volume also apply to sounds that are playing. The player reads them before each
//! request, every 20 ms while a request is open, and otherwise once a second. Requests that arrive while
//! sound is off are not played.
//!
//! # Accounting
//!
//! Each received request has a line in the log: played, or why not. A request that did not sound cancels its
//! throttle marks, so the next event may sound.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::authority::Authority;
use super::client::PlayerClient;
use super::configs::Configs;
use super::decoder;
use super::inbox::Received;
use super::outcomes::Outcomes;
use super::own_program::OwnProgram;
use super::player_lock::{self, PlayerLock};
use super::protocol::{Message, ReplyTo, Request, Status};
use super::reminders::Reminders;
use super::reply_to::answer;
use super::runs::Runs;
use super::spawn::detach_from_hook;
use super::speakers::{CONTROLS_INTERVAL, Speakers};
use crate::Throttle;
use crate::backend;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::playback::Playback;
use crate::system::env::Env;
use crate::system::printable::printable;
use crate::system::state_dir;

/// How often an idle player checks whether it is still needed and reachable.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long an exiting player waits for requests already sent.
const EXIT_GRACE: Duration = Duration::from_millis(50);

/// Runs the player of this user's state directory until it is no longer needed.
///
/// # Errors
///
/// [`ErrorKind::State`] without a state directory, [`ErrorKind::Player`] if a player already runs or this one
/// cannot listen.
pub fn run(env: &Env) -> Result<()> {
    let (state_dir, _) = state_dir::find(env)?;
    Player::new(&state_dir, env)?.serve(None)
}

/// Prints a message to standard error, escaped for terminals.
pub fn say(what: impl std::fmt::Display) {
    eprintln!("herald-player: {}", printable(what));
}

/// Runs the player that a hook started: detaches from the hook, reads the first request from standard input,
/// and runs until it is no longer needed.
///
/// # Errors
///
/// Those of [`run`], and [`ErrorKind::Player`] if there is no request, or another player runs and does not
/// accept it.
pub fn run_for_hook(env: &Env) -> Result<()> {
    let no_request = || Error::new(ErrorKind::Player, "no request");
    let message = detach_from_hook().map_err(|error| no_request().because(error))?;
    let Message::Play(first) = Message::decode(&message)? else {
        return Err(no_request());
    };
    // Not recreated if it is missing: then everything that the hook knew is gone.
    let state_dir = state_dir::named(env)?;
    Player::new(&state_dir, env)?.serve(Some(*first))
}

struct Player {
    state_dir: PathBuf,
    /// The client for reaching this player.
    client: PlayerClient,
    speakers: Speakers,
    configs: Configs,
    runs: Runs,
    reminders: Reminders,
    program: OwnProgram,
    started: Instant,
    /// When it was last in use.
    needed: Instant,
    /// How long it stays after that.
    idle_exit: Duration,
}

impl Player {
    fn new(state_dir: &Path, env: &Env) -> Result<Self> {
        let now = Instant::now();
        let authority = Authority::of_user(env)?;
        let program = std::env::current_exe().ok();
        let throttle: Arc<_> = Throttle::open_keeping(state_dir, env).into();
        let runs = Runs::new(throttle.clone(), state_dir, env, &authority);
        let reminders = Reminders::new(throttle.clone(), state_dir, env, &authority);
        let outcomes = Outcomes::new(throttle, Some(state_dir), &authority);
        Ok(Self {
            state_dir: state_dir.to_owned(),
            client: PlayerClient::new(state_dir, &authority),
            speakers: Speakers::new(
                outcomes,
                authority,
                Some(state_dir),
                decoder::find(program.as_deref()),
            ),
            configs: Configs::new(state_dir, env),
            runs,
            reminders,
            program: OwnProgram::running(),
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
            // For users: a hook starts it without standard error.
            say(format_args!("ready, in {}", self.state_dir.display()));
        }
        if lock.is_ok() {
            self.reminders.keep_in(self.client.reminders());
        }
        // An unreachable player still plays its first request.
        first.into_iter().for_each(|request| self.play(request));
        player_lock::sweep(&self.state_dir);
        backend::sweep(&self.state_dir);
        // A player started after this point takes over while the last sounds play.
        let served = lock.map(|lock| self.hold(lock));
        while self.is_busy() || self.reminders.len() > 0 {
            self.follow();
            std::thread::sleep(match self.is_busy() {
                true => CONTROLS_INTERVAL,
                false => CHECK_INTERVAL,
            });
            self.remind();
        }
        served
    }

    /// Whether something plays, waits to be played or runs.
    fn is_busy(&self) -> bool {
        self.speakers.outcomes().pending() > 0 || self.runs.is_busy()
    }

    /// Serves messages while there is a reason to.
    fn hold(&mut self, lock: PlayerLock) {
        let mut stopped_by = None;
        while stopped_by.is_none() && self.is_needed() && lock.is_found() {
            stopped_by = self.receive(&lock, CHECK_INTERVAL).stopped_by;
            self.remind();
        }
        lock.leave();
        // A hook may have found the inbox just before.
        loop {
            let last = self.receive(&lock, EXIT_GRACE);
            stopped_by = stopped_by.or(last.stopped_by);
            if !last.came {
                break;
            }
        }
        self.reminders.leave_file();
        drop(lock);
        if let Some(reply_to) = stopped_by {
            // They are for the next player.
            self.reminders.clear();
            self.tell(&reply_to);
        }
    }

    fn is_needed(&mut self) -> bool {
        if self.is_busy() || self.reminders.len() > 0 {
            self.needed = Instant::now();
        }
        self.needed.elapsed() < self.idle_exit && !self.program.was_replaced()
    }

    /// Handles one message, if one arrives within `patience`.
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

    /// Waits for a message up to `patience`, applying the controls meanwhile.
    fn wait(&mut self, lock: &PlayerLock, patience: Duration) -> Received {
        let started = Instant::now();
        loop {
            self.follow();
            let patience = match self.speakers.has_late() {
                true => Duration::ZERO,
                false => patience,
            };
            let rest = patience.saturating_sub(started.elapsed());
            let turn = match self.speakers.outcomes().pending() {
                0 => rest,
                _ => rest.min(CONTROLS_INTERVAL),
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
        if request.held_by.is_empty() {
            let quiet = self.speakers.quiet_rule(&request);
            request.has_run = self.runs.start(&request, quiet);
        }
        self.reminders.add(&request);
        let reply_to = request.reply_to.take();
        self.speakers.play(request, move |outcome| {
            if let Some(reply_to) = reply_to {
                answer(&state_dir, &reply_to, outcome);
            }
        });
        // The sound has priority.
        self.configs.follow(project.as_deref().map(Path::new));
    }

    fn follow(&mut self) {
        self.speakers.follow(|request, quiet| {
            request.has_run = self.runs.start(request, quiet);
        });
    }

    /// Plays what is to be repeated now.
    fn remind(&mut self) {
        for mut request in self.reminders.due(SystemClock.unix_ms()) {
            let quiet = self.speakers.quiet_rule(&request);
            request.has_run = self.runs.repeat(&request, quiet);
            self.speakers.play(request, |_| {});
        }
    }

    fn tell(&self, reply_to: &ReplyTo) {
        answer(&self.state_dir, reply_to, &self.status());
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
            reminders: self.reminders.standing(),
            peak: (self.speakers.take_peak() * 1_000.0).round() as u32,
        }
    }
}

/// The result of waiting for a message.
struct Turn {
    came: bool,
    /// The sender of a stop request.
    stopped_by: Option<ReplyTo>,
}

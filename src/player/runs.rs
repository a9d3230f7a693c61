//! Commands of the user's config that run beside a sound, once for an event across all players.
//!
//! # Invariants
//!
//! - The command is the user's own, by the event's name. A message says that an event was admitted and what
//!   it says; it names no program.
//! - A command runs only for a mark in the throttle that the hook made for this run, which is under ten
//!   seconds old and was not used before. The use is a firing of its own, so of several players one runs it.
//!   Whoever reaches the inbox without writing the state file, such as a sandboxed program, has no mark.
//! - It runs without a shell, in a process group of its own, for at most ten seconds.
//! - It runs although a rule keeps the sound quiet, and learns which in `HERALD_QUIET`: who cannot listen may
//!   want to read.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use super::authority::Authority;
use super::command::{self, Ended};
use super::outcomes::line_of;
use super::protocol::{Request, Run};
use crate::Throttle;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::quiet_rule::QuietRule;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::system::env::Env;
use crate::system::log::{Level, Line, Log};

/// The age at which an event is too old.
const MAX_AGE: Duration = Duration::from_secs(10);
/// For how long a mark counts as used: longer than it could be used again.
const USED_FOR: Duration = Duration::from_secs(60);
/// How long a command may run.
const LIMIT: Duration = Duration::from_secs(10);
/// How many commands run at once.
const MAX_RUNNING: u64 = 8;

/// Runs commands.
pub(super) struct Runs {
    env: Env,
    throttle: Arc<Throttle>,
    log: Arc<Log>,
    level: Level,
    /// Relaxed: a plain count; no other memory depends on it.
    running: Arc<AtomicU64>,
}

impl Runs {
    pub(super) fn new(
        throttle: Arc<Throttle>,
        state_dir: &Path,
        env: &Env,
        authority: &Authority,
    ) -> Self {
        Self {
            env: env.clone(),
            throttle,
            log: Log::new(state_dir).into(),
            level: authority.log,
            running: Arc::default(),
        }
    }

    /// Whether a command runs.
    pub(super) fn is_busy(&self) -> bool {
        self.running.load(Relaxed) > 0
    }

    /// Starts the command for `request`, if it asks for one and may; `quiet` is the rule that keeps its sound
    /// quiet. Returns whether a command was started.
    pub(super) fn start(&self, request: &Request, quiet: Option<QuietRule>) -> bool {
        self.start_if(request, quiet, |run| self.use_up(request, run))
    }

    /// As [`Self::start`], for a repeated request, whose mark was used when its command ran.
    pub(super) fn repeat(&self, request: &Request, quiet: Option<QuietRule>) -> bool {
        self.start_if(request, quiet, |_| Ok(()))
    }

    fn start_if(
        &self,
        request: &Request,
        quiet: Option<QuietRule>,
        check: impl FnOnce(&Run) -> Result<(), String>,
    ) -> bool {
        let Some(run) = &request.run else {
            return false;
        };
        let started = self.try_start(request, run, quiet, check);
        started.unwrap_or_else(|why| {
            write(&self.log, self.level, request, "refused", &why, None);
            false
        })
    }

    fn try_start(
        &self,
        request: &Request,
        run: &Run,
        quiet: Option<QuietRule>,
        check: impl FnOnce(&Run) -> Result<(), String>,
    ) -> Result<bool, String> {
        // Only the user's files are read: no project names a command.
        let config = config::load(&self.env, None);
        let (key, command) = match config.command(&request.event) {
            Some((key, command)) => (key, command.clone()),
            // What the event says is for `rules.quiet_if`.
            None if request.asks_about(QuietRule::Program) => return Ok(false),
            None => return Err("your config names no command for it".to_owned()),
        };
        check(run)?;
        let now = SystemClock.unix_ms();
        if let Some(silence) = self.throttle.state_file().controls(now).silence(now) {
            return Err(silence.reason().to_owned());
        }
        if self.running.fetch_add(1, Relaxed) >= MAX_RUNNING {
            self.running.fetch_sub(1, Relaxed);
            return Err(format!("{MAX_RUNNING} commands run already"));
        }
        let throttle = self.throttle.clone();
        let (log, level, running) = (self.log.clone(), self.level, self.running.clone());
        let (env, run, request) = (self.env.clone(), run.clone(), request.clone());
        let in_background = move || {
            let quiet = quiet.map(|rule| ("HERALD_QUIET".to_owned(), rule.name().to_owned()));
            let variables = run.variables().chain(quiet);
            let ended = command::run(&command, &run.fields, variables, &env, LIMIT);
            let name = command.program();
            let (status, reason) = told(name, ended);
            throttle.mark(&*format!("rule/{key}/{status}"), SystemTime::now());
            write(&log, level, &request, status, &reason, Some(name));
            running.fetch_sub(1, Relaxed);
        };
        let thread = thread::Builder::new().name("herald-run".to_owned());
        match thread.spawn(in_background) {
            Ok(_) => Ok(true),
            Err(error) => {
                self.running.fetch_sub(1, Relaxed);
                Err(format!("cannot start a thread: {error}"))
            }
        }
    }

    /// Uses the mark of `run` up.
    fn use_up(&self, request: &Request, run: &Run) -> Result<(), String> {
        let mark = request.standing_mark(run, &self.throttle);
        mark.ok_or("no event of yours asked for it")?;
        let fired = self.throttle.recall(&*run.key);
        let age = fired.and_then(|fired| SystemTime::now().duration_since(fired.at).ok());
        if age.is_some_and(|age| age > MAX_AGE) {
            return Err(format!(
                "its event is more than {} s old",
                MAX_AGE.as_secs()
            ));
        }
        let used = format!("used/{}", run.key);
        match self.throttle.admit(&*used, USED_FOR).is_admitted() {
            true => Ok(()),
            false => Err("it ran already for this event".to_owned()),
        }
    }
}

/// The outcome of a command that ran, or could not.
fn told(name: &str, ended: Result<Ended, String>) -> (&'static str, String) {
    match ended {
        Ok(Ended { status, output }) if status.success() => ("ran", output),
        Ok(Ended { status, output }) => ("failed", format!("{name} failed ({status}): {output}")),
        Err(why) => ("failed", why),
    }
}

fn write(
    log: &Log,
    level: Level,
    request: &Request,
    status: &str,
    reason: &str,
    command: Option<&str>,
) {
    let line = Line {
        reason: Some(reason).filter(|reason| !reason.is_empty()),
        command,
        ..line_of(request, status)
    };
    log.write(&line, level);
}

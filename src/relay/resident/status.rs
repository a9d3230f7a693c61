//! What the relay has done: as numbers, and as lines in the log.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use herald_audio::Error;
use herald_audio::internals::clock::{Clock, SystemClock};
use herald_audio::internals::config::fleet::Fleet;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::log::{Level, Line, Log};
use serde::{Deserialize, Serialize};

use super::unpoisoned::lock;
use crate::desk::Quiet;
use crate::queue;

/// What is logged of one machine for one reason is logged again after this time: a box may repeat it a thousand
/// times a second.
const SAID_AGAIN: Duration = Duration::from_secs(10);
/// The same about the server.
const AWAY_AGAIN: Duration = Duration::from_secs(600);

/// What a relay says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// The process id.
    pub pid: u32,
    /// The time since it started, in milliseconds.
    pub running_ms: u64,
    /// The name of the fleet.
    pub fleet: String,
    /// The name of this machine.
    pub machine: String,
    /// Whether the server answered last time.
    pub is_connected: bool,
    /// Why it did not, then or earlier.
    pub last_error: Option<String>,
    /// How long the server last took for an event, in microseconds.
    pub round_trip_us: u64,
    /// The number of events that are not at the server yet.
    pub queued: usize,
    /// The number of events that the server has.
    pub appended: u64,
    /// The number of events received from hooks.
    pub received: u64,
    /// The number of events handed to the player.
    pub played: u64,
    /// The number of events whose key had sounded already, here or at another desk.
    pub suppressed: u64,
    /// The events that were dropped.
    pub dropped: Dropped,
    /// When each machine was last heard, in milliseconds since 1970-01-01 UTC.
    pub last_heard_ms: BTreeMap<String, u64>,
}

/// Numbers of events that were dropped, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dropped {
    /// Too old, or from the future.
    pub late: u64,
    /// Read before.
    pub repeated: u64,
    /// Not understood.
    pub invalid: u64,
    /// Their box made too many sounds.
    pub capped: u64,
    /// Too many waited.
    pub full: u64,
}

/// The numbers of a running relay.
#[derive(Default)]
pub(super) struct Counts(Mutex<Status>);

impl Counts {
    fn change(&self, change: impl FnOnce(&mut Status)) {
        change(&mut lock(&self.0));
    }

    pub(super) fn status(&self) -> Status {
        lock(&self.0).clone()
    }

    pub(super) fn received(&self) {
        self.change(|status| status.received += 1);
    }

    pub(super) fn played(&self) {
        self.change(|status| status.played += 1);
    }

    pub(super) fn appended(&self, took: Duration) {
        self.change(|status| {
            status.appended += 1;
            status.round_trip_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        });
    }

    /// Takes note of whether the server answers.
    pub(super) fn connected(&self, error: Option<&Error>) {
        self.change(|status| {
            status.is_connected = error.is_none();
            if let Some(error) = error {
                status.last_error = Some(error.to_string());
            }
        });
    }

    pub(super) fn heard(&self, from: &str) {
        let now_ms = SystemClock.unix_ms();
        self.change(|status| _ = status.last_heard_ms.insert(from.to_owned(), now_ms));
    }

    pub(super) fn dropped(&self, why: queue::Dropped) {
        self.change(|status| match why {
            queue::Dropped::Late => status.dropped.late += 1,
            queue::Dropped::Full => status.dropped.full += 1,
            queue::Dropped::Replaced => {}
        });
    }

    pub(super) fn quiet(&self, quiet: &Quiet) {
        self.change(
            |Status {
                 dropped,
                 suppressed,
                 ..
             }| match quiet {
                Quiet::Late(_) | Quiet::Future(_) => dropped.late += 1,
                Quiet::Repeated => dropped.repeated += 1,
                Quiet::Invalid(_) => dropped.invalid += 1,
                Quiet::Capped => dropped.capped += 1,
                Quiet::Suppressed | Quiet::Elsewhere => *suppressed += 1,
                Quiet::Unwanted(_) => {}
            },
        );
    }
}

/// Writes the relay's lines into the log of the state directory.
pub(super) struct Journal {
    log: Log,
    level: Level,
    /// The name of this machine, if it is a desk.
    desk: Option<String>,
    /// When a reason was last logged of a machine.
    said: Mutex<HashMap<(String, &'static str), Instant>>,
}

impl Journal {
    pub(super) fn new(state_dir: &Path, env: &Env, fleet: &Fleet) -> Self {
        Self {
            log: Log::new(state_dir),
            level: Level::from_env(env),
            desk: fleet.follows().then(|| fleet.machine().to_owned()),
            said: Mutex::default(),
        }
    }

    /// Logs that an event of `from` does not sound here.
    pub(super) fn quiet(&self, from: &str, event: &str, quiet: &Quiet) {
        let (status, kind, reason) = match quiet {
            Quiet::Late(age_ms) => ("dropped", "late", format!("{age_ms} ms old")),
            Quiet::Future(ms) => ("dropped", "future", format!("{ms} ms in the future")),
            Quiet::Invalid(why) => ("dropped", "invalid", format!("not understood: {why}")),
            Quiet::Capped => (
                "dropped",
                "capped",
                "its machine makes too many sounds".to_owned(),
            ),
            Quiet::Repeated => ("skipped", "repeated", "it was read before".to_owned()),
            Quiet::Suppressed => ("suppressed", "suppressed", "throttled".to_owned()),
            Quiet::Elsewhere => (
                "suppressed",
                "elsewhere",
                "another desk plays it".to_owned(),
            ),
            Quiet::Unwanted(why) => ("skipped", "unwanted", why.clone()),
        };
        self.write(from, event, status, kind, &reason);
    }

    /// Logs that an event of this machine did not get to the server.
    pub(super) fn dropped(&self, machine: &str, event: &str, why: queue::Dropped) {
        let (kind, reason) = match why {
            queue::Dropped::Late => ("late", "the fleet's server was away for too long"),
            queue::Dropped::Full => ("full", "too many events wait for the fleet's server"),
            queue::Dropped::Replaced => return,
        };
        self.write(machine, event, "dropped", kind, reason);
    }

    /// Logs that an event could not be played.
    pub(super) fn failed(&self, from: &str, event: &str, error: &Error) {
        self.write(from, event, "failed", "failed", &error.to_string());
    }

    /// Logs that the server does not answer.
    pub(super) fn away(&self, error: &Error) {
        if self.is_due("", "away", AWAY_AGAIN) {
            self.log("", "fleet", "failed", &error.to_string());
        }
    }

    /// Logs a message of a hook that was refused.
    pub(super) fn refused(&self, why: &str) {
        self.write("", "fleet", "refused", "refused", why);
    }

    fn write(&self, from: &str, event: &str, status: &str, kind: &'static str, reason: &str) {
        if self.is_due(from, kind, SAID_AGAIN) {
            self.log(from, event, status, reason);
        }
    }

    fn log(&self, from: &str, event: &str, status: &str, reason: &str) {
        let line = Line {
            time_ms: SystemClock.unix_ms(),
            event,
            from: Some(from).filter(|from| !from.is_empty()),
            desk: self.desk.as_deref(),
            status,
            reason: Some(reason),
            ..Line::default()
        };
        if line.level() <= self.level {
            self.log.write(&line, self.level);
        }
    }

    fn is_due(&self, from: &str, kind: &'static str, again: Duration) -> bool {
        let mut said = lock(&self.said);
        let is_recent = |at: &Instant| at.elapsed() < again;
        let is_due = !said.get(&(from.to_owned(), kind)).is_some_and(is_recent);
        if is_due {
            said.insert((from.to_owned(), kind), Instant::now());
        }
        is_due
    }
}

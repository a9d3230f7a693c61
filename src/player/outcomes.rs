//! Records the outcome of requests, from any thread: in the log, and as an answer.

use std::path::Path;
use std::sync::Arc;

use super::authority::Authority;
use super::protocol::{Outcome, Request};
use crate::Throttle;
use crate::clock::{Clock, SystemClock};
use crate::controls::Controls;
use crate::error::{Error, ErrorKind, Result};
use crate::event;
use crate::speaker::Ending;
use crate::state_file::Count;
use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::system::log::{Level, Line, Log};
use crate::system::stopwatch::Stopwatch;
use crate::throttle::{Admission, Firing};

pub(super) struct Outcomes {
    /// The state file, open as long as the player runs.
    throttle: Arc<Throttle>,
    /// None without a state directory.
    log: Option<Log>,
    level: Level,
    /// The configured output, for the log.
    output: String,
    /// The number of requests received, and of those with an outcome. Relaxed: plain counts; no other memory
    /// depends on them.
    taken: AtomicU64,
    closed: AtomicU64,
}

impl Outcomes {
    pub(super) fn new(
        throttle: Arc<Throttle>,
        state_dir: Option<&Path>,
        authority: &Authority,
    ) -> Self {
        Self {
            throttle,
            log: state_dir.map(Log::new),
            level: authority.log,
            output: authority.output.to_string(),
            taken: AtomicU64::new(0),
            closed: AtomicU64::new(0),
        }
    }

    /// The state file.
    pub(super) fn throttle(&self) -> Arc<Throttle> {
        self.throttle.clone()
    }

    /// The controls in force at `unix_ms` milliseconds since 1970.
    pub(super) fn controls(&self, unix_ms: u64) -> Controls {
        self.throttle.state_file().controls(unix_ms)
    }

    /// Counts a received request. Returns the stopwatch for its steps.
    pub(super) fn open(&self, request: &Request) -> Stopwatch {
        self.taken.fetch_add(1, Relaxed);
        let stopwatch = Stopwatch::default();
        stopwatch.add("arrive", request.asked.age());
        stopwatch
    }

    /// The number of requests received.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// The number of requests without an outcome.
    pub(super) fn pending(&self) -> u64 {
        self.taken().saturating_sub(self.closed.load(Relaxed))
    }

    /// Records the outcome of a request and passes it to `on_outcome`. Cancels the throttle marks of a request that
    /// did not sound.
    pub(super) fn close(
        &self,
        request: &Request,
        stopwatch: &Stopwatch,
        result: Result<Ending>,
        on_outcome: impl FnOnce(&Outcome),
    ) {
        // The requested sound, unless a substitute was played.
        let mut sound = request.sounds.first().cloned();
        let (mut passed_over, mut gain_db) = (None, None);
        let (status, outcome) = match result {
            Ok(Ending::Played {
                through,
                substitute,
                gain_db: gain,
            }) => {
                gain_db = gain;
                if let Some(substitute) = substitute {
                    sound = Some(substitute.sound);
                    passed_over = Some(substitute.why);
                }
                ("played", Outcome::Played { through, gain_db })
            }
            Ok(Ending::Stopped) => ("stopped", Outcome::Stopped),
            Err(error) => {
                stopwatch.time("take back", || self.take_back(request, error.kind()));
                let status = match error.kind() {
                    ErrorKind::Muted => "skipped",
                    _ => "failed",
                };
                let reason = error.to_string();
                (status, Outcome::Failed { reason })
            }
        };
        let reason = match &outcome {
            Outcome::Failed { reason } => Some(reason.as_str()),
            Outcome::Played { .. } | Outcome::Stopped => passed_over.as_deref(),
        };
        let through = match &outcome {
            Outcome::Played { through, .. } => Some(through.as_str()),
            Outcome::Failed { .. } | Outcome::Stopped => None,
        };
        let now = SystemClock.unix_ms();
        let line = Line {
            time_ms: now,
            reason,
            sound: sound.map(|sound| sound.to_string()),
            volume: Some(request.volume),
            gain_db,
            output: Some(self.output.clone()),
            through,
            took_ms: Some(now.saturating_sub(request.asked.unix_ms)),
            slow: stopwatch.slow(),
            ..line_of(request, status)
        };
        if !request.is_unlogged {
            self.write(&line);
        }
        on_outcome(&outcome);
        self.closed.fetch_add(1, Relaxed);
    }

    /// When the hook marked the key that holds `request`; none if nothing holds it.
    pub(super) fn hold(&self, request: &Request) -> Option<Firing> {
        self.throttle.recall(&**request.held_by.first()?)
    }

    /// Whether an event has said that nobody has to answer `request`.
    pub(super) fn is_needless(&self, request: &Request) -> bool {
        let mut keys = request.held_by.iter();
        keys.any(|key| {
            let marked = self.throttle.recall(&**key);
            marked.is_some_and(|marked| marked.is_cancelled)
        })
    }

    /// Lets go of `request`, held since `hold`: it is not lost. What holds a later one stays.
    pub(super) fn let_go(&self, request: &Request, hold: Option<Firing>) {
        if let (Some(key), Some(hold)) = (request.held_by.first(), hold) {
            self.throttle.reset_if_last(&**key, hold);
        }
    }

    /// Closes a request that nobody has to hear.
    pub(super) fn drop_needless(
        &self,
        request: &Request,
        stopwatch: &Stopwatch,
        on_outcome: impl FnOnce(&Outcome),
    ) {
        let why = Error::new(ErrorKind::Muted, "nobody has to answer: the call went on");
        self.close(request, stopwatch, Err(why), on_outcome);
    }

    fn take_back(&self, request: &Request, why: ErrorKind) {
        // A second hook for the same moment must not run the command of a quiet event again.
        let is_done = why == ErrorKind::Muted && request.has_run;
        if request.admissions.is_empty() || is_done {
            return;
        }
        let state = self.throttle.state_file();
        // The marks may be in a state file that was just created.
        state.look(SystemClock.unix_ms());
        for admission in request.admissions() {
            self.throttle.cancel(admission);
        }
        if why != ErrorKind::Muted {
            if let Some((index, bits)) = request.heard {
                self.throttle.cancel(Admission::from_parts((index, bits)));
            }
            state.count(event::counter_line(&request.event), Count::Failed);
        }
    }

    /// Records a refused message.
    pub(super) fn refuse(&self, why: &str) {
        let line = Line {
            time_ms: SystemClock.unix_ms(),
            event: "player",
            status: "refused",
            reason: Some(why),
            ..Line::default()
        };
        self.write(&line);
    }

    fn write(&self, line: &Line<'_>) {
        if let Some(log) = &self.log {
            log.write(line, self.level);
        }
    }
}

/// A line of the log, of this moment, about `request`.
pub(super) fn line_of<'r>(request: &'r Request, status: &'r str) -> Line<'r> {
    Line {
        time_ms: SystemClock.unix_ms(),
        event: &request.event,
        agent: request.agent.as_deref(),
        project: request.project.as_deref(),
        session: request.session.as_deref(),
        from: request.from.as_deref(),
        status,
        ..Line::default()
    }
}

//! Records what Python code has read and written of the throttle, and determines the changes in a dictionary
//! that it writes back.

use std::collections::{BTreeMap, HashMap};
use std::thread::{self, ThreadId};
use std::time::SystemTime;

use herald_audio::AudioManager;
use herald_audio::internals::event;
use herald_audio::internals::throttle::Firing;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::seconds::since_1970;

/// The throttle stores whole milliseconds.
const TICK: f64 = 0.001;
/// The resolution of its clock: slightly later times count as now.
const CLOCK_TICK: f64 = 0.02;
/// 2025-01-01 UTC in seconds since 1970: the throttle stores nothing earlier.
const EARLIEST: f64 = 1_735_689_600.0;
/// The number of keys with exact times.
const MAX_EXACT: usize = 4_096;
/// The number of threads whose readings are kept.
const MAX_READERS: usize = 64;

pub(crate) type Times = BTreeMap<String, f64>;
/// The throttle's firings, by name.
pub(crate) type Firings = BTreeMap<String, Firing>;

/// The result of a thread's read.
pub(crate) struct Reading {
    pub(crate) thread: ThreadId,
    pub(crate) times: Times,
    /// The dictionary it got.
    pub(crate) dict: Py<PyDict>,
}

/// What Python code has read and written.
#[derive(Default)]
pub(crate) struct Record {
    /// The last reading of each thread; the most recent comes last.
    readings: Vec<Reading>,
    /// Exact times that Python code wrote, in any year. Each is valid while the throttle has the same time
    /// for the key as then.
    exact: HashMap<String, (Option<SystemTime>, f64)>,
}

impl Record {
    /// This thread's last reading; else the most recent of any thread.
    pub(crate) fn reading(&self) -> Option<&Reading> {
        let this = thread::current().id();
        let own = self.readings.iter().find(|last| last.thread == this);
        own.or(self.readings.last())
    }

    /// Adds a reading. Returns one that is dropped for it: drop it without holding the lock, because objects
    /// in its dictionary may run any code when dropped.
    pub(crate) fn has_read(&mut self, reading: Reading) -> Option<Reading> {
        let readings = &mut self.readings;
        let own = readings
            .iter()
            .position(|last| last.thread == reading.thread);
        let oldest = || (readings.len() >= MAX_READERS).then_some(0);
        let forgotten = own.or_else(oldest).map(|place| readings.remove(place));
        self.readings.push(reading);
        forgotten
    }

    /// When `name` last fired; `stored` is the throttle's time.
    pub(crate) fn last(&self, name: &str, stored: Option<SystemTime>) -> Option<f64> {
        let given = self.exact.get(event::official(name));
        let given = given.filter(|(then, _)| *then == stored);
        given.map(|(_, time)| *time).or(stored.map(since_1970))
    }

    /// Records that `name` was marked as fired at `when`, after which the throttle had `stored`.
    pub(crate) fn marked(&mut self, name: &str, when: f64, stored: Option<SystemTime>) {
        let is_kept = match stored {
            Some(stored) => (-TICK..CLOCK_TICK).contains(&(when - since_1970(stored))),
            None => when < EARLIEST,
        };
        let is_news = self
            .last(name, stored)
            .is_none_or(|last| last < when + TICK);
        if is_kept && is_news {
            if self.exact.len() >= MAX_EXACT {
                self.exact.clear();
            }
            let name = event::official(name).to_owned();
            self.exact.insert(name, (stored, when));
        }
    }

    /// Forgets the exact time of `name`. Returns whether it was before the throttle's earliest time.
    pub(crate) fn forget(&mut self, name: &str) -> bool {
        let given = self.exact.remove(event::official(name));
        given.is_some_and(|(stored, _)| stored.is_none())
    }

    /// Forgets all exact times.
    pub(crate) fn forget_all(&mut self) {
        self.exact.clear();
    }

    /// The times of all firings: in the throttle, and before its earliest time.
    pub(crate) fn times(&self, core: &AudioManager, firings: &Firings) -> Times {
        let stored = firings
            .iter()
            .map(|(name, firing)| (name.as_str(), Some(firing.at)));
        let before = self
            .exact
            .iter()
            .filter(|(_, (stored, _))| stored.is_none());
        let before = before.filter(|(name, _)| core.last_emitted(name).is_none());
        let before = before.map(|(name, _)| (name.as_str(), None));
        let all = before.chain(stored);
        all.filter_map(|(name, stored)| Some((name.to_owned(), self.last(name, stored)?)))
            .collect()
    }
}

/// A change of a key; times in seconds since 1970.
pub(crate) enum Change {
    Mark(f64),
    SetBack(f64),
    Reset,
}

/// The changes in `written`, relative to `seen`, the previous reading if any, and `known`, the current times.
pub(crate) fn changes(
    written: &Times,
    seen: Option<&Times>,
    known: &Times,
) -> Vec<(String, Change)> {
    let is_at = |times: &Times, name: &str, time: f64| {
        times.get(name).is_some_and(|at| (at - time).abs() < TICK)
    };
    let was_seen = |name: &str, time| seen.is_some_and(|seen| is_at(seen, name, time));
    let mut changes = Vec::new();
    for (name, &time) in written {
        if was_seen(name, time) || is_at(known, name, time) {
            continue;
        }
        let change = match known.get(name) {
            Some(&last) if time < last => {
                // Unless it fired since: then the caller did not know that.
                let is_meant = seen.is_none() || was_seen(name, last);
                is_meant.then_some(Change::SetBack(time))
            }
            _ => Some(Change::Mark(time)),
        };
        changes.extend(change.map(|change| (name.clone(), change)));
    }
    for (name, &last) in known {
        let is_known_to_caller = seen.is_none() || was_seen(name, last);
        if !written.contains_key(name) && is_known_to_caller {
            changes.push((name.clone(), Change::Reset));
        }
    }
    changes
}

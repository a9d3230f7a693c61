//! The throttle as the dictionary that the original kept in a JSON file: names, and when each fired.
//!
//! There is no such file here, and writing the dictionary back must not undo what other processes
//! did since it was read. So a write says only what its caller changed: see [`changes`].

use std::collections::{BTreeMap, HashMap};
use std::thread::{self, ThreadId};
use std::time::SystemTime;

use herald_audio::event;
use herald_audio::throttle::Firing;
use herald_audio::{AudioManager, KnownFiring};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::manager::{Manager, Open};
use crate::seconds::{Moment, since_1970};

/// The throttle keeps whole milliseconds.
const TICK: f64 = 0.001;
/// Its clock stands still for so long: what is a little ahead of it is now.
const CLOCK_TICK: f64 = 0.02;
/// 2025-01-01 UTC in seconds since 1970: the throttle keeps nothing earlier.
const EARLIEST: f64 = 1_735_689_600.0;
/// Of so many keys the exact times are remembered.
const MOST_EXACT: usize = 4_096;
/// Of so many threads it is remembered what they read.
const MOST_READERS: usize = 64;

type Times = BTreeMap<String, f64>;
/// What the throttle has, by names.
type Firings = BTreeMap<String, Firing>;

/// What a thread was told.
struct Reading {
    thread: ThreadId,
    times: Times,
    /// The dictionary it got.
    dict: Py<PyDict>,
}

/// What Python code was told, and what it said.
#[derive(Default)]
pub(crate) struct Record {
    /// What threads read, each its last; the latest is the last one.
    readings: Vec<Reading>,
    /// Times that it gave: exact to the last digit, and of any year. Each holds as long as the
    /// throttle has, of the same key, what it had then.
    exact: HashMap<String, (Option<SystemTime>, f64)>,
}

impl Record {
    /// What this thread last read; else what any did, if one did.
    fn reading(&self) -> Option<&Reading> {
        let this = thread::current().id();
        let own = self.readings.iter().find(|last| last.thread == this);
        own.or(self.readings.last())
    }

    /// Remembers a reading. Returns one that is forgotten for it, to be dropped by who holds no lock:
    /// what Python code has put into its dictionary may do anything when it goes.
    fn has_read(&mut self, reading: Reading) -> Option<Reading> {
        let readings = &mut self.readings;
        let own = readings
            .iter()
            .position(|last| last.thread == reading.thread);
        let oldest = || (readings.len() >= MOST_READERS).then_some(0);
        let forgotten = own.or_else(oldest).map(|place| readings.remove(place));
        self.readings.push(reading);
        forgotten
    }

    /// When `name` last fired, if in the throttle that is `stored`.
    pub(crate) fn last(&self, name: &str, stored: Option<SystemTime>) -> Option<f64> {
        let given = self.exact.get(event::official(name));
        let given = given.filter(|(then, _)| *then == stored);
        given.map(|(_, time)| *time).or(stored.map(since_1970))
    }

    /// Notes that `name` was marked as fired at `when`, upon which the throttle had `stored`.
    pub(crate) fn marked(&mut self, name: &str, when: f64, stored: Option<SystemTime>) {
        let is_kept = match stored {
            Some(stored) => (-TICK..CLOCK_TICK).contains(&(when - since_1970(stored))),
            None => when < EARLIEST,
        };
        let is_news = self
            .last(name, stored)
            .is_none_or(|last| last < when + TICK);
        if is_kept && is_news {
            if self.exact.len() >= MOST_EXACT {
                self.exact.clear();
            }
            let name = event::official(name).to_owned();
            self.exact.insert(name, (stored, when));
        }
    }

    /// Forgets when `name` was marked. Returns whether that was in a year that the throttle has not.
    pub(crate) fn forget(&mut self, name: &str) -> bool {
        let given = self.exact.remove(event::official(name));
        given.is_some_and(|(stored, _)| stored.is_none())
    }

    /// The times of all that fired: in the throttle, and before it began.
    fn times(&self, core: &AudioManager, firings: &Firings) -> Times {
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

/// What to do about a key; times in seconds since 1970.
enum Change {
    Mark(f64),
    SetBack(f64),
    Reset,
}

/// What `written` asks for: where `seen` was read before, if anything was, and `known` holds now.
fn changes(written: &Times, seen: Option<&Times>, known: &Times) -> Vec<(String, Change)> {
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
                // Unless it fired since: then the caller does not know what it is setting back.
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

impl Open {
    fn read(&self, py: Python<'_>) -> (Firings, Times) {
        let is_plain = |known: &KnownFiring| known.project.is_none() && !known.firing.is_cancelled;
        let known = py.detach(|| self.core.firings());
        let plain = known.into_iter().filter(is_plain);
        let firings = plain.map(|known| (known.name, known.firing)).collect();
        let times = self.record().times(&self.core, &firings);
        (firings, times)
    }

    /// Lets all fire again, also what hooks did.
    fn clear(&self, py: Python<'_>) {
        py.detach(|| {
            for known in self.core.firings() {
                self.core.reset(&known.name);
            }
        });
        self.record().exact.clear();
    }

    fn write(&self, py: Python<'_>, written: &Times) {
        let (firings, known) = self.read(py);
        let changes = {
            let record = self.record();
            let seen = record.reading().map(|reading| &reading.times);
            changes(written, seen, &known)
        };
        for (name, change) in changes {
            let last = firings.get(&name).copied();
            let stored = py.detach(|| self.change(&name, &change, last));
            let mut record = self.record();
            if !matches!(change, Change::Mark(_)) {
                record.forget(&name);
            }
            if let Change::Mark(when) | Change::SetBack(when) = change {
                record.marked(&name, when, stored);
            }
        }
    }

    /// Does it in the throttle, where `name` had fired `last`, and says what that has then.
    fn change(&self, name: &str, change: &Change, last: Option<Firing>) -> Option<SystemTime> {
        match change {
            Change::Mark(when) => self
                .core
                .mark_emitted(name, Some(Moment::new(*when).time())),
            // The throttle cannot go back in time.
            Change::SetBack(_) | Change::Reset => {
                if let Some(last) = last {
                    self.core.throttle().reset_if_last(event::key(name), last);
                }
            }
        }
        self.core.last_emitted(name)
    }
}

/// The throttle as a dictionary.
#[pymethods]
impl Manager {
    /// When each key last fired, in seconds since 1970.
    ///
    /// Keys are events by their official names, and keys of your own.
    fn _read_throttle<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let open = self.open()?;
        let (_, times) = open.read(py);
        let dict = PyDict::new(py);
        for (name, time) in &times {
            dict.set_item(name, time)?;
        }
        let reading = Reading {
            thread: thread::current().id(),
            times,
            dict: dict.clone().unbind(),
        };
        let forgotten = open.record().has_read(reading);
        drop(forgotten);
        Ok(dict)
    }

    /// Writes back what was changed in a dictionary of _read_throttle().
    ///
    /// A key with a newer time has fired then. One with an earlier time, or that was taken out, may
    /// fire at once. What fired since this thread last read stays as it is, whoever did it. An empty
    /// dictionary that is not the one that was read lets all fire, also hooks.
    fn _write_throttle(&self, py: Python<'_>, data: &Bound<'_, PyDict>) -> PyResult<()> {
        let open = self.open()?;
        let mut written = Times::new();
        for (name, time) in data.copy()?.iter() {
            let (name, time) = (name.extract::<String>()?, time.extract::<Moment>()?.get());
            written.insert(event::official(&name).to_owned(), time);
        }
        let is_what_was_read = |reading: &Reading| reading.dict.is(data);
        let is_read = open.record().reading().is_some_and(is_what_was_read);
        match written.is_empty() && !is_read {
            true => open.clear(py),
            false => open.write(py, &written),
        }
        Ok(())
    }
}

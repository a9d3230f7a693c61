//! The throttle as the dictionary that the original kept in a JSON file: names, and when each fired.
//!
//! There is no such file here, and writing the dictionary back must not undo changes of other processes. So a
//! write only applies what its caller changed: see [`changes`].

use std::thread;
use std::time::SystemTime;

use herald_audio::internals::event;
use herald_audio::internals::manager::KnownFiring;
use herald_audio::internals::throttle::Firing;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::manager::{Manager, OpenManager};
use crate::record::{Change, Firings, Reading, Times, changes};
use crate::seconds::Moment;

impl OpenManager {
    fn read(&self, py: Python<'_>) -> (Firings, Times) {
        let is_plain = |known: &KnownFiring| known.project.is_none() && !known.firing.is_cancelled;
        let known = py.detach(|| self.core.firings());
        let plain = known.into_iter().filter(is_plain);
        let firings = plain.map(|known| (known.name, known.firing)).collect();
        let times = self.record().times(&self.core, &firings);
        (firings, times)
    }

    /// Removes all marks, including those of hooks.
    fn clear(&self, py: Python<'_>) {
        py.detach(|| {
            for known in self.core.firings() {
                self.core.reset(&known.name);
            }
        });
        self.record().forget_all();
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

    /// Applies a change for `name`, whose last firing was `last`, and returns the resulting time.
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
    /// Keys are events by their official names, and your own keys.
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

    /// Writes back the changes in a dictionary from _read_throttle().
    ///
    /// A key with a newer time is marked as fired then. A key with an earlier time, or a removed key, may
    /// fire at once. Firings after this thread's last read stay, whoever caused them. An empty dictionary
    /// other than the one that was read removes all marks, including those of hooks.
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

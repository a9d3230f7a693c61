//! The checks of the throttle, in nanoseconds.
//!
//! They keep the interpreter's lock if they access no file: see the crate's page.

use std::time::Duration;

use herald_audio::Decision as CoreDecision;
use herald_audio::internals::event::Event;
use herald_audio::internals::throttle::Admission;
use pyo3::prelude::*;

use crate::manager::{Manager, OpenManager};
use crate::name::Name;
use crate::seconds::{Moment, Seconds};

/// Whether something may fire now: true if so.
#[pyclass(frozen, module = "herald_audio")]
pub(crate) struct Decision {
    /// Whether it may fire now, and was marked as fired.
    #[pyo3(get)]
    admitted: bool,
    /// Seconds until it may fire; 0.0 if it may now.
    #[pyo3(get)]
    retry_after: f64,
    admission: Option<Admission>,
}

#[pymethods]
impl Decision {
    fn __bool__(&self) -> bool {
        self.admitted
    }

    fn __repr__(&self) -> String {
        match self.admitted {
            true => "Decision(admitted=True)".to_owned(),
            false => format!(
                "Decision(admitted=False, retry_after={:?})",
                self.retry_after
            ),
        }
    }
}

impl OpenManager {
    /// Asks for `name`, and releases the interpreter's lock only if a file may be accessed: when checks lock
    /// one, or the name of a new key is stored.
    #[inline]
    fn admit(&self, py: Python<'_>, name: &str, window: Duration) -> CoreDecision {
        if !self.locks_files {
            if let Some(event) = Event::find(name) {
                return self.core.throttle().admit(event.key, window);
            }
            if self.core.throttle().recall(name).is_some() {
                return self.core.admit(name, window);
            }
        }
        py.detach(|| self.core.admit(name, window))
    }

    #[inline]
    fn is_throttled(&self, py: Python<'_>, name: &str, window: Seconds) -> bool {
        !window.is_zero() && !self.admit(py, name, window.duration()).is_admitted()
    }

    #[inline]
    fn should_throttle(
        &self,
        py: Python<'_>,
        name: &str,
        window: Seconds,
        now: Option<Moment>,
    ) -> bool {
        if window.is_zero() {
            return false;
        }
        match now {
            None if self.locks_files => {
                py.detach(|| self.core.should_throttle(name, window.duration()))
            }
            None => self.core.should_throttle(name, window.duration()),
            Some(now) => {
                let last = py.detach(|| self.core.last_emitted(name));
                let last = self.record().last(name, last);
                last.is_some_and(|last| now.get() - last < window.get())
            }
        }
    }

    fn mark_emitted(&self, py: Python<'_>, name: &str, when: Option<Moment>) {
        let last = py.detach(|| {
            self.core.mark_emitted(name, when.map(Moment::time));
            when.and_then(|_| self.core.last_emitted(name))
        });
        if let Some(when) = when {
            self.record().marked(name, when.get(), last);
        }
    }
}

/// The throttle. Names of events may be in any spelling; any other name is a key of your own.
#[pymethods]
impl Manager {
    /// Whether audio_type fired less than throttle_window_seconds ago; if not, marks it as fired now.
    ///
    /// Of any number of calls at the same moment, in all threads and processes, exactly one returns False. A
    /// window of 0 or less never throttles and marks nothing.
    fn is_throttled(
        &self,
        py: Python<'_>,
        audio_type: Name<'_>,
        throttle_window_seconds: Seconds,
    ) -> PyResult<bool> {
        let open = self.open()?;
        Ok(open.is_throttled(py, &audio_type, throttle_window_seconds))
    }

    /// Whether key fired less than window_seconds before now. Marks nothing.
    ///
    /// now is in seconds since 1970, as from time.time(); by default the current time.
    #[pyo3(signature = (key, window_seconds, now = None))]
    fn should_throttle(
        &self,
        py: Python<'_>,
        key: Name<'_>,
        window_seconds: Seconds,
        now: Option<Moment>,
    ) -> PyResult<bool> {
        let open = self.open()?;
        Ok(open.should_throttle(py, &key, window_seconds, now))
    }

    /// Marks key as fired at when, in seconds since 1970; by default now.
    ///
    /// A later mark stays, and the future counts as now. A time before 2025 is known to this manager only.
    #[pyo3(signature = (key, when = None))]
    fn mark_emitted(&self, py: Python<'_>, key: Name<'_>, when: Option<Moment>) -> PyResult<()> {
        self.open()?.mark_emitted(py, &key, when);
        Ok(())
    }

    /// As is_throttled, with a more detailed answer: it is true if key may fire, and otherwise has
    /// retry_after, the seconds until it may.
    ///
    /// A window of 0 or less always admits. If an admitted sound is not played after all, pass the answer to
    /// cancel().
    fn admit(&self, py: Python<'_>, key: &str, window_seconds: Seconds) -> PyResult<Decision> {
        let decision = self.open()?.admit(py, key, window_seconds.duration());
        Ok(Decision {
            admitted: decision.is_admitted(),
            retry_after: decision.retry_after().unwrap_or_default().as_secs_f64(),
            admission: decision.admission(),
        })
    }

    /// Cancels an admission, so that the next call is admitted. Returns whether it was still in place.
    fn cancel(&self, py: Python<'_>, decision: &Decision) -> PyResult<bool> {
        let open = self.open()?;
        let cancel = |admission| py.detach(|| open.core.throttle().cancel(admission));
        Ok(decision.admission.is_some_and(cancel))
    }

    /// Lets key fire again at once, also in hooks of this project. Returns whether it had fired.
    fn reset(&self, py: Python<'_>, key: &str) -> PyResult<bool> {
        let open = self.open()?;
        let had_fired = py.detach(|| open.core.reset(key));
        Ok(open.record().forget(key) || had_fired)
    }
}

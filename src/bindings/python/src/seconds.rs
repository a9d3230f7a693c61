//! Seconds as Python counts time, checked at the boundary.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The longest wait of a call: one day.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// A throttle window or a waiting time: any number except NaN. Negative numbers count as 0.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(f64);

impl Seconds {
    pub(crate) const fn get(self) -> f64 {
        self.0
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 <= 0.0
    }

    pub(crate) fn duration(self) -> Duration {
        match self.is_zero() {
            true => Duration::ZERO,
            false => Duration::try_from_secs_f64(self.0).unwrap_or(Duration::MAX),
        }
    }

    /// As a waiting time, limited because clocks cannot represent more than some centuries.
    pub(crate) fn wait(self) -> Duration {
        self.duration().min(LONGEST_WAIT)
    }
}

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let seconds: f64 = object.extract()?;
        match seconds.is_nan() {
            true => Err(PyValueError::new_err(
                "NaN is not a number of seconds (give 0 for no window)",
            )),
            false => Ok(Self(seconds)),
        }
    }
}

/// A time in seconds since 1970, as from `time.time()`.
#[derive(Clone, Copy)]
pub(crate) struct Moment(f64);

impl Moment {
    pub(crate) const fn new(seconds: f64) -> Self {
        Self(seconds)
    }

    pub(crate) const fn get(self) -> f64 {
        self.0
    }

    /// The nearest time that the system's clock can represent.
    pub(crate) fn time(self) -> SystemTime {
        let since = Duration::try_from_secs_f64(self.0.max(0.0));
        let time = since.ok().and_then(|since| UNIX_EPOCH.checked_add(since));
        time.unwrap_or_else(SystemTime::now)
    }
}

impl<'py> FromPyObject<'_, 'py> for Moment {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let seconds: f64 = object.extract()?;
        match seconds.is_finite() {
            true => Ok(Self(seconds)),
            false => Err(PyValueError::new_err(format!(
                "{seconds} is not a time (give seconds since 1970, such as time.time())"
            ))),
        }
    }
}

/// `time` in seconds since 1970.
pub(crate) fn since_1970(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Whole seconds as `int`, others as `float`: so messages say `120s`, as in the original.
pub(crate) fn shown(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    /// Above it, a `float` cannot represent all whole numbers.
    const MOST: f64 = 9.0e15;
    match seconds.fract() == 0.0 && seconds.abs() < MOST {
        true => Ok((seconds as i64).into_pyobject(py)?.into_any()),
        false => Ok(seconds.into_pyobject(py)?.into_any()),
    }
}

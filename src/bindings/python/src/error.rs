//! [`HeraldError`]: what Python catches.

use herald_audio::Error;
use pyo3::exceptions::PyException;
use pyo3::{PyErr, create_exception};

create_exception!(
    herald_audio,
    HeraldError,
    PyException,
    "An operation that failed: what happened, why, and how to fix it."
);

/// Converts an error to an exception.
pub(crate) fn raised(error: Error) -> PyErr {
    HeraldError::new_err(error.to_string())
}

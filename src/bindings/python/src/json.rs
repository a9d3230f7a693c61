//! Conversion between Python's values and JSON.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// The deepest nesting that JSON parsers usually accept.
const MAX_LEVELS: usize = 100;

/// Converts `value` to Python.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(to_python(py, value)?)?;
            }
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, value) in members {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Converts a dictionary to a JSON object. Values without a JSON form become text with `str()`.
///
/// # Errors
///
/// `ValueError` if it is nested too deeply; or an exception from the caller's `__str__`.
pub(crate) fn object(dict: &Bound<'_, PyDict>) -> PyResult<Map<String, Value>> {
    members(dict, MAX_LEVELS)
}

fn members(dict: &Bound<'_, PyDict>, levels: usize) -> PyResult<Map<String, Value>> {
    // A copy, because the caller's `__str__` could change the dictionary during the loop.
    let mut members = Map::new();
    for (name, value) in dict.copy()?.iter() {
        members.insert(text(&name)?, from_python(&value, levels)?);
    }
    Ok(members)
}

fn from_python(value: &Bound<'_, PyAny>, levels: usize) -> PyResult<Value> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err(PyValueError::new_err(format!(
            "the payload is nested more than {MAX_LEVELS} levels deep"
        )));
    };
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if value.cast::<PyInt>().is_ok() || value.cast::<PyFloat>().is_ok() {
        return Ok(number(value));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return members(dict, levels).map(Value::Object);
    }
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        let values = value.try_iter()?;
        let values = values.map(|value| from_python(&value?, levels));
        return values.collect::<PyResult<_>>().map(Value::Array);
    }
    text(value).map(Value::String)
}

/// Numbers without a JSON form (NaN, infinity, integers larger than any float) become null.
fn number(value: &Bound<'_, PyAny>) -> Value {
    let whole = value.extract::<i64>().map(Number::from);
    let whole = whole.or_else(|_| value.extract::<u64>().map(Number::from));
    let is_whole = value.cast::<PyInt>().is_ok();
    let number = whole.ok().filter(|_| is_whole);
    let float = || value.extract::<f64>().ok().and_then(Number::from_f64);
    number.or_else(float).map_or(Value::Null, Value::Number)
}

/// The result of `str()`, with unpaired surrogates replaced.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(value.str()?.to_string_lossy().into_owned())
}

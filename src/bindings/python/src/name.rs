//! Names of events and keys. As in the original, any dictionary key is accepted.

use std::borrow::Cow;
use std::ops::Deref;

use pyo3::prelude::*;

/// A name: a text, or the `str()` of another object.
pub(crate) struct Name<'a>(Cow<'a, str>);

impl Deref for Name<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> FromPyObject<'a, '_> for Name<'a> {
    type Error = PyErr;

    #[inline]
    fn extract(object: Borrowed<'a, '_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.extract::<&'a str>() {
            return Ok(Self(Cow::Borrowed(text)));
        }
        let text = object.str()?.to_string_lossy().into_owned();
        Ok(Self(Cow::Owned(text)))
    }
}

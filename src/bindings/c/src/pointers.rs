//! Reads and writes through C's pointers.
//!
//! # Invariants
//!
//! [`Text::given`], [`Out::given`] and [`In::given`] get pointers from the callers of exported functions,
//! which must be as `herald.h` demands: NULL, a string that ends with a zero byte, or room for the value.
//! NULL is checked; the rest cannot be.
#![allow(unsafe_code, reason = "C's pointers are raw")]

use std::ffi::{CStr, CString, c_char};
use std::marker::PhantomData;
use std::path::Path;
use std::ptr::NonNull;

use serde_json::{Map, Value};

use crate::failure::{Failure, Result, Status};

#[cold]
fn is_null(what: &str) -> Failure {
    let message = format!("{what} must not be NULL");
    Failure::new(Status::HERALD_NULL_ARGUMENT, message)
}

/// The caller's string, for the duration of the call.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a>(Option<&'a CStr>, &'static str);

impl Text<'_> {
    /// The string at `pointer`, called `name` in herald.h.
    pub(crate) fn given(pointer: *const c_char, name: &'static str) -> Self {
        let is_there = !pointer.is_null();
        // SAFETY: the caller passed a string that ends with a zero byte, and does not change it during the
        // call; the value does not outlive the call, because no function keeps it.
        Self(is_there.then(|| unsafe { CStr::from_ptr(pointer) }), name)
    }
}

impl<'a> Text<'a> {
    /// The text, if there is one.
    pub(crate) fn optional(self) -> Result<Option<&'a str>> {
        let text = self.0.map(CStr::to_str).transpose();
        text.map_err(|error| {
            let message = format!("{}: {error} (must be UTF-8)", self.1);
            Failure::new(Status::HERALD_INVALID_UTF8, message)
        })
    }

    /// The text; an error for NULL.
    pub(crate) fn text(self) -> Result<&'a str> {
        self.optional()?.ok_or_else(|| is_null(self.1))
    }

    /// The JSON object in it, if there is one.
    pub(crate) fn object(self) -> Result<Option<Map<String, Value>>> {
        let object = self.optional()?.map(serde_json::from_str).transpose();
        object.map_err(|error| {
            let message = format!("{}: {error} (must be a JSON object)", self.1);
            Failure::new(Status::HERALD_INVALID_JSON, message)
        })
    }
}

/// Where the caller wants a value.
pub(crate) struct Out<T>(Option<NonNull<T>>);

impl<T> Out<T> {
    /// The location at `pointer`, called `name` in herald.h.
    pub(crate) fn given(pointer: *mut T, name: &'static str) -> Result<Self> {
        let place = NonNull::new(pointer).ok_or_else(|| is_null(name))?;
        Ok(Self(Some(place)))
    }

    /// The location at `pointer`, or none.
    pub(crate) fn optional(pointer: *mut T) -> Self {
        Self(NonNull::new(pointer))
    }

    pub(crate) fn put(self, value: T) {
        if let Some(place) = self.0 {
            // SAFETY: the caller has room for a value there. The previous content is not dropped, because it
            // may be uninitialised.
            unsafe { place.write(value) };
        }
    }
}

impl Out<*mut c_char> {
    /// Passes ownership of `text` to the caller.
    pub(crate) fn put_text(self, text: impl Into<Vec<u8>>) -> Result<()> {
        if self.0.is_some() {
            let text = CString::new(text).map_err(|_| {
                let message = "a text contains a zero byte, which a C string cannot hold";
                Failure::new(Status::HERALD_INTERNAL, message)
            })?;
            self.put(text.into_raw());
        }
        Ok(())
    }

    /// The same for JSON.
    pub(crate) fn put_json(self, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_vec(value)
            .map_err(|error| Failure::new(Status::HERALD_INTERNAL, error.to_string()))?;
        self.put_text(text)
    }

    /// Passes ownership of `path` to the caller; NULL if there is none.
    pub(crate) fn put_path(self, path: Option<&Path>) -> Result<()> {
        match path {
            Some(path) => self.put_text(path.as_os_str().as_encoded_bytes()),
            None => {
                self.put(std::ptr::null_mut());
                Ok(())
            }
        }
    }
}

/// Frees what [`Out::put_text`] returned.
pub(crate) fn take_back(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller passes, once, a string returned by this library, which came from
        // `CString::into_raw`.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// The caller's value.
pub(crate) struct In<'a, T>(NonNull<T>, PhantomData<&'a T>);

impl<T: Copy> In<'_, T> {
    /// The value at `pointer`, called `name` in herald.h.
    pub(crate) fn given(pointer: *const T, name: &'static str) -> Result<Self> {
        let place = NonNull::new(pointer.cast_mut()).ok_or_else(|| is_null(name))?;
        Ok(Self(place, PhantomData))
    }

    pub(crate) fn get(&self) -> T {
        // SAFETY: the caller has a value there, and every bit pattern of the types used is valid.
        unsafe { self.0.read() }
    }
}

//! Pointers that C gives and takes: all that is read or written through them.
//!
//! # Invariants
//!
//! What [`Text::given`], [`Out::given`] and [`In::given`] are called with comes from an exported
//! function's caller, who has promised in `herald.h`: a pointer is NULL, or a string that ends with
//! a zero byte, or room for the value. NULL is looked for; the rest nobody can check.
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

/// A string of the caller's, for as long as the call lasts.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a>(Option<&'a CStr>, &'static str);

impl Text<'_> {
    /// The string at `pointer`, which herald.h calls `name`.
    pub(crate) fn given(pointer: *const c_char, name: &'static str) -> Self {
        let is_there = !pointer.is_null();
        // SAFETY: the caller gave a string that ends with a zero byte, and does not change it
        // during the call; the value does not outlive the call, since no function keeps it.
        Self(is_there.then(|| unsafe { CStr::from_ptr(pointer) }), name)
    }
}

impl<'a> Text<'a> {
    /// Its text, if there is one.
    pub(crate) fn optional(self) -> Result<Option<&'a str>> {
        let text = self.0.map(CStr::to_str).transpose();
        text.map_err(|error| {
            let message = format!("{}: {error} (must be UTF-8)", self.1);
            Failure::new(Status::HERALD_INVALID_UTF8, message)
        })
    }

    /// Its text.
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
    /// The place at `pointer`, which herald.h calls `name`.
    pub(crate) fn given(pointer: *mut T, name: &'static str) -> Result<Self> {
        let place = NonNull::new(pointer).ok_or_else(|| is_null(name))?;
        Ok(Self(Some(place)))
    }

    /// The place at `pointer`, or nowhere.
    pub(crate) fn optional(pointer: *mut T) -> Self {
        Self(NonNull::new(pointer))
    }

    pub(crate) fn put(self, value: T) {
        if let Some(place) = self.0 {
            // SAFETY: the caller has room for a value there. Nothing is dropped that was there
            // before: it may never have been written.
            unsafe { place.write(value) };
        }
    }
}

impl Out<*mut c_char> {
    /// Makes `text` the caller's, who frees it.
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

    /// The same with JSON.
    pub(crate) fn put_json(self, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_vec(value)
            .map_err(|error| Failure::new(Status::HERALD_INTERNAL, error.to_string()))?;
        self.put_text(text)
    }

    /// Makes `path` the caller's; where there is none, that is NULL.
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

/// Frees what [`Out::put_text`] has given away.
pub(crate) fn take_back(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller gives back, once, what a function of this library gave: it came from
        // `CString::into_raw`.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// A value of the caller's.
pub(crate) struct In<'a, T>(NonNull<T>, PhantomData<&'a T>);

impl<T: Copy> In<'_, T> {
    /// The value at `pointer`, which herald.h calls `name`.
    pub(crate) fn given(pointer: *const T, name: &'static str) -> Result<Self> {
        let place = NonNull::new(pointer.cast_mut()).ok_or_else(|| is_null(name))?;
        Ok(Self(place, PhantomData))
    }

    pub(crate) fn get(&self) -> T {
        // SAFETY: the caller has a value there, and every bit pattern of those that are given is
        // one.
        unsafe { self.0.read() }
    }
}

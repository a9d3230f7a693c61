//! Herald for C: implements `herald.h`.
//!
//! # Purpose
//!
//! Each function converts C's values for [`herald_audio::AudioManager`], and the result into a status and
//! values for C. No decisions are made here.
//!
//! # Invariants
//!
//! - No panic crosses into C: every function goes through `boundary`.
//! - A handle is never dereferenced: `table` looks it up, so a closed or invalid one is an error.
//! - C's pointers are only read and written in `pointers`.
//! - On failure nothing is written through the caller's pointers.
//!
//! # Concurrency
//!
//! Every function may be called from any number of threads. A forked child can continue to use the library:
//! see `fork`.

#![allow(
    unreachable_pub,
    reason = "what C reaches is pub, and cbindgen looks for it"
)]

mod api;
mod boundary;
mod failure;
#[cfg(unix)]
mod fork;
mod pointers;
mod table;

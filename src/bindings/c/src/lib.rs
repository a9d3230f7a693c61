//! Herald for C: what `herald.h` declares.
//!
//! # Purpose
//!
//! Each function turns what C gives into what [`herald_audio::AudioManager`] takes, and the outcome
//! into a status and values that C can read. Nothing is decided here.
//!
//! # Invariants
//!
//! - No panic crosses into C: every function goes through `boundary`.
//! - A handle is never dereferenced: `table` looks it up, so that one that is closed or made up is
//!   an error.
//! - Pointers from C are read and written in `pointers` alone.
//! - On failure nothing is written through a pointer of the caller's.
//!
//! # Concurrency
//!
//! Every function may be called from any number of threads. After a fork the child goes on: see
//! `fork`.

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

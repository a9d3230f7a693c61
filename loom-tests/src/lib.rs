//! Models of Herald's throttle: every interleaving of three threads, up to a bound.
//!
//! Run with `RUSTFLAGS="--cfg herald_loom" cargo test --release -p loom-tests`. Threads are
//! preempted at most five times in an execution; `LOOM_MAX_PREEMPTIONS=8` goes deeper and takes a
//! minute. Each model runs in every rotation of its threads, with plain loads and with loads that
//! are read-modify-writes, and fails if it explored hardly anything. Broken copies of the table,
//! made by `mutants.rs`, must be caught.
#![cfg(all(test, herald_loom))]

mod models;
mod table;

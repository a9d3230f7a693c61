//! Models of Herald's shared words and its engine, and broken copies that they must detect.
//!
//! # All interleavings of small models
//!
//! ```text
//! RUSTFLAGS="--cfg herald_loom" cargo test --release -p loom-tests
//! ```
//!
//! Three threads with one or two calls each, on a set of two words, in every interleaving that loom finds,
//! with the effects of weak memory ordering. A model counts sounds. Each runs in every rotation of its
//! threads, with plain loads and with read-modify-write loads, and fails if it explored hardly anything.
//! Threads are preempted at most four times per execution; `LOOM_MAX_PREEMPTIONS=5` goes deeper and takes
//! minutes, `cargo xtask test` has time for 3.
//!
//! The two sides of the engine (`exhaustive::engine`) are modelled in the same way: a lane's sender and
//! receiver, a voice stopped by two threads while it ends, and the whole engine with its renderer, whose
//! callback must not lose or free a voice, and must not meet a queue operation in progress. crossbeam's queue
//! does not support loom; the stand-in takes the same steps, and panics where crossbeam's would wait.
//!
//! Words that are read without mapping the file (`exhaustive::torn`) are read in halves, in either order,
//! while other threads change them.
//!
//! Single words (`exhaustive::words`), the controls and the last picks, are changed by three threads: every
//! change must take effect, and no pick may repeat the previous one.
//!
//! # Long random runs
//!
//! ```text
//! cargo test --release -p loom-tests
//! ```
//!
//! Three threads with up to three random calls each, on sets of two to eight words, while a fourth changes
//! the clock: ticks, stalls of more than 10 s, steps in both directions. shuttle chooses the next thread; its
//! memory has one order that all threads see. Each change of a word and each answer is checked against the
//! rules of the set. Each model runs 20,000 times with each of two schedulers;
//! `HERALD_SHUTTLE_ITERATIONS=1000000` runs longer, `SHUTTLE_RANDOM_SEED=1` changes the seed.
//!
//! # Broken copies
//!
//! `copies.rs` creates copies of the sources, each broken by one change, and a test for each copy fails if
//! the copy passes: passing models only mean something if they fail when they should.
//!
//! # Limits
//!
//! A bound on preemptions, and random choice, omit executions. Neither proves the set correct; its
//! documentation does, and so do those of the lanes. The engine has no random models, because it has one
//! thread on each side.
#![cfg(test)]

mod copies;
#[cfg(herald_loom)]
mod exhaustive;
#[cfg(not(herald_loom))]
mod random;
mod sync;

/// The window of most calls, in milliseconds.
const WINDOW_MS: u64 = 5_000;
/// The start of the models' clocks, in milliseconds since 1970.
const NOON: u64 = 1_800_000_000_000;

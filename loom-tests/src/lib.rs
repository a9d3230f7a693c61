//! Models of Herald's shared words and of its engine, and broken copies that they must catch.
//!
//! # Every interleaving, in the small
//!
//! ```text
//! RUSTFLAGS="--cfg herald_loom" cargo test --release -p loom-tests
//! ```
//!
//! Three threads with a call or two each, on a set of two words, in every interleaving that loom
//! finds, with what the weak order of memory allows. A model counts sounds. Each runs in every
//! rotation of its threads, with plain loads and with loads that are read-modify-writes, and fails
//! if it explored hardly anything. Threads are preempted at most four times in an execution;
//! `LOOM_MAX_PREEMPTIONS=5` goes deeper and takes minutes, 3 is what `cargo xtask test` has time for.
//!
//! The engine's two sides (`exhaustive::engine`) are modelled in the same way: a lane's sender and
//! receiver, a voice that is stopped by two threads while it ends, and the whole engine with its
//! renderer, whose callback must lose no voice, free none, and never meet a queue that the other
//! side is in the middle of. crossbeam's queue has no loom support; the stand-in takes the same
//! steps, and panics where crossbeam's would wait.
//!
//! Words that stand alone (`exhaustive::words`), the controls and the last picks, are changed by
//! three threads: every change must hold, and no pick repeat the one before it.
//!
//! # Random ones, at length
//!
//! ```text
//! cargo test --release -p loom-tests
//! ```
//!
//! Three threads with up to three calls of any kind each, on sets of two to eight words, while a
//! fourth moves the clock: ticks, stalls of more than 10 s, steps forwards and back. shuttle
//! chooses who goes on; its memory has one order, which all threads see. Each change of a word and
//! each answer is held against the rules of the set. Each model runs 20,000 times with each of two
//! schedulers; `HERALD_SHUTTLE_ITERATIONS=1000000` runs longer, `SHUTTLE_RANDOM_SEED=1` elsewhere.
//!
//! # Broken copies
//!
//! `copies.rs` makes copies of the sources, each broken by one change, and a test for each copy
//! fails if the copy passes: that no model fails means something only because each fails
//! when it should.
//!
//! # Limits
//!
//! A bound on preemptions, and random choice, leave executions out. Neither is an argument that
//! the set is right in all; that is in the set's own documentation, as the lanes' is in theirs.
//! The engine has no random models: it has one thread on each side.
#![cfg(test)]

mod copies;
#[cfg(herald_loom)]
mod exhaustive;
#[cfg(not(herald_loom))]
mod random;
mod sync;

/// The window of most calls in the models, in milliseconds.
const WINDOW_MS: u64 = 5_000;
/// Where the models' clocks begin, in milliseconds since 1970.
const NOON: u64 = 1_800_000_000_000;

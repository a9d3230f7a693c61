//! The two sides of the engine: lanes, life cycles, and voices that pass between them.
//!
//! Runs the text of the engine's source, with two slots for voices instead of 64 and a lane for one ended
//! voice, on loom's atomics. crossbeam's queue and the typed atomics have stand-ins (`stand_in`), and clips
//! record the thread that frees them (`audio`).

pub(crate) mod audio;
pub(crate) mod copies;
mod models;
pub(crate) mod stand_in;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed as Counting};

use loom::thread;

use super::mutants::must_fail;

/// The number of preemptions per execution, unless `LOOM_MAX_PREEMPTIONS` is set.
const PREEMPTIONS: usize = 3;
/// A model with fewer executions has modelled nothing.
const FEWEST: usize = 50;

/// Runs `model` in every interleaving for each of `rotations`.
pub(super) fn explore(rotations: usize, model: impl Fn(usize) + Sync + Send + Clone + 'static) {
    for rotation in 0..rotations {
        let executions = Arc::new(AtomicUsize::new(0));
        let counted = executions.clone();
        let model = model.clone();
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
        builder.check(move || {
            counted.fetch_add(1, Counting);
            model(rotation);
        });
        let executions = executions.load(Counting);
        println!("rotation {rotation}: {executions} executions");
        assert!(executions >= FEWEST, "only {executions}");
    }
}

/// Runs both at once: the first here and the second on another thread, or vice versa.
fn both<A: 'static, B: 'static>(
    rotation: usize,
    first: impl FnOnce() -> A + 'static,
    second: impl FnOnce() -> B + 'static,
) -> (A, B) {
    if rotation == 0 {
        let second = thread::spawn(second);
        let first = first();
        (first, second.join().unwrap())
    } else {
        let first = thread::spawn(first);
        let second = second();
        (first.join().unwrap(), second)
    }
}

/// Runs all three at once; `rotation` selects the one on this thread.
pub(super) fn three<A: 'static, B: 'static>(
    rotation: usize,
    first: impl FnOnce() -> A + 'static,
    second: impl FnOnce() -> B + 'static,
    third: impl FnOnce() -> B + 'static,
) -> (A, B, B) {
    match rotation {
        0 => {
            let (second, third) = (thread::spawn(second), thread::spawn(third));
            let first = first();
            (first, second.join().unwrap(), third.join().unwrap())
        }
        1 => {
            let (third, first) = (thread::spawn(third), thread::spawn(first));
            let second = second();
            (first.join().unwrap(), second, third.join().unwrap())
        }
        _ => {
            let (first, second) = (thread::spawn(first), thread::spawn(second));
            let third = third();
            (first.join().unwrap(), second.join().unwrap(), third)
        }
    }
}

/// A test for each of two intact copies.
macro_rules! holds {
    ($($name:ident: $model:ident($($argument:expr),*);)*) => {
        $(#[test]
        fn $name() {
            models::engine_shipped::$model($($argument),*);
            models::engine_loads_that_write::$model($($argument),*);
        })*
    };
}

holds! {
    a_lane_for_one_gives_every_value_once: lane_gives_every_value_once(1);
    a_lane_for_two_gives_every_value_once: lane_gives_every_value_once(2);
    a_life_ends_as_it_was_told: life_ends_as_it_was_told();
    voices_are_heard_and_freed_elsewhere: voices_are_heard_and_freed_elsewhere();
    the_engine_may_go_first: the_engine_may_go_first();
}

/// A test of each broken copy.
macro_rules! caught {
    ($($copy:ident: $model:ident($($argument:expr),*);)*) => {
        $(#[test]
        fn $copy() {
            must_fail(|| models::$copy::$model($($argument),*));
        })*
    };
}

caught! {
    push_announced_too_early: lane_gives_every_value_once(1);
    pop_announced_too_early: lane_gives_every_value_once(1);
    push_announced_relaxed: lane_gives_every_value_once(1);
    pop_announced_relaxed: lane_gives_every_value_once(1);
    push_learnt_relaxed: lane_gives_every_value_once(1);
    pop_learnt_relaxed: lane_gives_every_value_once(1);
    pop_without_a_look: lane_gives_every_value_once(2);
    push_without_a_look: lane_gives_every_value_once(1);
    one_more_than_fits: lane_gives_every_value_once(1);
    end_by_store: life_ends_as_it_was_told();
    stop_by_store: life_ends_as_it_was_told();
    begin_by_store: life_ends_as_it_was_told();
    freed_in_the_callback: voices_are_heard_and_freed_elsewhere();
    full_lane_forgotten: the_engine_may_go_first();
}

//! Random calls of a few threads in random order, with a changing clock.
//!
//! shuttle runs one thread at a time and chooses the next at each access to shared memory. Each execution is
//! recorded, and the journal is checked afterwards.

mod checker;
mod journal;
mod models;
mod mutants;
mod plan;
pub(crate) mod slot;
mod world;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

/// The seed of both schedulers, unless `SHUTTLE_RANDOM_SEED` is set.
const SEED: u64 = 0x6865_7261_6c64;

/// Runs `model` `iterations` times with each scheduler.
fn explore(iterations: usize, model: impl Fn() + Clone + Send + Sync + 'static) {
    at_random(iterations, model.clone());
    by_priority(iterations, model);
}

/// Any thread may run at any moment.
fn at_random(iterations: usize, model: impl Fn() + Send + Sync + 'static) {
    run(RandomScheduler::new_from_seed(SEED, iterations), model);
}

/// The threads have random priorities, which change at two random moments (PCT): this finds faults that need
/// few switches in the right places.
fn by_priority(iterations: usize, model: impl Fn() + Send + Sync + 'static) {
    run(PctScheduler::new_from_seed(SEED, 3, iterations), model);
}

fn run(scheduler: impl Scheduler + 'static, model: impl Fn() + Send + Sync + 'static) {
    Runner::new(scheduler, Config::new()).run(model);
}

//! The models: three threads with up to three calls each, while the clock changes.

use std::sync::{Arc, Mutex};

use herald_throttle::internals::table::word::{Stamp, Word};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use super::checker::{Checker, Tally};
use super::explore;
use super::journal::{Call, Outcome};
use super::plan::{self, Clockwork, TAGS};
use super::world::World;
use crate::copies::{Shipped, Throttle};
use crate::{NOON, WINDOW_MS};

const THREADS: usize = 3;

/// A model: the behaviour of the clock, and its start.
#[derive(Clone, Copy)]
pub(super) struct Model {
    clockwork: Clockwork,
    unix_ms: u64,
}

impl Model {
    pub(super) const fn at_noon(clockwork: Clockwork) -> Self {
        let unix_ms = NOON;
        Self { clockwork, unix_ms }
    }

    /// Runs the model once, with random calls on random words, and checks the result.
    pub(super) fn run<T: Throttle, const WAYS: usize>(self) -> Tally {
        let Self { clockwork, unix_ms } = self;
        let mut rng = thread_rng();
        let words = plan::words(clockwork, unix_ms, &mut rng);
        let world = Arc::new(World::<WAYS>::new(words, unix_ms));
        for round in 0..clockwork.rounds() {
            if round > 0 {
                Clockwork::set(&world.clock, &mut rng);
            }
            let threads = [(); THREADS].map(|()| {
                let wishes = plan::wishes(clockwork, &TAGS[..=WAYS], unix_ms, &mut rng);
                let world = world.clone();
                thread::spawn(move || plan::fulfil::<T, WAYS>(&world, wishes))
            });
            clockwork.run(&world.clock, &mut rng);
            for thread in threads {
                thread.join().unwrap();
            }
        }
        let journal = world.take_journal();
        let begin = Stamp::from_unix_ms(unix_ms);
        let tally = Checker::new(clockwork, words, begin, &TAGS).check(&journal, world.words());
        nobody_is_muted::<T, WAYS>(world.words(), unix_ms + rng.gen_range(0..60_000));
        tally
    }
}

/// A key suppressed now is admitted at the latest after the window plus the limit of junk.
fn nobody_is_muted<T: Throttle, const WAYS: usize>(words: [Word; WAYS], unix_ms: u64) {
    let is_admitted_at = |tag, unix_ms| {
        let window_ms = WINDOW_MS;
        let outcome = World::new(words, unix_ms).call::<T>(Call::Admit { tag, window_ms });
        matches!(outcome, Outcome::Left(Some(_)))
    };
    for tag in &TAGS[..=WAYS] {
        let later = unix_ms + WINDOW_MS + 10_000;
        assert!(
            is_admitted_at(*tag, unix_ms) || is_admitted_at(*tag, later),
            "a key is muted at {unix_ms} and at {later}: {words:?}"
        );
    }
}

/// The number of executions per scheduler.
fn iterations() -> usize {
    let asked = std::env::var("HERALD_SHUTTLE_ITERATIONS").ok();
    asked.map_or(20_000, |asked| {
        asked
            .parse()
            .expect("HERALD_SHUTTLE_ITERATIONS is a number")
    })
}

fn holds<const WAYS: usize>(model: Model) {
    let sum = Arc::new(Mutex::new(Tally::default()));
    let tally = sum.clone();
    explore(iterations(), move || {
        let seen = model.run::<Shipped, WAYS>();
        tally.lock().unwrap().add(seen);
    });
    let tally = sum.lock().unwrap();
    println!("{WAYS} words, {:?}: {tally:?}", model.clockwork);

    // A model that encountered nothing has modelled nothing.
    assert_eq!(tally.executions, 2 * iterations());
    assert!(tally.changes > tally.executions);
    assert!(tally.displaced > 0 && tally.refused > 0);
    assert_eq!(tally.steps > 0, model.clockwork.steps());
    assert_eq!(tally.overtaken > 0, model.clockwork.may_overtake());
}

#[test]
fn all_rules_hold_while_the_clock_ticks() {
    holds::<2>(Model::at_noon(Clockwork::Ticks));
    holds::<3>(Model::at_noon(Clockwork::Ticks));
    holds::<8>(Model::at_noon(Clockwork::Ticks));
}

#[test]
fn all_rules_hold_when_threads_stall_past_the_limit_of_junk() {
    holds::<2>(Model::at_noon(Clockwork::Stalls));
    holds::<3>(Model::at_noon(Clockwork::Stalls));
}

#[test]
fn a_step_between_calls_costs_one_sound_at_most_and_suppresses_no_key_forever() {
    holds::<2>(Model::at_noon(Clockwork::StepsBetweenCalls));
    holds::<3>(Model::at_noon(Clockwork::StepsBetweenCalls));
}

#[test]
fn a_step_during_calls_costs_two_more_for_each_and_suppresses_no_key_forever() {
    holds::<2>(Model::at_noon(Clockwork::StepsDuringCalls));
    holds::<3>(Model::at_noon(Clockwork::StepsDuringCalls));
}

#[test]
fn at_the_largest_stamp_nothing_panics_and_no_key_stays_suppressed() {
    let clockwork = Clockwork::StepsDuringCalls;
    let unix_ms = Stamp::MAX.unix_ms() - 2;
    holds::<2>(Model { clockwork, unix_ms });
}

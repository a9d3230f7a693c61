//! Every interleaving of three threads on a set of two words, up to a bound of preemptions.
//!
//! loom also lets plain loads read old values, like real memory. A thread's clock stands still after its
//! first reading.

pub(crate) mod engine;
mod models;
mod mutants;
mod torn;
mod words;

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed as Counting};

use herald_throttle::internals::clock::Clock;
use herald_throttle::internals::table::Key;
use herald_throttle::internals::table::word::{Stamp, Tag, Word};
use loom::sync::Arc;
use loom::thread;

use crate::sync::{AtomicU64, Ordering::Relaxed};
use crate::{NOON, WINDOW_MS};

/// With one set of two words, all keys meet.
const WAYS: usize = 2;
/// The number of preemptions per execution, unless `LOOM_MAX_PREEMPTIONS` is set.
const PREEMPTIONS: usize = 4;
/// A model with fewer executions has modelled nothing.
const FEWEST: usize = 50;

const MINE: Tag = Key::of_static("Stop").tag();
const OTHERS: [Tag; 3] = [
    Key::of_static("Notification").tag(),
    Key::of_static("SessionEnd").tag(),
    Key::of_static("PreCompact").tag(),
];

type Words = [Word; WAYS];
type Slots = [AtomicU64; WAYS];

/// A fixed clock, different for threads that read it at different moments.
struct At(u64);

impl Clock for At {
    fn unix_ms(&self) -> u64 {
        self.0
    }
}

/// The clock of a thread that was suspended after its first reading.
struct Stalled {
    next: Cell<u64>,
    later: u64,
}

impl Stalled {
    fn new(first: u64, later: u64) -> Self {
        let next = Cell::new(first);
        Self { next, later }
    }
}

impl Clock for Stalled {
    fn unix_ms(&self) -> u64 {
        self.next.replace(self.later)
    }
}

fn fired(tag: Tag, unix_ms: u64) -> Word {
    Word::fired(Stamp::from_unix_ms(unix_ms), tag)
}

/// The work of one thread: returns how many sounds it may play.
type Part = fn(&Slots) -> usize;

/// Runs three parts at once, in every interleaving and rotation, and passes the number of sounds and the
/// final words to `check`. No key may ever be in two words.
fn explore(words: Words, parts: [Part; 3], check: fn(usize, Words)) {
    for rotation in 0..parts.len() {
        let executions = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = executions.clone();
        let mut model = loom::model::Builder::new();
        model.preemption_bound = model.preemption_bound.or(Some(PREEMPTIONS));
        model.check(move || {
            counted.fetch_add(1, Counting);
            let slots = Arc::new(words.map(|word| AtomicU64::new(word.bits())));
            let mut parts = parts;
            parts.rotate_left(rotation);
            let [here, there @ ..] = parts;
            let threads = there.map(|part| {
                let slots = slots.clone();
                thread::spawn(move || part(&slots))
            });
            let mut sounds = here(&slots);
            for thread in threads {
                sounds += thread.join().unwrap();
            }
            let words = slots
                .each_ref()
                .map(|slot| Word::from_bits(slot.load(Relaxed)));
            for tag in OTHERS.into_iter().chain([MINE]) {
                let places = words.iter().filter(|word| word.is_of(tag)).count();
                assert!(places <= 1, "a key stands in {places} words");
            }
            check(sounds, words);
        });
        let executions = executions.load(Counting);
        println!("rotation {rotation}: {executions} executions");
        assert!(
            executions >= FEWEST,
            "only {executions} in rotation {rotation}"
        );
    }
}

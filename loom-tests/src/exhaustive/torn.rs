//! Words that are read in halves while others change them, as a machine of 32 bits may copy them.

use super::mutants::must_fail;
use super::{At, MINE, NOON, OTHERS, Part, Slots, WAYS, WINDOW_MS, Word, explore, fired};
use crate::copies::{Shipped, Throttle};
use crate::sync::{AtomicU64, Ordering::Relaxed};

macro_rules! copy {
    ($module:ident) => {
        #[allow(clippy::all, dead_code, missing_docs, unreachable_pub, unused)]
        mod $module {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($module), ".rs"));
        }
    };
}

copy!(believed_at_once);

const LOW: u64 = u32::MAX as u64;

/// Which half of a word is copied first.
type Halves = [u64; 2];
const ASCENDING: Halves = [LOW, !LOW];
const DESCENDING: Halves = [!LOW, LOW];

/// A copy of the words, each in two steps.
fn copied(slots: &Slots, halves: Halves) -> [u64; WAYS] {
    let copy = |slot: &AtomicU64| {
        let half = |mask| slot.load(Relaxed) & mask;
        half(halves[0]) | half(halves[1])
    };
    slots.each_ref().map(copy)
}

/// A call for another key, whose word may take the place of mine.
fn other_asks<const OTHER: usize>(slots: &Slots) -> usize {
    Shipped::admit(slots, &At(NOON), OTHERS[OTHER], WINDOW_MS);
    0
}

macro_rules! models {
    ($model:ident, $($reread:tt)*) => {
        fn $model(halves: Halves) {
            // As a hook does it: the words are asked only if the copies say nothing.
            fn ask(slots: &Slots, halves: Halves) -> usize {
                let read = || Some(copied(slots, halves));
                let clock = At(NOON + 1);
                let peeked = $($reread)*::peek_by_reads(read, MINE, WINDOW_MS, &clock);
                let admit = || Shipped::admit(slots, &clock, MINE, WINDOW_MS);
                usize::from(peeked.is_none() && admit().is_some())
            }
            const ASKS: [Part; 2] = [
                |slots| ask(slots, ASCENDING),
                |slots| ask(slots, DESCENDING),
            ];
            let ask = ASKS[usize::from(halves == DESCENDING)];
            // My key fired long ago, and two others may displace it: my call sounds.
            let words = [fired(OTHERS[1], NOON), fired(MINE, NOON - 60_000)];
            let one_sound = |sounds, _| assert_eq!(sounds, 1, "sounds");
            explore(words, [ask, other_asks::<0>, other_asks::<2>], one_sound);
            // Two calls of mine, where my key fired long ago or never: one sounds.
            explore(words, [ask, ask, |_| 0], one_sound);
            let never = [Word::EMPTY, fired(OTHERS[1], NOON)];
            explore(never, [ask, ask, |_| 0], one_sound);
        }
    };
}

models!(shipped, herald_throttle::internals::table::reread);
models!(at_once, believed_at_once);

#[test]
fn copies_in_ascending_order_suppress_only_what_fired() {
    shipped(ASCENDING);
}

#[test]
fn copies_in_descending_order_suppress_only_what_fired() {
    shipped(DESCENDING);
}

#[test]
fn a_single_read_is_caught() {
    must_fail(|| at_once(ASCENDING));
}

//! Single words: the controls, and the last picks.
//!
//! Three threads change one word at once, in every rotation.

use std::time::Duration;

use loom::sync::Arc;

use super::engine::{explore, three};
use super::mutants::must_fail;
use crate::NOON;
use crate::sync::{AtomicU64, Ordering::Relaxed};

macro_rules! copy {
    ($module:ident) => {
        #[allow(clippy::all, dead_code, missing_docs, unreachable_pub, unused_mut)]
        mod $module {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($module), ".rs"));
        }
    };
}

copy!(controls_loads_that_write);
copy!(controls_by_store);
copy!(controls_of_an_old_word);
copy!(picks_loads_that_write);
copy!(picks_by_store);
copy!(picks_after_an_old_one);

/// The work of a thread on the word.
type Part = fn(&AtomicU64) -> usize;

/// Runs three parts at once, in every interleaving and rotation, on a word of `bits`, and passes their
/// results and the final word to `check`.
fn run(bits: u64, parts: [Part; 3], check: fn([usize; 3], u64)) {
    explore(parts.len(), move |rotation| {
        let word = Arc::new(AtomicU64::new(bits));
        let [first, second, third] = parts.map(|part| {
            let word = word.clone();
            move || part(&word)
        });
        let (first, second, third) = three(rotation, first, second, third);
        check([first, second, third], word.load(Relaxed));
    });
}

/// A mute, a snooze and a volume at the same moment: all take effect.
macro_rules! all_changes_hold {
    ($($module:tt)*) => {{
        use $($module)*::{Controls, Snooze, change};
        fn snooze() -> Snooze {
            Snooze::new(NOON, Duration::from_secs(60)).unwrap()
        }
        fn made(word: &AtomicU64, make: impl Fn(Controls) -> Controls) -> usize {
            let made = change(word, &make);
            usize::from(make(made) == made)
        }
        let mute: Part = |word| made(word, Controls::muted);
        let pause: Part = |word| made(word, |controls| controls.snoozed(snooze()));
        let turn_down: Part = |word| made(word, |controls| controls.at_volume(Some(0.25)));
        run(0, [mute, pause, turn_down], |made, word| {
            assert_eq!(made, [1; 3], "each is in what its change returns");
            let all = Controls::NONE.muted().snoozed(snooze()).at_volume(Some(0.25));
            assert_eq!(Controls::from_bits(word), all);
        });
    }};
}

/// Three picks from a set of two, the first of which was picked last: they alternate.
macro_rules! picks_take_turns {
    ($($module:tt)*) => {{
        use $($module)*::pick;
        const SET: u64 = 0x0123_4567_89ab_0000;
        let low: Part = |word| pick(word, SET, 2, 0);
        let high: Part = |word| pick(word, SET, 2, u64::MAX);
        run(SET | 1, [low, high, low], |picks, word| {
            assert_eq!(picks.iter().sum::<usize>(), 2, "{picks:?}");
            assert_eq!(word, SET | 2);
        });
    }};
}

/// Three picks of the next from a set of three, the last of which was picked last: each comes once, in turn.
macro_rules! picks_are_in_turn {
    ($($module:tt)*) => {{
        use $($module)*::pick_next;
        const SET: u64 = 0x0123_4567_89ab_0000;
        let next: Part = |word| pick_next(word, SET, 3);
        run(SET | 3, [next; 3], |mut picks, word| {
            picks.sort_unstable();
            assert_eq!(picks, [0, 1, 2]);
            assert_eq!(word, SET | 3);
        });
    }};
}

#[test]
fn every_change_of_the_controls_holds() {
    all_changes_hold!(herald_throttle::internals::controls);
    all_changes_hold!(controls_loads_that_write);
}

#[test]
fn a_pick_is_never_the_one_before_it() {
    picks_take_turns!(herald_throttle::internals::picks);
    picks_take_turns!(picks_loads_that_write);
}

#[test]
fn of_picks_in_turn_none_is_lost_and_none_comes_twice() {
    picks_are_in_turn!(herald_throttle::internals::picks);
    picks_are_in_turn!(picks_loads_that_write);
}

#[test]
fn controls_that_are_stored_are_caught() {
    must_fail(|| all_changes_hold!(controls_by_store));
}

#[test]
fn controls_made_of_an_old_word_are_caught() {
    must_fail(|| all_changes_hold!(controls_of_an_old_word));
}

#[test]
fn a_pick_that_is_stored_is_caught() {
    must_fail(|| picks_take_turns!(picks_by_store));
    must_fail(|| picks_are_in_turn!(picks_by_store));
}

#[test]
fn a_pick_that_follows_an_old_one_is_caught() {
    must_fail(|| picks_take_turns!(picks_after_an_old_one));
    must_fail(|| picks_are_in_turn!(picks_after_an_old_one));
}

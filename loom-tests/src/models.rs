//! What is modelled, and which broken table which model must catch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed as Counting};
use std::time::Duration;

use herald::sync::{AtomicU64, Ordering::Relaxed};
use herald::throttle::Key;
use herald::throttle::word::{Stamp, Word};
use loom::sync::Arc;
use loom::thread;

use crate::table::{
    At, CancelDropsTheTag, LastOfEqualVictims, LoadsThatWrite, LoserIsAdmitted, NoBump, Shipped,
    StoreInsteadOfSwap, Throttle, WAYS,
};

const NOW: u64 = 1_800_000_000_000;
const WINDOW: Duration = Duration::from_secs(5);
const KEY: Key = Key::of_static("Stop");
const OTHERS: [Key; 2] = [Key::of_static("Notification"), Key::of_static("SessionEnd")];
/// A model that explored fewer executions than this has modelled nothing.
const FEWEST: usize = 100;

type Slots = Arc<[AtomicU64; WAYS]>;

fn slots(words: [Word; WAYS]) -> Slots {
    Arc::new(words.map(|word| AtomicU64::new(word.bits())))
}

fn fired(key: Key, unix_ms: u64) -> Word {
    Word::fired(Stamp::from_unix_ms(unix_ms), key.tag())
}

/// What one thread does: returns how many of its calls were admitted.
type Part = fn(&Slots) -> usize;

/// Runs three parts at once, in every interleaving and every rotation, and gives the number of
/// admissions and the final words to `check`.
fn explore(words: [Word; WAYS], parts: [Part; 3], check: fn(usize, &Slots)) {
    for rotation in 0..parts.len() {
        let executions = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = executions.clone();
        let mut model = loom::model::Builder::new();
        model.preemption_bound = model.preemption_bound.or(Some(5));
        model.check(move || {
            counted.fetch_add(1, Counting);
            let slots = slots(words);
            let mut parts = parts;
            parts.rotate_left(rotation);
            let [here, there @ ..] = parts;
            let threads = there.map(|part| {
                let slots = slots.clone();
                thread::spawn(move || part(&slots))
            });
            let mut admitted = here(&slots);
            for thread in threads {
                admitted += thread.join().unwrap();
            }
            check(admitted, &slots);
        });
        let executions = executions.load(Counting);
        assert!(
            executions >= FEWEST,
            "only {executions} executions in rotation {rotation}"
        );
    }
}

/// One call for the key, with a clock `LATER` ms past noon.
fn ask<T: Throttle, const LATER: u64>(slots: &Slots) -> usize {
    usize::from(T::admit(&slots[..], At(NOW + LATER), KEY, WINDOW).is_some())
}

fn one_winner(admitted: usize, _: &Slots) {
    assert_eq!(admitted, 1, "admissions");
}

/// Nobody knows the key yet.
fn fresh_key<T: Throttle>() {
    let parts: [Part; 3] = [ask::<T, 0>, ask::<T, 0>, ask::<T, 1>];
    explore([Word::EMPTY; WAYS], parts, one_winner);
}

/// The key fired long ago.
fn expired_key<T: Throttle>() {
    let parts: [Part; 3] = [ask::<T, 0>, ask::<T, 1>, ask::<T, 2>];
    explore(
        [fired(OTHERS[0], NOW - 1), fired(KEY, NOW - 60_000)],
        parts,
        one_winner,
    );
}

/// Both words are other keys', and equally old.
fn eviction<T: Throttle>() {
    let parts: [Part; 3] = [ask::<T, 0>, ask::<T, 0>, ask::<T, 0>];
    explore(
        [fired(OTHERS[0], NOW), fired(OTHERS[1], NOW)],
        parts,
        one_winner,
    );
}

/// A key that was displaced comes back at once, while somebody still holds its old word in hand:
/// that word must not look as it did before.
fn displaced_key_returns<T: Throttle>() {
    fn other_asks<T: Throttle>(slots: &Slots) -> usize {
        T::admit(&slots[..], At(NOW), OTHERS[0], WINDOW);
        0
    }
    let parts: [Part; 3] = [ask::<T, 0>, ask::<T, 0>, other_asks::<T>];
    explore(
        [fired(OTHERS[0], NOW), fired(OTHERS[1], NOW)],
        parts,
        one_winner,
    );
}

/// One caller's sound fails and is cancelled: then the key is free, or somebody else's.
fn cancel_against_admit<T: Throttle>() {
    fn ask_and_cancel<T: Throttle>(slots: &Slots) -> usize {
        match T::admit(&slots[..], At(NOW), KEY, WINDOW) {
            Some(admission) => usize::from(!T::cancel(&slots[..], admission)),
            None => 0,
        }
    }
    fn check<T: Throttle>(admitted: usize, slots: &Slots) {
        assert!(admitted <= 1, "{admitted} admissions stand");
        let suppressed = T::is_suppressed(&slots[..], At(NOW), KEY, WINDOW);
        assert_eq!(
            suppressed,
            admitted == 1,
            "the key is taken if and only if somebody has it"
        );
        let mine = slots
            .iter()
            .filter(|slot| Word::from_bits(slot.load(Relaxed)).is_of(KEY.tag()));
        assert_eq!(
            mine.count(),
            1,
            "the key stays in its word, cancelled or not"
        );
    }
    let parts: [Part; 3] = [ask_and_cancel::<T>, ask::<T, 0>, ask::<T, 1>];
    explore([Word::EMPTY, fired(OTHERS[0], NOW - 1)], parts, check::<T>);
}

fn all<T: Throttle>() {
    fresh_key::<T>();
    expired_key::<T>();
    eviction::<T>();
    displaced_key_returns::<T>();
    cancel_against_admit::<T>();
}

#[test]
fn the_table_holds() {
    all::<Shipped>();
}

#[test]
fn the_table_holds_with_loads_that_write() {
    all::<LoadsThatWrite>();
}

/// A model that lets a broken table pass is no model.
#[track_caller]
fn must_fail(model: fn()) {
    assert!(
        catch_unwind(AssertUnwindSafe(model)).is_err(),
        "a broken table passed"
    );
}

#[test]
fn a_store_instead_of_a_swap_is_caught() {
    must_fail(fresh_key::<StoreInsteadOfSwap>);
    must_fail(expired_key::<StoreInsteadOfSwap>);
}

#[test]
fn a_loser_that_is_admitted_is_caught() {
    must_fail(fresh_key::<LoserIsAdmitted>);
}

#[test]
fn an_insert_that_does_not_pass_its_victims_stamp_is_caught() {
    must_fail(displaced_key_returns::<NoBump>);
}

#[test]
fn a_cancel_that_drops_the_tag_is_caught() {
    must_fail(cancel_against_admit::<CancelDropsTheTag>);
}

/// The tie rule may be turned round, as long as it is one rule: this copy is not broken.
#[test]
fn ties_may_go_to_the_highest_index() {
    eviction::<LastOfEqualVictims>();
    displaced_key_returns::<LastOfEqualVictims>();
}

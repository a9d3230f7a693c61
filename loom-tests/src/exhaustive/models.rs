//! The models. Each takes the copy of the set to run on.

use super::{
    At, MINE, NOON, OTHERS, Part, Slots, Stalled, Stamp, WINDOW_MS, Word, Words, explore, fired,
};
use crate::copies::{LoadsThatWrite, Shipped, Throttle};

const HOUR: u64 = 3_600_000;

/// One call for the key, by a clock `LATER` ms past noon.
fn ask<T: Throttle, const LATER: u64>(slots: &Slots) -> usize {
    usize::from(T::admit(slots, &At(NOON + LATER), MINE, WINDOW_MS).is_some())
}

/// One call for another key; its sound is not counted.
fn other_asks<T: Throttle, const OTHER: usize>(slots: &Slots) -> usize {
    T::admit(slots, &At(NOON), OTHERS[OTHER], WINDOW_MS);
    0
}

fn one_winner(sounds: usize, _: Words) {
    assert_eq!(sounds, 1, "sounds");
}

fn is_suppressed<T: Throttle>(words: Words) -> bool {
    let slots = words.map(|word| crate::sync::AtomicU64::new(word.bits()));
    T::is_suppressed(&slots, &At(NOON), MINE, WINDOW_MS)
}

fn mine(words: Words) -> Option<Word> {
    words.into_iter().find(|word| word.is_of(MINE))
}

/// The key is unknown.
pub(super) fn fresh_key<T: Throttle>() {
    let words = [Word::EMPTY; 2];
    explore(words, [ask::<T, 0>, ask::<T, 0>, ask::<T, 1>], one_winner);
}

/// The key fired long ago.
pub(super) fn expired_key<T: Throttle>() {
    let words = [fired(OTHERS[0], NOON - 1), fired(MINE, NOON - 60_000)];
    explore(words, [ask::<T, 0>, ask::<T, 1>, ask::<T, 2>], one_winner);
}

/// Both words belong to other keys and are equally old.
pub(super) fn equal_victims<T: Throttle>() {
    let words = [fired(OTHERS[0], NOON), fired(OTHERS[1], NOON)];
    explore(words, [ask::<T, 0>, ask::<T, 0>, ask::<T, 0>], one_winner);
}

/// Both words belong to other keys, and one is older than the window by the clock of some callers only.
pub(super) fn victims_that_expire<T: Throttle>() {
    let words = [
        fired(OTHERS[0], NOON + 1 - WINDOW_MS),
        fired(OTHERS[1], NOON - 2 * WINDOW_MS),
    ];
    explore(words, [ask::<T, 0>, ask::<T, 1>, ask::<T, 1>], one_winner);
}

/// A third key needs a word, too, and may displace the key: then it may sound again.
pub(super) fn displaced_by_another<T: Throttle>() {
    let words = [fired(OTHERS[0], NOON + 2), fired(OTHERS[1], NOON)];
    let parts = [ask::<T, 0>, ask::<T, 0>, other_asks::<T, 2>];
    explore(words, parts, |sounds, _| {
        assert!((1..=2).contains(&sounds), "{sounds} sounds");
    });
}

/// A displaced key returns at once, while another call still holds its old word: that word must not look as
/// before.
pub(super) fn displaced_key_returns<T: Throttle>() {
    let words = [fired(OTHERS[0], NOON), fired(OTHERS[1], NOON)];
    let parts = [ask::<T, 0>, ask::<T, 0>, other_asks::<T, 0>];
    explore(words, parts, one_winner);
}

/// A caller's sound fails and is cancelled: then the key is free, or belongs to another firing.
pub(super) fn cancel_against_admit<T: Throttle>() {
    fn ask_and_cancel<T: Throttle>(slots: &Slots) -> usize {
        match T::admit(slots, &At(NOON), MINE, WINDOW_MS) {
            Some(mark) => usize::from(!T::cancel(slots, &At(NOON), mark)),
            None => 0,
        }
    }
    let words = [Word::EMPTY, fired(OTHERS[0], NOON - 1)];
    let parts = [ask_and_cancel::<T>, ask::<T, 0>, ask::<T, 1>];
    explore(words, parts, |sounds, words| {
        assert!(sounds <= 1, "{sounds} sounds stand");
        assert!(mine(words).is_some(), "cancelled or not, the key is known");
        assert_eq!(
            is_suppressed::<T>(words),
            sounds == 1,
            "taken by the one who has it"
        );
    });
}

/// A key is reset and fires again while its last sound fails: that cancel is too late.
pub(super) fn late_cancel<T: Throttle>() {
    fn ask_and_cancel<T: Throttle>(slots: &Slots) -> usize {
        if let Some(mark) = T::admit(slots, &At(NOON), MINE, WINDOW_MS) {
            T::cancel(slots, &At(NOON), mark);
        }
        0
    }
    fn reset_and_ask<T: Throttle>(slots: &Slots) -> usize {
        T::reset(slots, &At(NOON), MINE);
        ask::<T, 0>(slots)
    }
    let words = [fired(MINE, NOON - 60_000), fired(OTHERS[0], NOON - 1)];
    let parts = [ask_and_cancel::<T>, reset_and_ask::<T>, other_asks::<T, 0>];
    explore(words, parts, |sounds, words| {
        assert!(
            sounds == 0 || is_suppressed::<T>(words),
            "a sound was cancelled by another"
        );
    });
}

/// Another sound is marked: then it was the one, or was not recorded.
pub(super) fn mark_against_admit<T: Throttle>() {
    fn mark<T: Throttle>(slots: &Slots) -> usize {
        let noon = Stamp::from_unix_ms(NOON);
        usize::from(T::mark(slots, &At(NOON), MINE, noon).is_some())
    }
    let words = [fired(OTHERS[0], NOON - 2), fired(OTHERS[1], NOON - 1)];
    explore(words, [mark::<T>, ask::<T, 0>, ask::<T, 1>], one_winner);
}

/// A key that fired long ago is reset: a firing in between is not lost.
pub(super) fn reset_against_admit<T: Throttle>() {
    reset_by::<T>(|slots| {
        T::reset(slots, &At(NOON), MINE);
        0
    });
}

/// All keys are reset: a firing in between is not lost.
pub(super) fn reset_all_against_admit<T: Throttle>() {
    reset_by::<T>(|slots| {
        T::reset_all(slots, &At(NOON));
        0
    });
}

/// A firing of long ago is reset: one in between stays.
pub(super) fn old_reset_against_admit<T: Throttle>() {
    fn reset<T: Throttle>(slots: &Slots) -> usize {
        let last = Stamp::from_unix_ms(NOON - 60_000);
        T::reset_if_last(slots, &At(NOON), MINE, last);
        0
    }
    let words = [fired(OTHERS[0], NOON - 1), fired(MINE, NOON - 60_000)];
    let parts = [reset::<T>, ask::<T, 0>, ask::<T, 1>];
    explore(words, parts, |sounds, words| {
        assert_eq!(sounds, 1, "sounds");
        assert!(is_suppressed::<T>(words), "the sound stands");
    });
}

fn reset_by<T: Throttle>(reset: Part) {
    let words = [fired(OTHERS[0], NOON - 1), fired(MINE, NOON - 60_000)];
    explore(words, [reset, ask::<T, 0>, ask::<T, 1>], |sounds, words| {
        assert!((1..=2).contains(&sounds), "{sounds} sounds");
        let last = mine(words).map(Word::stamp);
        assert!(
            last >= Some(Stamp::from_unix_ms(NOON)),
            "the firing is known"
        );
    });
}

/// A thread was suspended for 20 s after reading the clock, and would take later stamps for junk without
/// reading it again.
pub(super) fn stalled_reader<T: Throttle>() {
    const MINUTE: u64 = 60_000;
    fn stalled_asks<T: Throttle>(slots: &Slots) -> usize {
        let clock = Stalled::new(NOON, NOON + 20_000);
        usize::from(T::admit(slots, &clock, MINE, MINUTE).is_some())
    }
    fn ask<T: Throttle>(slots: &Slots) -> usize {
        usize::from(T::admit(slots, &At(NOON + 20_000), MINE, MINUTE).is_some())
    }
    let words = [Word::EMPTY, fired(OTHERS[0], NOON)];
    let parts = [stalled_asks::<T>, ask::<T>, ask::<T>];
    explore(words, parts, one_winner);
}

/// Both words belong to other keys, and are an hour ahead.
pub(super) fn junk_victims<T: Throttle>() {
    let words = [fired(OTHERS[0], NOON + HOUR), fired(OTHERS[1], NOON + HOUR)];
    explore(words, [ask::<T, 0>, ask::<T, 0>, ask::<T, 1>], one_winner);
}

/// The key itself fired an hour ahead.
pub(super) fn junk_key<T: Throttle>() {
    let words = [fired(OTHERS[0], NOON), fired(MINE, NOON + HOUR)];
    explore(words, [ask::<T, 0>, ask::<T, 0>, ask::<T, 1>], one_winner);
}

/// A call with a window of zero and an old reading of the clock: it may always sound, and must not make other
/// firings look older.
pub(super) fn old_call_against_admit<T: Throttle>() {
    fn old_call<T: Throttle>(slots: &Slots) -> usize {
        let was_admitted = T::admit(slots, &At(NOON - 9_000), MINE, 0).is_some();
        assert!(was_admitted, "a call with no window was suppressed");
        0
    }
    let words = [fired(OTHERS[0], NOON - 1), fired(MINE, NOON - 60_000)];
    explore(words, [old_call::<T>, ask::<T, 0>, ask::<T, 1>], one_winner);
}

/// A mark of a sound of long ago is only recorded if nothing else has sounded.
pub(super) fn old_mark_against_admit<T: Throttle>() {
    fn mark<T: Throttle>(slots: &Slots) -> usize {
        T::mark(slots, &At(NOON), MINE, Stamp::from_unix_ms(NOON - 9_000));
        0
    }
    let words = [fired(OTHERS[0], NOON - 1), fired(MINE, NOON - 60_000)];
    explore(words, [mark::<T>, ask::<T, 0>, ask::<T, 1>], one_winner);
}

macro_rules! each_holds {
    ($($model:ident)*) => { $(
        mod $model {
            use super::*;

            #[test]
            fn holds() {
                super::$model::<Shipped>();
            }

            #[test]
            fn holds_with_loads_that_write() {
                super::$model::<LoadsThatWrite>();
            }
        }
    )* };
}

each_holds! {
    fresh_key
    expired_key
    equal_victims
    victims_that_expire
    displaced_by_another
    displaced_key_returns
    cancel_against_admit
    late_cancel
    mark_against_admit
    reset_against_admit
    reset_all_against_admit
    old_reset_against_admit
    stalled_reader
    junk_victims
    junk_key
    old_call_against_admit
    old_mark_against_admit
}

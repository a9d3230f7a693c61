//! Picks: one of several at random, and not the one that was picked last, whoever picked it.
//!
//! ```text
//!  63                                     16 15                  0
//! ┌─────────────────────────────────────────┬─────────────────────┐
//! │ tag: 48 high bits of the set's hash     │ last pick's index+1 │     0 = nothing picked yet
//! └─────────────────────────────────────────┴─────────────────────┘
//! ```
//!
//! A *set* is what is picked from, and goes by a hash; its low 16 bits say which word remembers its
//! last pick ([`place`]). This layout is part of the state file's format. Every bit pattern is a
//! word.
//!
//! # Invariants
//!
//! - Every pick of two or more is one compare-and-swap, which succeeds only on the pick before it.
//!   So in the order of a word's changes no two neighbours of one set are the same.
//! - Each of the others is as likely as any, if the dice are fair: who loses a race to another
//!   pick casts no new dice, and its old ones know nothing of what the other has picked.
//!
//! # Concurrency
//!
//! Relaxed throughout: one word stands for itself and publishes no other memory.
//!
//! # Limits
//!
//! Sets that share a word take it over from each other: then one immediate repeat is possible. So it
//! is for a set that has changed its length, and for indices from 65,535 on, which are not
//! remembered.

use crate::sync::{AtomicU64, Ordering::Relaxed};

const LAST_BITS: u32 = 16;
const LAST_MASK: u64 = (1 << LAST_BITS) - 1;

/// The number of the word that remembers `set`, of `words`.
pub fn place(set: u64, words: usize) -> usize {
    ((set & LAST_MASK) as usize)
        .checked_rem(words)
        .unwrap_or_default()
}

/// Picks one of `count` from `set`, by `dice`, 64 random bits; not the one that `word` remembers as
/// the last. Returns its index: 0 if there is but one, or none.
pub fn pick(word: &AtomicU64, set: u64, count: usize, dice: u64) -> usize {
    pick_present(word, set, count, dice, |_| true).unwrap_or_default()
}

/// As [`pick`], of those that are there, by the word of `is_there`: in place of one that is not, it
/// takes the next that is, and the last one only if there is no other. Returns its index, which is the last that
/// `is_there` was asked about; none if none is there.
pub fn pick_present(
    word: &AtomicU64,
    set: u64,
    count: usize,
    dice: u64,
    mut is_there: impl FnMut(usize) -> bool,
) -> Option<usize> {
    match count {
        0 => None,
        1 => is_there(0).then_some(0),
        _ => Some(follow(word, set, count, dice, is_there)?.1),
    }
}

/// Picks one of two or more. Returns which one it follows in the order of the word's changes, as
/// far as that was of this set, and which one it is.
fn follow(
    word: &AtomicU64,
    set: u64,
    count: usize,
    dice: u64,
    mut is_there: impl FnMut(usize) -> bool,
) -> Option<(Option<usize>, usize)> {
    // Relaxed, here and below: the partner is the same compare-and-swap of another process, on
    // this very word. An old value read here makes the swap fail, which then tells the latest.
    let mut found = word.load(Relaxed);
    loop {
        let before = last(found, set, count);
        let index = choose(before, count, dice, &mut is_there)?;
        match word.compare_exchange(found, remember(set, index), Relaxed, Relaxed) {
            Ok(_) => return Some((before, index)),
            Err(latest) => found = latest,
        }
    }
}

/// The index below `count` that was picked last from `set`, as far as `word` knows.
fn last(word: u64, set: u64, count: usize) -> Option<usize> {
    let is_of_set = word >> LAST_BITS == set >> LAST_BITS;
    let last = ((word & LAST_MASK) as usize).checked_sub(1);
    last.filter(|last| is_of_set && *last < count)
}

/// The word after `index` was picked from `set`.
fn remember(set: u64, index: usize) -> u64 {
    let last = index as u64 + 1;
    set & !LAST_MASK | if last <= LAST_MASK { last } else { 0 }
}

/// One of `count`, which are two or more, but `last` if another one is there.
fn choose(
    last: Option<usize>,
    count: usize,
    dice: u64,
    is_there: &mut impl FnMut(usize) -> bool,
) -> Option<usize> {
    let choices = count - usize::from(last.is_some());
    // The high half of the product: as even as 64 bits allow.
    let chosen = ((u128::from(dice) * choices as u128) >> 64) as usize;
    let chosen = chosen + usize::from(last.is_some_and(|last| chosen >= last));
    let mut others = (chosen..count)
        .chain(0..chosen)
        .filter(|index| Some(*index) != last);
    let found = others.find(|index| is_there(*index));
    found.or_else(|| last.filter(|last| is_there(*last)))
}

#[cfg(all(test, not(herald_loom)))]
mod tests {
    use std::thread;

    use super::*;
    use proptest::prelude::*;

    const SET: u64 = 0x0123_4567_89ab_cdef;
    const OTHER: u64 = 0xfedc_ba98_7654_cdef;

    /// xorshift64*
    fn roll(state: &mut u64) -> u64 {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// 100,000 picks by 8 threads: what each followed, and what it was.
    fn picks_of_8_threads(word: &AtomicU64, count: usize) -> Vec<(Option<usize>, usize)> {
        thread::scope(|scope| {
            let threads: Vec<_> = (1..=8)
                .map(|seed| {
                    scope.spawn(move || {
                        let mut dice = seed;
                        let follow = |dice| follow(word, SET, count, dice, |_| true).unwrap();
                        let picks = (0..12_500).map(|_| follow(roll(&mut dice)));
                        picks.collect::<Vec<_>>()
                    })
                })
                .collect();
            let threads = threads.into_iter();
            threads.flat_map(|thread| thread.join().unwrap()).collect()
        })
    }

    /// A swap succeeds on the value just before it, so what the picks have followed is the order
    /// of the word's changes: each of them but the last is followed once.
    #[test]
    fn no_two_neighbours_are_the_same_whoever_picks() {
        const COUNT: usize = 4;
        let word = AtomicU64::new(0);
        let picks = picks_of_8_threads(&word, COUNT);
        assert!(picks.iter().all(|(before, pick)| *before != Some(*pick)));
        let firsts = picks.iter().filter(|(before, _)| before.is_none());
        assert_eq!(firsts.count(), 1);
        let final_pick = last(word.into_inner(), SET, COUNT);
        for index in 0..COUNT {
            let often = picks.iter().filter(|(_, pick)| *pick == index).count();
            let followed = picks.iter().filter(|(before, _)| *before == Some(index));
            let is_final = usize::from(final_pick == Some(index));
            assert_eq!(followed.count() + is_final, often, "{index}");
            assert!((24_000..26_000).contains(&often), "{index}: {often}");
        }
    }

    #[test]
    fn two_take_turns_whoever_picks() {
        let word = AtomicU64::new(remember(SET, 0));
        let picks = picks_of_8_threads(&word, 2);
        let second: usize = picks.iter().map(|(_, pick)| pick).sum();
        assert_eq!(
            second, 50_000,
            "whatever the dice and whoever wins which race"
        );
        assert_eq!(word.into_inner(), remember(SET, 0));
    }

    #[test]
    fn one_after_the_other_is_even_and_without_a_repeat() {
        const COUNT: usize = 5;
        let (word, mut dice) = (AtomicU64::new(0), 7);
        let mut pairs = [[0; COUNT]; COUNT];
        let mut before = pick(&word, SET, COUNT, roll(&mut dice));
        for _ in 0..100_000 {
            let next = pick(&word, SET, COUNT, roll(&mut dice));
            pairs[before][next] += 1;
            before = next;
        }
        for (first, followers) in pairs.iter().enumerate() {
            for (second, often) in followers.iter().enumerate() {
                let expected = if first == second {
                    0..=0
                } else {
                    4_600..=5_400
                };
                assert!(expected.contains(often), "{first} {second}: {often}");
            }
        }
    }

    #[test]
    fn none_one_and_very_many_can_be_picked_from() {
        let word = AtomicU64::new(0);
        assert_eq!(pick(&word, SET, 0, u64::MAX), 0);
        assert_eq!(pick(&word, SET, 1, u64::MAX), 0);
        assert_eq!(word.load(Relaxed), 0, "nothing to remember");
        assert_eq!(pick(&word, SET, usize::MAX, u64::MAX), usize::MAX - 1);
        assert_eq!(last(word.load(Relaxed), SET, usize::MAX), None, "too far");
        assert_eq!(pick(&word, SET, usize::MAX, 0), 0);
        assert_eq!(pick(&word, SET, usize::MAX, 0), 1);
    }

    #[test]
    fn what_is_missing_makes_way_for_the_next() {
        let word = AtomicU64::new(0);
        let pick = |there: &[usize], dice| {
            pick_present(&word, SET, 4, dice, |index| there.contains(&index))
        };
        assert_eq!(pick(&[1, 2], 0), Some(1));
        assert_eq!(pick(&[1, 2], 0), Some(2), "1 was last");
        assert_eq!(pick(&[1, 2], u64::MAX), Some(1), "from 3 on round to 0");
        assert_eq!(pick(&[1], 0), Some(1), "there is no other");
        assert_eq!(pick(&[], 0), None);
        assert_eq!(last(word.load(Relaxed), SET, 4), Some(1));
        assert_eq!(pick_present(&word, SET, 1, 0, |_| false), None);
        let mut asked = Vec::new();
        let picked = pick_present(&word, SET, 4, 0, |index| {
            asked.push(index);
            true
        });
        assert_eq!((picked, asked), (Some(0), vec![0]), "no other is looked at");
    }

    #[test]
    fn a_word_of_another_set_is_taken_over() {
        let word = AtomicU64::new(0);
        assert_eq!(pick(&word, SET, 3, 0), 0);
        assert_eq!(pick(&word, OTHER, 3, 0), 0);
        assert_eq!(pick(&word, SET, 3, 0), 0, "a repeat, once");
        assert_eq!(pick(&word, SET, 3, 0), 1);
    }

    proptest! {
        #[test]
        fn a_pick_is_one_of_them_and_not_the_last(
            bits: u64, set: u64, count in 2..70_000_usize, dice: u64,
        ) {
            let word = AtomicU64::new(bits);
            let before = last(bits, set, count);
            let index = pick(&word, set, count, dice);
            prop_assert!(index < count);
            prop_assert_ne!(Some(index), before);
            let remembered = (index < 65_535).then_some(index);
            prop_assert_eq!(last(word.load(Relaxed), set, count), remembered);
            prop_assert_ne!(Some(pick(&word, set, count, dice)), remembered);
        }

        #[test]
        fn every_set_has_a_place(set: u64, words in 1..200_usize) {
            prop_assert!(place(set, words) < words);
        }
    }
}

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

/// 100,000 picks by 8 threads: the previous and the new pick of each.
fn picks_of_8_threads(word: &AtomicU64, count: usize) -> Vec<(Option<usize>, usize)> {
    thread::scope(|scope| {
        let threads: Vec<_> = (1..=8)
            .map(|seed| {
                scope.spawn(move || {
                    let mut dice = seed;
                    let any = |last, dice| choose(last, count, dice, &mut |_| true);
                    let follow = |dice| follow(word, SET, count, |last| any(last, dice)).unwrap();
                    let picks = (0..12_500).map(|_| follow(roll(&mut dice)));
                    picks.collect::<Vec<_>>()
                })
            })
            .collect();
        let threads = threads.into_iter();
        threads.flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// A swap only succeeds on the previous value, so the previous picks show the order of the word's changes:
/// each pick except the last is the previous one of exactly one other.
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
fn missing_choices_are_replaced_by_the_next() {
    let word = AtomicU64::new(0);
    let pick =
        |there: &[usize], dice| pick_present(&word, SET, 4, dice, |index| there.contains(&index));
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

#[test]
fn the_next_one_is_picked_in_turn() {
    let word = AtomicU64::new(0);
    let picks: Vec<_> = (0..7).map(|_| pick_next(&word, SET, 3)).collect();
    assert_eq!(picks, [0, 1, 2, 0, 1, 2, 0]);
    assert_eq!([0, 1].map(|count| pick_next(&word, SET, count)), [0, 0]);
    assert_eq!(pick_next(&word, !SET, 3), 0, "another set begins anew");
}

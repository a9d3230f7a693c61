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
mod tests;

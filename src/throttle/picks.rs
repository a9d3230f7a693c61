//! Picks one of several at random, never the last pick, or the next one, across all processes.
//!
//! ```text
//!  63                                     16 15                  0
//! ┌─────────────────────────────────────────┬─────────────────────┐
//! │ tag: 48 high bits of the set's hash     │ last pick's index+1 │     0 = nothing picked yet
//! └─────────────────────────────────────────┴─────────────────────┘
//! ```
//!
//! A *set* is the collection to pick from, identified by a hash; the low 16 bits of the hash select the word
//! with its last pick ([`place`]). This layout is part of the state file's format. Every bit pattern is
//! valid.
//!
//! # Invariants
//!
//! - Every pick among two or more is one compare-and-swap, which succeeds only on the previous pick. So in
//!   the order of a word's changes, adjacent picks of one set differ.
//! - All others are equally likely, if `dice` is uniform: a pick that loses a race keeps its `dice`, which is
//!   independent of the other pick.
//!
//! # Concurrency
//!
//! Relaxed throughout: each word publishes no other memory.
//!
//! # Limits
//!
//! Sets that share a word overwrite each other's pick: then one immediate repeat is possible. The same holds
//! for a set whose length has changed, and for indices from 65,535 on, which are not stored.

use crate::sync::{AtomicU64, Ordering::Relaxed};

const LAST_BITS: u32 = 16;
const LAST_MASK: u64 = (1 << LAST_BITS) - 1;

/// The index of the word for `set`, of `words`.
pub fn place(set: u64, words: usize) -> usize {
    ((set & LAST_MASK) as usize)
        .checked_rem(words)
        .unwrap_or_default()
}

/// Picks one of `count` from `set`, using `dice`, 64 random bits; not the last pick stored in `word`. Returns
/// its index: 0 if there is only one, or none.
pub fn pick(word: &AtomicU64, set: u64, count: usize, dice: u64) -> usize {
    pick_present(word, set, count, dice, |_| true).unwrap_or_default()
}

/// As [`pick`], among those for which `is_there` returns true: in place of a missing one it takes the next
/// that exists, and the last pick only if there is no other. Returns its index, the last that `is_there` was
/// called with; `None` if none exists.
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
        _ => Some(
            follow(word, set, count, |last| {
                choose(last, count, dice, &mut is_there)
            })?
            .1,
        ),
    }
}

/// Picks the one of `count` after the last pick from `set` stored in `word`, the first after the last. Returns
/// its index: 0 if there is only one, or none.
pub fn pick_next(word: &AtomicU64, set: u64, count: usize) -> usize {
    let next = |last: Option<usize>| Some(last.map_or(0, |last| (last + 1) % count));
    match count {
        0 | 1 => 0,
        _ => follow(word, set, count, next).map_or(0, |(_, index)| index),
    }
}

/// Picks the one of two or more that `choose` returns for the previous pick. Returns the previous pick of this
/// set in the order of the word's changes, if known, and the new one.
fn follow(
    word: &AtomicU64,
    set: u64,
    count: usize,
    mut choose: impl FnMut(Option<usize>) -> Option<usize>,
) -> Option<(Option<usize>, usize)> {
    // Relaxed, here and below: the partner is the same compare-and-swap of another process on this word. An
    // old value read here makes the swap fail, which then returns the latest.
    let mut found = word.load(Relaxed);
    loop {
        let before = last(found, set, count);
        let index = choose(before)?;
        match word.compare_exchange(found, remember(set, index), Relaxed, Relaxed) {
            Ok(_) => return Some((before, index)),
            Err(latest) => found = latest,
        }
    }
}

/// The last pick from `set` below `count`, if `word` has it.
fn last(word: u64, set: u64, count: usize) -> Option<usize> {
    let is_of_set = word >> LAST_BITS == set >> LAST_BITS;
    let last = ((word & LAST_MASK) as usize).checked_sub(1);
    last.filter(|last| is_of_set && *last < count)
}

/// The word after picking `index` from `set`.
fn remember(set: u64, index: usize) -> u64 {
    let last = index as u64 + 1;
    set & !LAST_MASK | if last <= LAST_MASK { last } else { 0 }
}

/// One of `count`, which is at least two; `last` only if no other exists.
fn choose(
    last: Option<usize>,
    count: usize,
    dice: u64,
    is_there: &mut impl FnMut(usize) -> bool,
) -> Option<usize> {
    let choices = count - usize::from(last.is_some());
    // The high half of the product: uniform up to 64 bits.
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

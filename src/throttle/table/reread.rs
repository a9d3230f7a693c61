//! Deciding by words that were read from the file, without mapping it.
//!
//! # Purpose
//!
//! For a process that asks once, reading the 64 bytes of a set takes less time than mapping the file.
//! A read can only suppress: to admit takes a compare-and-swap, for which the file has to be mapped.
//!
//! # Torn words
//!
//! A read is not atomic. Of a word that changes meanwhile it may return one part from before and one from
//! after the change, and the new stamp beside the old tag would suppress a key that has not fired. So
//! words that suppress are read again, and count only if both reads return the same.
//!
//! # Why two equal reads are enough
//!
//! Let a machine of 32 bits copy a word in two halves, as it may: the high one with the upper 32 bits of
//! the stamp, and the low one. Both reads return the halves (h, l). Let w be the word at a moment between
//! the two reads. Each half of the first read is from w or an earlier word, each of the second from w or a
//! later one (the fence keeps the reads apart). High halves never shrink, as stamps do not, and the first
//! read's is equal to the second's: so every word from the one to the other has the high half h.
//!
//! ```text
//! low half copied first:  the second read's l is from w or later, but not later than its h → that word is (h, l)
//! high half copied first: the first read's l is from w or earlier, but not earlier than its h → that word is (h, l)
//! ```
//!
//! So (h, l) was a word of the file during the call, as if it had been loaded in one step. A machine of
//! 64 bits copies words whole, or (`rep movsb`) in pieces in ascending order.
//!
//! # Limits
//!
//! The argument needs what one winner needs: no junk among the words. A copy in single bytes could return
//! a word that never was if it is torn in the same way twice, by two changes of one word that are 256 ms apart or
//! more; it would suppress its key once. A copy in changing order could, too; no system copies so.

use std::time::Duration;

use super::set::Set;
use super::word::{Stamp, Tag};
use crate::clock::Clock;
use crate::sync::{AtomicU64, Ordering, fence};

/// How long the key of `tag` may not fire yet, by copies of its set's words, which `read` makes while
/// others change them; `window_ms` is in milliseconds.
///
/// `None` says nothing: the key may fire, or `read` failed, or the words changed meanwhile. Then the set
/// itself must be asked.
pub fn peek_by_reads<C: Clock, const WAYS: usize>(
    read: impl Fn() -> Option<[u64; WAYS]>,
    tag: Tag,
    window_ms: u64,
    clock: &C,
) -> Option<Duration> {
    let words = read()?;
    let now = Stamp::from_unix_ms(clock.unix_ms());
    let slots = words.map(AtomicU64::new);
    let retry_after = Set::new(&slots, 0, clock).peek(tag, window_ms, now)?;
    is_read_again(words, read).then_some(retry_after)
}

/// Whether `read` returns `first` a second time.
pub fn is_read_again<T: PartialEq>(first: T, read: impl Fn() -> Option<T>) -> bool {
    // Acquire: nothing of the second read may come from before something of the first. With it, a part
    // that the first read saw changed is seen changed by the second; without, both could see the same
    // half of a change.
    fence(Ordering::Acquire);
    read() == Some(first)
}

//! A one-way lane between the control side and the real-time side: one sender and one receiver, neither of
//! which waits for the other.
//!
//! # Purpose
//!
//! The lane is crossbeam's bounded queue. That queue allows any number of threads to push and pop, at a
//! price: a thread that meets a half-done push or pop spins, and yields the processor if the other thread was
//! descheduled. An audio callback must do neither. So each end publishes the count of operations it has
//! *completed*, and the other end goes by that count: it never touches a slot in use.
//!
//! # Invariants
//!
//! - `pushed` and `popped` only grow, and `0 <= pushed - popped <= capacity` (modulo 2^64).
//! - A push begins only if the counts show a free slot, a pop only if they show a full one. So neither fails,
//!   and neither meets the other half done.
//!
//! # Concurrency
//!
//! Each count is stored with Release after the operation on the queue and loaded with Acquire before an
//! operation of the other side. So a pop that saw the count of a push sees all of that push, including the
//! slot's stamp, and the queue's own retry is never taken; likewise a push that saw the count of a pop. A
//! thread that misses the other's latest store finds the lane empty, or full, as it was a moment ago: it
//! retries at the next callback, or the caller gets an error.

use std::sync::Arc;

use crate::sync::{ArrayQueue, AtomicU64, Ordering};

/// A lane for at most `capacity` values, at least one.
#[allow(clippy::disallowed_methods, reason = "control side")]
pub(super) fn lane<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        queue: ArrayQueue::new(capacity.max(1)),
        pushed: AtomicU64::new(0),
        popped: AtomicU64::new(0),
    });
    let sender = Sender {
        shared: shared.clone(),
        pushed: 0,
    };
    (sender, Receiver { shared, popped: 0 })
}

#[derive(Debug)]
struct Shared<T> {
    queue: ArrayQueue<T>,
    /// Completed pushes; written by the sender only.
    pushed: AtomicU64,
    /// Completed pops; written by the receiver only.
    popped: AtomicU64,
}

/// The end that puts values in.
#[derive(Debug)]
pub(super) struct Sender<T> {
    shared: Arc<Shared<T>>,
    pushed: u64,
}

impl<T> Sender<T> {
    /// Adds `value`, or returns it if the lane is full.
    pub(super) fn push(&mut self, value: T) -> Result<(), T> {
        // Acquire: pairs with the Release store of `popped` in `pop`.
        let popped = self.shared.popped.load(Ordering::Acquire);
        let waiting = self.pushed.wrapping_sub(popped);
        if waiting >= self.shared.queue.capacity() as u64 {
            return Err(value);
        }
        self.shared.queue.push(value)?;
        self.pushed = self.pushed.wrapping_add(1);
        // Release: pairs with the Acquire load of `pushed` in `pop`.
        self.shared.pushed.store(self.pushed, Ordering::Release);
        Ok(())
    }
}

/// The end that takes values out.
#[derive(Debug)]
pub(super) struct Receiver<T> {
    shared: Arc<Shared<T>>,
    popped: u64,
}

impl<T> Receiver<T> {
    /// Removes the oldest value, if there is one.
    pub(super) fn pop(&mut self) -> Option<T> {
        // Acquire: pairs with the Release store of `pushed` in `push`.
        if self.shared.pushed.load(Ordering::Acquire) == self.popped {
            return None;
        }
        let value = self.shared.queue.pop()?;
        self.popped = self.popped.wrapping_add(1);
        // Release: pairs with the Acquire load of `popped` in `push`.
        self.shared.popped.store(self.popped, Ordering::Release);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_in_the_order_they_went_in() {
        let (mut sender, mut receiver) = lane(3);
        for round in 0..10 {
            for n in 0..3 {
                assert_eq!(sender.push(round * 3 + n), Ok(()));
            }
            for n in 0..3 {
                assert_eq!(receiver.pop(), Some(round * 3 + n));
            }
            assert_eq!(receiver.pop(), None);
        }
    }

    #[test]
    fn a_full_lane_gives_the_value_back() {
        let (mut sender, mut receiver) = lane(2);
        assert_eq!([sender.push(1), sender.push(2)], [Ok(()), Ok(())]);
        assert_eq!(sender.push(3), Err(3));
        assert_eq!(receiver.pop(), Some(1));
        assert_eq!(sender.push(3), Ok(()));
        assert_eq!(sender.push(4), Err(4));
    }

    #[test]
    fn two_threads_exchange_every_value_once() {
        const VALUES: usize = 2_000;
        let (mut sender, mut receiver) = lane(4);
        let started = std::time::Instant::now();
        let wait = |what| {
            assert!(started.elapsed() < test_support::PATIENCE, "{what}");
            std::thread::yield_now();
        };
        let received = std::thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..VALUES {
                    while sender.push(n).is_err() {
                        wait("there is never room");
                    }
                }
            });
            let receive = || loop {
                match receiver.pop() {
                    Some(n) => break n,
                    None => wait("a value does not come"),
                }
            };
            std::iter::repeat_with(receive)
                .take(VALUES)
                .collect::<Vec<_>>()
        });
        assert!(received.into_iter().eq(0..VALUES));
    }
}

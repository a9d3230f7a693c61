//! What a box could not append yet.
//!
//! # Invariants
//!
//! - At most [`MAX_QUEUED`] events, none older than the time to live, and of each key the newest: what nobody
//!   heard in time is not heard late.
//! - Ages count suspended time.

use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of events that wait.
pub(crate) const MAX_QUEUED: usize = 256;

/// Events that wait, the oldest first.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    waiting: VecDeque<Queued<T>>,
    ttl_ms: u64,
}

/// An event that waits.
#[derive(Debug)]
pub(crate) struct Queued<T> {
    /// What counts as the same.
    pub(crate) key: u64,
    /// When it happened, in milliseconds since boot.
    pub(crate) at_ms: u64,
    pub(crate) event: T,
}

/// Why an event no longer waits, though nobody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// A newer one of its key waits.
    Replaced,
    /// It was the oldest of too many.
    Full,
    /// It waited for longer than its time to live.
    Late,
}

impl<T> Queue<T> {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self {
            waiting: VecDeque::new(),
            ttl_ms: u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Adds an event. Returns the one that no longer waits because of it.
    pub(crate) fn push(&mut self, new: Queued<T>) -> Option<(Dropped, Queued<T>)> {
        let same = self.waiting.iter().position(|queued| queued.key == new.key);
        let dropped = match same {
            Some(place) => self
                .waiting
                .remove(place)
                .map(|old| (Dropped::Replaced, old)),
            None if self.waiting.len() >= MAX_QUEUED => {
                self.waiting.pop_front().map(|old| (Dropped::Full, old))
            }
            None => None,
        };
        self.waiting.push_back(new);
        dropped
    }

    /// Puts an event back whose fate is unknown, unless a newer one of its key waits.
    pub(crate) fn put_back(&mut self, event: Queued<T>) -> Option<(Dropped, Queued<T>)> {
        if self.waiting.iter().any(|queued| queued.key == event.key) {
            return Some((Dropped::Replaced, event));
        }
        self.waiting.push_front(event);
        None
    }

    /// Takes the oldest event.
    pub(crate) fn pop(&mut self) -> Option<Queued<T>> {
        self.waiting.pop_front()
    }

    /// Takes the events that are too old at `now_ms` milliseconds since boot.
    pub(crate) fn expire(&mut self, now_ms: u64) -> Vec<Queued<T>> {
        let is_late = |queued: &Queued<T>| now_ms.saturating_sub(queued.at_ms) > self.ttl_ms;
        let (late, in_time) = self.waiting.drain(..).partition(is_late);
        self.waiting = in_time;
        Vec::from(late)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TTL: Duration = Duration::from_secs(10);

    fn event(key: u64, at_ms: u64) -> Queued<u64> {
        Queued {
            key,
            at_ms,
            event: at_ms,
        }
    }

    fn all(mut queue: Queue<u64>) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop())
            .map(|queued| queued.event)
            .collect()
    }

    #[test]
    fn the_newest_of_each_key_waits_and_of_too_many_the_newest() {
        let mut queue = Queue::new(TTL);
        assert!(queue.push(event(1, 0)).is_none());
        assert!(queue.push(event(2, 1)).is_none());
        let (why, old) = queue.push(event(1, 2)).unwrap();
        assert_eq!((why, old.event), (Dropped::Replaced, 0));
        let (why, old) = queue.put_back(event(2, 0)).unwrap();
        assert_eq!((why, old.event), (Dropped::Replaced, 0));
        assert!(queue.put_back(event(3, 0)).is_none());
        assert_eq!(all(queue), [0, 1, 2]);
        let mut queue = Queue::new(TTL);
        let keys = 0..MAX_QUEUED as u64;
        assert!(
            keys.clone()
                .all(|key| queue.push(event(key, key)).is_none())
        );
        let (why, old) = queue.push(event(1_000, 1_000)).unwrap();
        assert_eq!((why, old.event), (Dropped::Full, 0));
        assert_eq!(queue.len(), MAX_QUEUED);
    }

    proptest! {
        #[test]
        fn nothing_waits_for_longer_than_its_time(steps in prop::collection::vec((0_u64..20, 0_u64..6_000), 1..100)) {
            let mut queue = Queue::new(TTL);
            let mut now = 0;
            for (key, pause) in steps {
                now += pause;
                let late = queue.expire(now);
                prop_assert!(late.iter().all(|late| now - late.at_ms > 10_000));
                queue.push(event(key, now));
                prop_assert!(queue.waiting.iter().all(|waiting| now - waiting.at_ms <= 10_000));
                let keys: std::collections::BTreeSet<_> = queue.waiting.iter().map(|waiting| waiting.key).collect();
                prop_assert_eq!(keys.len(), queue.len());
            }
        }
    }
}

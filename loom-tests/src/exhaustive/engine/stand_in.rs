//! Stand-ins for what does not support loom, in the engine's copies.

use std::fmt;
use std::sync::Mutex;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, Ordering, fence};

/// A typed atomic like the `atomic` crate's: loom's, with the value's index in a list.
pub(crate) struct Atomic<T> {
    place: AtomicU64,
    values: Mutex<Vec<T>>,
}

impl<T: Copy + PartialEq> Atomic<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            place: AtomicU64::new(0),
            values: Mutex::new(vec![value]),
        }
    }

    fn place_of(&self, value: T) -> u64 {
        let mut values = self.values.lock().unwrap();
        let place = values.iter().position(|known| *known == value);
        place.unwrap_or_else(|| {
            values.push(value);
            values.len() - 1
        }) as u64
    }

    fn value_at(&self, place: u64) -> T {
        self.values.lock().unwrap()[place as usize]
    }

    pub(crate) fn load(&self, ordering: Ordering) -> T {
        let place = self.place.load(ordering);
        self.value_at(place)
    }

    /// A load that loom treats as a read-modify-write.
    pub(crate) fn load_by_write(&self) -> T {
        let place = self.place.fetch_or(0, Ordering::Relaxed);
        self.value_at(place)
    }

    pub(crate) fn store(&self, value: T, ordering: Ordering) {
        let place = self.place_of(value);
        self.place.store(place, ordering);
    }

    pub(crate) fn swap(&self, value: T, ordering: Ordering) -> T {
        let place = self.place_of(value);
        self.value_at(self.place.swap(place, ordering))
    }

    pub(crate) fn compare_exchange(
        &self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<T, T> {
        let (current, new) = (self.place_of(current), self.place_of(new));
        let found = self.place.compare_exchange(current, new, success, failure);
        found
            .map(|place| self.value_at(place))
            .map_err(|place| self.value_at(place))
    }
}

impl<T> fmt::Debug for Atomic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Atomic")
    }
}

/// crossbeam's bounded queue, step by step (crossbeam-queue 0.3, `array_queue.rs`). Where that would spin or
/// yield, because of a half-done push or pop, this one panics: a lane must never let that happen.
pub(crate) struct ArrayQueue<T> {
    head: AtomicU64,
    tail: AtomicU64,
    slots: Vec<Slot<T>>,
    one_lap: u64,
}

struct Slot<T> {
    stamp: AtomicU64,
    /// Makes loom check for simultaneous access, and for access without visibility.
    access: UnsafeCell<()>,
    value: Mutex<Option<T>>,
}

impl<T> ArrayQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let slot = |n: usize| Slot {
            stamp: AtomicU64::new(n as u64),
            access: UnsafeCell::new(()),
            value: Mutex::new(None),
        };
        Self {
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
            slots: (0..capacity).map(slot).collect(),
            one_lap: (capacity as u64 + 1).next_power_of_two(),
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The slot for a position, and the next position.
    fn at(&self, position: u64) -> (&Slot<T>, u64) {
        let index = (position & (self.one_lap - 1)) as usize;
        let lap = position & !(self.one_lap - 1);
        let next = if index + 1 < self.slots.len() {
            position + 1
        } else {
            lap + self.one_lap
        };
        (&self.slots[index], next)
    }

    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        let tail = self.tail.load(Ordering::Relaxed);
        let (slot, next) = self.at(tail);
        let stamp = slot.stamp.load(Ordering::Acquire);
        if tail == stamp {
            let moved = self
                .tail
                .compare_exchange(tail, next, Ordering::SeqCst, Ordering::Relaxed);
            assert!(moved.is_ok(), "two pushes at once");
            slot.access.with_mut(|_| ());
            *slot.value.lock().unwrap() = Some(value);
            slot.stamp.store(tail + 1, Ordering::Release);
            return Ok(());
        }
        fence(Ordering::SeqCst);
        let head = self.head.load(Ordering::Relaxed);
        assert_eq!(head + self.one_lap, tail, "a push met a pop half done");
        Err(value)
    }

    pub(crate) fn pop(&self) -> Option<T> {
        let head = self.head.load(Ordering::Relaxed);
        let (slot, next) = self.at(head);
        let stamp = slot.stamp.load(Ordering::Acquire);
        if head + 1 == stamp {
            let moved = self
                .head
                .compare_exchange(head, next, Ordering::SeqCst, Ordering::Relaxed);
            assert!(moved.is_ok(), "two pops at once");
            slot.access.with_mut(|_| ());
            let value = slot.value.lock().unwrap().take();
            slot.stamp.store(head + self.one_lap, Ordering::Release);
            return value;
        }
        fence(Ordering::SeqCst);
        let tail = self.tail.load(Ordering::Relaxed);
        assert_eq!(tail, head, "a pop met a push half done");
        None
    }
}

impl<T> fmt::Debug for ArrayQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArrayQueue")
    }
}

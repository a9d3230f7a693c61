//! A place for a value that many threads use and one may take away at any moment.
//!
//! # Purpose
//!
//! What arc-swap is for, in half the time: two additions, in place of looking up what belongs to
//! the thread and settling a debt. A check of the throttle takes six nanoseconds, so that counts.
//!
//! # Invariants
//!
//! | `left` | `handle` | the value |
//! |---|---|---|
//! | 0 | 0 | none: the place is free |
//! | `TAKEN` | 0 | is being put there, by one thread |
//! | `TAKEN` | not 0 | is there for everybody who asks for the handle |
//! | 2 to `TAKEN` | 0 | is there for those who have found it; one less for each stripe without them |
//! | 1 | 0 | is being taken away, by one thread |
//!
//! Who uses the value is counted before looking for it, in one of a few stripes, so that threads do
//! not wait for each other's cache lines. Who takes it away first makes it impossible to find, then
//! closes each stripe. A closed stripe that counts nobody is opened again, by exactly one
//! compare-and-swap, and makes `left` one less; the closing itself is one, too. Whoever makes it 1 is
//! the last one.
//!
//! A count may include somebody who looks for another handle and finds nothing: then it is they who
//! make the stripe empty, as well as anybody.
//!
//! # Concurrency
//!
//! Nobody waits. A thread that stops for good in the middle, as all but one do in a forked child,
//! keeps the value alive and the place taken.
#![allow(unsafe_code, reason = "the value is shared by a protocol of its own")]

use std::cell::UnsafeCell;
use std::num::NonZeroU64;

use herald_audio::sync::AtomicU64;
use herald_audio::sync::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

const STRIPES: usize = 16;
/// Each stripe, the closing, and the taking away.
const TAKEN: u64 = STRIPES as u64 + 2;
/// In a stripe beside the count.
const CLOSED: u64 = 1 << 63;

/// A place for one `T` at a time.
#[derive(Debug)]
pub(crate) struct Place<T> {
    handle: AtomicU64,
    left: AtomicU64,
    value: UnsafeCell<Option<T>>,
    stripes: [Stripe; STRIPES],
}

/// On cache lines of its own: processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe(AtomicU64);

// SAFETY: the value is written by one thread, before others can find it and after the last has let
// go of it; in between they share it.
unsafe impl<T: Send + Sync> Sync for Place<T> {}

impl<T> Place<T> {
    pub(crate) const fn new() -> Self {
        Self {
            handle: AtomicU64::new(0),
            left: AtomicU64::new(0),
            value: UnsafeCell::new(None),
            stripes: [const { Stripe(AtomicU64::new(0)) }; STRIPES],
        }
    }

    /// Puts the value that `make` makes here, to be found by `handle`, which nothing else ever was.
    /// Returns whether the place was free.
    pub(crate) fn put(&self, handle: NonZeroU64, make: impl FnOnce() -> T) -> bool {
        // Acquire: pairs with the Release in `one_less`. With it, the value of before is gone; without,
        // this one might be written while that one is still read.
        let taken = self.left.compare_exchange(0, TAKEN, Acquire, Relaxed);
        if taken.is_ok() {
            // SAFETY: the place is this thread's, and nobody finds the value yet.
            unsafe { *self.value.get() = Some(make()) };
            // As a Release, it pairs with the load in `with`: who sees the handle sees the value.
            self.handle.store(handle.get(), SeqCst);
        }
        taken.is_ok()
    }

    /// Does `work` with the value, if it is to be found by `handle`. `thread` tells threads apart
    /// that would otherwise disturb each other.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        handle: NonZeroU64,
        thread: usize,
        work: impl FnOnce(&T) -> R,
    ) -> Option<R> {
        let stripe = &self.stripes[thread % STRIPES];
        // SeqCst, with the load below: pairs with the two in `remove`, where the handle goes first
        // and the stripe is read later. Either this load comes after that and finds nothing, or the
        // count is seen there. With less, both could read what was before: used and taken away.
        stripe.0.fetch_add(1, SeqCst);
        let _counted = Counted(self, stripe);
        if self.handle.load(SeqCst) != handle.get() {
            return None;
        }
        // SAFETY: it was there after this thread was counted, so nobody takes it away before the
        // count has gone down; and nobody writes it.
        let value = unsafe { &*self.value.get() };
        value.as_ref().map(work)
    }

    /// Makes the value unknown by `handle`; it goes when the last one has let go of it. Returns
    /// whether it was known.
    pub(crate) fn remove(&self, handle: NonZeroU64) -> bool {
        // Of several that close it, one succeeds.
        let found = self
            .handle
            .compare_exchange(handle.get(), 0, SeqCst, Relaxed);
        if found.is_ok() {
            for stripe in &self.stripes {
                // After the handle: see `with`.
                stripe.0.fetch_or(CLOSED, SeqCst);
                self.open_again(stripe);
            }
            self.one_less();
        }
        found.is_ok()
    }

    /// Opens the stripe again if it is closed and counts nobody.
    #[cold]
    fn open_again(&self, stripe: &Stripe) {
        // Acquire: pairs with the Release in `Counted`. With it, what others read of the value was
        // read before it goes. Relaxed where it fails: somebody else does it, or has done it.
        let opened = stripe.0.compare_exchange(CLOSED, 0, Acquire, Relaxed);
        if opened.is_ok() {
            self.one_less();
        }
    }

    fn one_less(&self) {
        // AcqRel: each pairs with those before it, so that the last has seen all.
        if self.left.fetch_sub(1, AcqRel) == 2 {
            // SAFETY: it is not to be found, no stripe counts anybody who found it, and of those
            // that make it one less, one makes it 1.
            let value = unsafe { (*self.value.get()).take() };
            // Release: pairs with the Acquire in `put`.
            self.left.store(0, Release);
            drop(value);
        }
    }
}

/// One who is counted in a stripe, until it is dropped.
struct Counted<'a, T>(&'a Place<T>, &'a Stripe);

impl<T> Drop for Counted<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let Self(place, stripe) = self;
        // Release: pairs with the Acquire in `open_again`.
        if stripe.0.fetch_sub(1, Release) == CLOSED | 1 {
            place.open_again(stripe);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    const THREADS: usize = 4;
    const ROUNDS: u64 = 300_000;

    /// Says in its word whether it lives, and counts its deaths.
    struct Canary(u64, Arc<AtomicU64>);

    impl Drop for Canary {
        fn drop(&mut self) {
            self.0 = 0;
            self.1.fetch_add(1, Relaxed);
        }
    }

    fn handle(number: u64) -> NonZeroU64 {
        NonZeroU64::new(number).unwrap()
    }

    #[test]
    fn a_value_is_found_by_its_handle_until_it_is_removed() {
        let deaths = Arc::new(AtomicU64::new(0));
        let place = Place::new();
        assert!(place.put(handle(7), || Canary(7, deaths.clone())));
        assert!(!place.put(handle(8), || unreachable!()), "it is taken");
        assert_eq!(place.with(handle(7), 3, |canary| canary.0), Some(7));
        assert_eq!(place.with(handle(8), 3, |canary| canary.0), None);
        assert!(!place.remove(handle(8)));
        assert!(place.remove(handle(7)));
        assert!(!place.remove(handle(7)), "it is gone already");
        assert_eq!(place.with(handle(7), 3, |canary| canary.0), None);
        assert_eq!(deaths.load(Relaxed), 1);
        assert!(
            place.put(handle(9), || Canary(9, deaths.clone())),
            "it is free"
        );
    }

    #[test]
    fn a_value_lives_while_it_is_used() {
        let deaths = Arc::new(AtomicU64::new(0));
        let place = Place::new();
        assert!(place.put(handle(7), || Canary(7, deaths.clone())));
        let told = place.with(handle(7), 0, |canary| {
            let inner = place.with(handle(7), 0, |_| place.remove(handle(7)));
            assert_eq!(inner, Some(true));
            assert_eq!(deaths.load(Relaxed), 0);
            assert!(
                !place.put(handle(8), || unreachable!()),
                "it is still taken"
            );
            canary.0
        });
        assert_eq!(told, Some(7));
        assert_eq!(deaths.load(Relaxed), 1);
    }

    #[test]
    fn a_panic_lets_go() {
        let deaths = Arc::new(AtomicU64::new(0));
        let place = Place::new();
        assert!(place.put(handle(7), || Canary(7, deaths.clone())));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            place.with(handle(7), 0, |_| panic!("in the middle"));
        }));
        assert!(panicked.is_err());
        assert!(place.remove(handle(7)));
        assert_eq!(deaths.load(Relaxed), 1);
    }

    #[test]
    fn threads_find_only_what_lives() {
        // It is not dropped: ThreadSanitizer does not see that the threads have ended.
        static PLACE: Place<Canary> = Place::new();
        let deaths = Arc::new(AtomicU64::new(0));
        // The handle that was given out last.
        let latest = AtomicU64::new(0);
        let (found, removed) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (latest, deaths) = (&latest, &deaths);
                let (found, removed) = (&found, &removed);
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        let next = latest.fetch_add(1, Relaxed) + 1;
                        PLACE.put(handle(next), || Canary(next, deaths.clone()));
                        for known in next.saturating_sub(7).max(1)..=next {
                            // Two share a stripe.
                            let seen = PLACE.with(handle(known), number / 2, |canary| canary.0);
                            if let Some(seen) = seen {
                                assert_eq!(seen, known);
                                found.fetch_add(1, Relaxed);
                            }
                        }
                        for known in next.saturating_sub(7).max(1)..=next {
                            removed.fetch_add(PLACE.remove(handle(known)).into(), Relaxed);
                        }
                    }
                });
            }
        });
        assert!(found.load(Relaxed) > ROUNDS / 10, "they saw too little");
        // At most one is left.
        let (removed, deaths) = (removed.load(Relaxed), deaths.load(Relaxed));
        assert_eq!(removed, deaths);
        assert!(removed > ROUNDS / 10, "only {removed} were removed");
    }
}

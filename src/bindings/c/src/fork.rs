//! Forks: a child has one thread, and must not find anything locked by those it does not have.
//!
//! # Purpose
//!
//! Looking something up and asking the throttle by key take no lock. Other calls do, here and
//! there, or hold a locked file for a moment: a fork that came in between would leave the child with
//! a lock that nobody opens. So a fork waits until the calls that are under way have ended, which
//! takes as long as the longest of them, milliseconds at most; and calls that begin meanwhile wait
//! for the fork. A call that waits for a sound does so without holding off forks.
//!
//! # Concurrency
//!
//! One lock: calls share it, and a fork has it alone, from before it begins until after it ended,
//! in parent and child. The C library calls the three functions (pthread_atfork); `vfork` and
//! `posix_spawn` do not, and need none of this.
#![allow(unsafe_code, reason = "pthread_atfork is C's")]

use std::cell::{Cell, RefCell};
use std::sync::{Once, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static CALLS: RwLock<()> = RwLock::new(());

thread_local! {
    /// Whether this thread is in a call.
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };
    /// What the thread that forks holds meanwhile.
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// A call under way: no fork until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldOff(RwLockReadGuard<'static, ()>);

/// Holds off forks, or waits until one is over.
pub(crate) fn hold_off() -> HeldOff {
    let held = CALLS.read().unwrap_or_else(PoisonError::into_inner);
    IS_CALLING.set(true);
    HeldOff(held)
}

impl Drop for HeldOff {
    fn drop(&mut self) {
        IS_CALLING.set(false);
    }
}

/// Has the C library tell of forks. Once is enough.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        // SAFETY: the functions are there as long as the library is: the C library forgets them
        // when it is unloaded.
        let _ = unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
    });
}

extern "C" fn before() {
    // A thread that forks in the middle of a call would wait for itself. None does, unless a
    // signal handler forks.
    if IS_CALLING.get() {
        return;
    }
    let alone = CALLS.write().unwrap_or_else(PoisonError::into_inner);
    // A thread that is ending has no place for it any more, and forks without.
    let _ = FORKING.try_with(|forking| forking.replace(Some(alone)));
}

extern "C" fn after() {
    let _ = FORKING.try_with(RefCell::take);
}

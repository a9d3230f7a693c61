//! Forks: a child has one thread, and must not find locks held by threads it does not have.
//!
//! # Purpose
//!
//! Looking up a handle and asking the throttle by key take no lock. Other calls take locks, or lock a file
//! for a moment: a fork during one would leave the child with a lock that is never released. So a fork waits
//! for the calls in progress, at most milliseconds, and calls that begin meanwhile wait for the fork. A call
//! that waits for a sound does not hold off forks.
//!
//! # Concurrency
//!
//! One lock: calls share it, and a fork holds it exclusively, from before it begins until after it ended, in
//! parent and child. The C library calls the three functions (pthread_atfork); `vfork` and `posix_spawn` do
//! not call them, and need nothing.
#![allow(unsafe_code, reason = "pthread_atfork is C's")]

use std::cell::{Cell, RefCell};
use std::sync::{Once, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static CALLS: RwLock<()> = RwLock::new(());

thread_local! {
    /// Whether this thread is in a call.
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };
    /// The lock that the forking thread holds meanwhile.
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// A call in progress: no fork until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldOff {
    _shared: RwLockReadGuard<'static, ()>,
}

/// Holds off forks; waits if one is in progress.
pub(crate) fn hold_off() -> HeldOff {
    let shared = CALLS.read().unwrap_or_else(PoisonError::into_inner);
    IS_CALLING.set(true);
    HeldOff { _shared: shared }
}

impl Drop for HeldOff {
    fn drop(&mut self) {
        IS_CALLING.set(false);
    }
}

/// Registers the handlers with the C library. Needed once.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        // SAFETY: the functions exist as long as the library: the C library removes the handlers when it is
        // unloaded.
        let _ = unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
    });
}

extern "C" fn before() {
    // A thread that forks within a call would wait for itself. That only happens in a signal handler.
    if IS_CALLING.get() {
        return;
    }
    let alone = CALLS.write().unwrap_or_else(PoisonError::into_inner);
    // Fails in a thread that is exiting, which then forks without the lock.
    let _ = FORKING.try_with(|forking| forking.replace(Some(alone)));
}

extern "C" fn after() {
    let _ = FORKING.try_with(RefCell::take);
}

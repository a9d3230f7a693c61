//! The open managers and their handles.
//!
//! # Purpose
//!
//! A handle is a number in the form of a pointer. Each call looks it up, so a handle that is closed, invented
//! or overwritten is an error rather than a crash.
//!
//! ```text
//!  63          48 47                            8 7      0
//! ┌──────────────┬───────────────────────────────┬────────┐
//! │ 0x4845, "HE" │ how many were opened before it │ place  │    32 bits: without the letters
//! └──────────────┴───────────────────────────────┴────────┘
//! ```
//!
//! # Invariants
//!
//! - No address in a program begins with those letters, so no real pointer is a valid handle.
//! - The count of openings only grows, so no handle is used twice (on 32 bits: not before 2^24 others).
//!
//! # Concurrency
//!
//! A slot is a pointer that is replaced as a whole (arc-swap). Each thread caches the last one it used
//! (arc-swap's cache), so looking it up again is a load and a comparison, and never waits. Closing a manager
//! empties its slot. The cache of a thread keeps a closed manager alive until its next call or its end: it is
//! not dropped within a call, and it is not found after closing.
//!
//! After a fork, the caches of the parent's threads stay in the child forever.

use std::cell::RefCell;
use std::sync::Arc;

use arc_swap::{ArcSwapOption, Cache};
use herald_audio::AudioManager;
use herald_audio::internals::sync::{AtomicU64, Ordering::Relaxed};

use crate::failure::{Failure, Result, Status};

/// An open manager. It does not point to anything; only pass it to the functions below.
#[derive(Debug)]
pub struct Manager(());

/// The content of a slot.
#[derive(Debug)]
struct Entry {
    handle: usize,
    manager: AudioManager,
}

const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 8;
#[cfg(target_pointer_width = "64")]
const LETTERS: usize = 0x4845 << 48;
#[cfg(not(target_pointer_width = "64"))]
const LETTERS: usize = 0;
#[cfg(target_pointer_width = "64")]
const COUNT_MASK: usize = (1 << 40) - 1;
#[cfg(not(target_pointer_width = "64"))]
const COUNT_MASK: usize = usize::MAX >> PLACE_BITS;

static TABLE: [ArcSwapOption<Entry>; PLACES] = [const { ArcSwapOption::const_empty() }; PLACES];
/// Starts at 1, so that no handle is NULL.
static OPENED: AtomicU64 = AtomicU64::new(1);

/// The last manager that a thread used.
struct Last {
    place: usize,
    found: Cache<&'static ArcSwapOption<Entry>, Option<Arc<Entry>>>,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// The handle of `manager`.
pub(crate) fn insert(manager: &AudioManager) -> Result<*mut Manager> {
    // Relaxed: only the number matters; it publishes no other memory.
    let count = OPENED.fetch_add(1, Relaxed) as usize & COUNT_MASK;
    for (place, slot) in TABLE.iter().enumerate() {
        if slot.load().is_some() {
            continue;
        }
        let handle = LETTERS | count << PLACE_BITS | place;
        let open = Arc::new(Entry {
            handle,
            manager: manager.clone(),
        });
        let before = slot.compare_and_swap(&None::<Arc<Entry>>, Some(open));
        if before.is_none() {
            return Ok(std::ptr::without_provenance_mut(handle));
        }
    }
    let message = format!("{PLACES} managers are open already (close the ones you no longer need)");
    Err(Failure::new(Status::HERALD_TOO_MANY_OPEN, message))
}

/// Runs `work` with the manager of `handle`, which lives until then, even if it is closed meanwhile.
#[inline]
pub(crate) fn find<R>(
    handle: *mut Manager,
    work: impl FnOnce(&AudioManager) -> Result<R>,
) -> Result<R> {
    let mut work = Some(work);
    let done = LAST.try_with(|last| {
        let mut last = last.try_borrow_mut().ok()?;
        let last = last.as_mut()?;
        let is_its_place = last.place == handle.addr() % PLACES;
        let open = is_its_place.then(|| last.found.load().as_ref())??;
        let work = work.take_if(|_| open.handle == handle.addr())?;
        Some(work(&open.manager))
    });
    match (done, work) {
        (Ok(Some(result)), _) => result,
        (_, Some(work)) => look_up(handle, work),
        (_, None) => Err(unknown(handle)),
    }
}

/// The same without the thread's cache: for another manager, in a signal handler within a call, or in a
/// thread that is exiting.
#[cold]
fn look_up<R>(handle: *mut Manager, work: impl FnOnce(&AudioManager) -> Result<R>) -> Result<R> {
    let place = handle.addr() % PLACES;
    let found = TABLE[place].load();
    match &*found {
        Some(open) if open.handle == handle.addr() => {
            keep(Some(Last {
                place,
                found: Cache::new(&TABLE[place]),
            }));
            work(&open.manager)
        }
        _ => Err(unknown(handle)),
    }
}

/// Caches `last` for this thread's next call.
fn keep(last: Option<Last>) {
    let before =
        LAST.try_with(|kept| Some(std::mem::replace(&mut *kept.try_borrow_mut().ok()?, last)));
    // Dropped outside, so that nothing is borrowed meanwhile.
    drop(before);
}

/// Removes the manager of `handle` from the table.
pub(crate) fn remove(handle: *mut Manager) -> Result<()> {
    let place = &TABLE[handle.addr() % PLACES];
    let found = place.load();
    if let Some(open) = &*found
        && open.handle == handle.addr()
    {
        // If two threads close it at once, one of them fails.
        let before = place.compare_and_swap(&*found, None);
        if before
            .as_ref()
            .is_some_and(|before| Arc::ptr_eq(before, open))
        {
            keep(None);
            return Ok(());
        }
    }
    Err(unknown(handle))
}

#[cold]
fn unknown(handle: *mut Manager) -> Failure {
    if handle.is_null() {
        let message = "manager is NULL (open one with herald_open)";
        return Failure::new(Status::HERALD_NULL_ARGUMENT, message);
    }
    let message = "the manager is not open (it was closed, or herald_open did not return it)";
    Failure::new(Status::HERALD_INVALID_HANDLE, message)
}

//! The open managers, and the handles that stand for them.
//!
//! # Purpose
//!
//! C gets a number that looks like a pointer and is none. Each call looks up what it stands for, so
//! that one that was closed, or made up, or scribbled over is an error and no crash.
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
//! - No address of a program begins with those letters, so no real pointer is taken for a handle.
//! - The number of openings only grows, so a handle is never given out twice (on 32 bits: not
//!   before 2^24 others).
//!
//! # Concurrency
//!
//! A place is a pointer that is replaced as a whole (arc-swap). Who looks something up keeps it
//! alive until done, without a lock; who closes takes it out of its place and waits for nobody. The
//! last one to let go frees it.
//!
//! After a fork, what threads of the parent had looked up at that moment stays alive in the child
//! for good; nobody waits for it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use herald_audio::AudioManager;
use herald_audio::sync::{AtomicU64, Ordering::Relaxed};

use crate::failure::{Failure, Result, Status};

/// An open manager. It is no pointer to anything: only the functions below know what to do with it.
#[derive(Debug)]
pub struct Manager(());

/// What is open behind a handle.
#[derive(Debug)]
struct Open {
    handle: usize,
    manager: AudioManager,
    /// The process in which a thread plays for it, if one does.
    plays_in: Option<u32>,
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

static TABLE: [ArcSwapOption<Open>; PLACES] = [const { ArcSwapOption::const_empty() }; PLACES];
/// Starts at 1, so that no handle is NULL.
static OPENED: AtomicU64 = AtomicU64::new(1);

impl Drop for Open {
    fn drop(&mut self) {
        // In a child, the thread that plays is not there, and what it shares with this one may be
        // locked for ever: so that is kept.
        if self.plays_in.is_some_and(|id| id != std::process::id()) {
            std::mem::forget(self.manager.clone());
        }
    }
}

/// The handle of `manager`, which plays in this process or does not.
pub(crate) fn insert(manager: &AudioManager, in_process: bool) -> Result<*mut Manager> {
    // Relaxed: the number is all there is to it, no memory comes with it.
    let count = OPENED.fetch_add(1, Relaxed) as usize & COUNT_MASK;
    for (place, slot) in TABLE.iter().enumerate() {
        if slot.load().is_some() {
            continue;
        }
        let handle = LETTERS | count << PLACE_BITS | place;
        let open = Arc::new(Open {
            handle,
            manager: manager.clone(),
            plays_in: in_process.then(std::process::id),
        });
        let before = slot.compare_and_swap(&None::<Arc<Open>>, Some(open));
        if before.is_none() {
            return Ok(std::ptr::without_provenance_mut(handle));
        }
    }
    let message = format!("{PLACES} managers are open (close those you need no more)");
    Err(Failure::new(Status::HERALD_TOO_MANY_OPEN, message))
}

/// Does `work` with what `handle` stands for. That lives until then, though it be closed meanwhile.
#[inline]
pub(crate) fn find<R>(
    handle: *mut Manager,
    work: impl FnOnce(&AudioManager) -> Result<R>,
) -> Result<R> {
    let found = TABLE[handle.addr() % PLACES].load();
    match &*found {
        Some(open) if open.handle == handle.addr() => work(&open.manager),
        _ => Err(unknown(handle)),
    }
}

/// Takes what `handle` stands for out of the table.
pub(crate) fn remove(handle: *mut Manager) -> Result<()> {
    let place = &TABLE[handle.addr() % PLACES];
    let found = place.load();
    if let Some(open) = &*found
        && open.handle == handle.addr()
    {
        // Of two that close it at the same moment, one finds it gone.
        let before = place.compare_and_swap(&*found, None);
        if before
            .as_ref()
            .is_some_and(|before| Arc::ptr_eq(before, open))
        {
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

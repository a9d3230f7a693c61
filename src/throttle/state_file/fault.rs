//! What happens to a process when somebody shortens a state file that it has mapped.
//!
//! # Purpose
//!
//! The system answers the next access to a missing page with SIGBUS, which kills the process: a hook
//! before its reply, the player in the middle of a sound. In Herald's programs a handler puts zeros of
//! this process alone in the place of the whole mapping, and the access goes on. The next look at the
//! path opens what is there by then.
//!
//! # Invariants
//!
//! - A mapping is in [`MAPPED`] before anything is read through it, and is no longer in there when it
//!   is unmapped.
//! - The handler reads and writes words and maps memory. It allocates nothing and takes no lock.
//!
//! # Limits
//!
//! Only programs that call [`catch_truncation`] have the handler: signals belong to the program, not to
//! a library in it. A process's mappings beyond the first [`MAX_MAPPED`] are not guarded. Windows does
//! not let anybody shorten a mapped file.
#![cfg_attr(
    unix,
    allow(
        unsafe_code,
        reason = "a signal handler, and memory at a fixed address"
    )
)]

use crate::sync::{AtomicU64, Ordering::Relaxed};

/// Mappings that are guarded at a time.
const MAX_MAPPED: usize = 256;
/// Says that zeros have taken the place of a mapping. Mappings start on a page, so the bit is free.
const LOST: u64 = 1;

/// Where mappings start; 0 is a free place.
///
/// Relaxed throughout: a thread that reads through a mapping was given it by the one that put it here,
/// and the handler runs on the thread that reads.
static MAPPED: [AtomicU64; MAX_MAPPED] = [const { AtomicU64::new(0) }; MAX_MAPPED];

/// A mapping's place in [`MAPPED`], until this is dropped.
#[derive(Debug)]
pub(super) struct Guard(Option<&'static AtomicU64>);

impl Guard {
    /// Guards the mapping that begins at `start`.
    pub(super) fn new(start: *const u8) -> Self {
        let start = start.addr() as u64;
        let take = |place: &&AtomicU64| {
            let taken = place.compare_exchange(0, start, Relaxed, Relaxed);
            taken.is_ok()
        };
        Self(MAPPED.iter().find(take))
    }

    /// Whether its words are this process's alone, because the file was shortened.
    pub(super) fn is_lost(&self) -> bool {
        self.0.is_some_and(|place| place.load(Relaxed) & LOST != 0)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(place) = self.0 {
            place.store(0, Relaxed);
        }
    }
}

/// Keeps this process alive when somebody shortens a state file that it has mapped: from then on it
/// works with words of its own, until it finds another file.
///
/// For the beginning of a program. It installs a handler for SIGBUS; a SIGBUS that has nothing to do
/// with a state file does what it did before. Never called by this library itself.
pub fn catch_truncation() {
    #[cfg(unix)]
    handler::install();
}

#[cfg(unix)]
mod handler {
    use std::ffi::{c_int, c_void};
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::OnceLock;

    use super::super::layout::FILE_LEN;
    use super::{AtomicU64, LOST, MAPPED, Relaxed};

    /// What a SIGBUS did before.
    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    pub(super) fn install() {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        let handle: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = handle;
        // SAFETY: zeros are a valid action: the default one, with an empty mask.
        let new = unsafe { action.assume_init_mut() };
        new.sa_sigaction = handle as libc::sighandler_t;
        // On the stack for signals, where a thread has one: on some systems the end of the usual one
        // is a SIGBUS, which is for the handler before this one to report.
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let mut before = MaybeUninit::<libc::sigaction>::uninit();
        // SAFETY: the action is complete, and its handler is safe to run at any moment, see there.
        let failed = unsafe { libc::sigaction(libc::SIGBUS, action.as_ptr(), before.as_mut_ptr()) };
        if failed == 0 {
            // SAFETY: the call has written it. If there is one already, this handler is the one before.
            let _ = BEFORE.set(unsafe { before.assume_init() });
        }
    }

    extern "C" fn handle(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
        // SAFETY: the system passes what it knows of the signal.
        let info = unsafe { &*info };
        // SAFETY: a SIGBUS has an address. One that another process sent has other numbers in its
        // place, too small for where the system maps files.
        let address = unsafe { info.si_addr() };
        let place = MAPPED.iter().find(|place| holds(place, address as u64));
        if let Some(place) = place
            && put_zeros(place)
        {
            place.fetch_or(LOST, Relaxed);
        } else {
            let before = BEFORE.get().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: what was in force before, or null, which changes nothing. The access that
            // failed is tried again, and this time it is not for this handler.
            unsafe { libc::sigaction(libc::SIGBUS, before, ptr::null_mut()) };
        }
    }

    fn start(place: &AtomicU64) -> u64 {
        place.load(Relaxed) & !LOST
    }

    fn holds(place: &AtomicU64, address: u64) -> bool {
        let start = start(place);
        start != 0 && (start..start + FILE_LEN as u64).contains(&address)
    }

    /// Puts zeros in the place of the whole mapping, which stays where it is: other threads read and
    /// write through it.
    fn put_zeros(place: &AtomicU64) -> bool {
        let start = ptr::with_exposed_provenance_mut(start(place) as usize);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_FIXED;
        // SAFETY: a mapping of FILE_LEN bytes begins there. It is not unmapped meanwhile, since a
        // thread, the one that was interrupted, has a reference into it. Any bits are valid words.
        let zeros = unsafe { libc::mmap(start, FILE_LEN, access, kind, -1, 0) };
        zeros != libc::MAP_FAILED
    }
}

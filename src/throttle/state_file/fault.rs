//! Handles the truncation of a mapped state file by another program.
//!
//! # Purpose
//!
//! The next access to a missing page raises SIGBUS, which kills the process: a hook before its reply, the
//! player during a sound. In Herald's programs a handler replaces the whole mapping with zeros private to
//! this process, and the access continues. The next check of the path opens the file that is there then.
//!
//! # Invariants
//!
//! - A mapping is in [`MAPPED`] before anything is read through it, and removed before it is unmapped.
//! - The handler only reads and writes words and maps memory. It does not allocate or lock.
//!
//! # Limits
//!
//! Only programs that call [`catch_truncation`] have the handler: signals belong to the program, not to a
//! library. Mappings of a process beyond the first [`MAX_MAPPED`] are not guarded. On Windows a mapped file
//! cannot be shortened.
#![cfg_attr(
    unix,
    allow(
        unsafe_code,
        reason = "a signal handler, and memory at a fixed address"
    )
)]

use crate::sync::{AtomicU64, Ordering::Relaxed};

/// The number of mappings guarded at once.
const MAX_MAPPED: usize = 256;
/// Marks a mapping as replaced with zeros. Mappings start on a page, so the bit is unused.
const LOST: u64 = 1;

/// The start of each mapping; 0 is a free slot.
///
/// Relaxed throughout: a thread that reads through a mapping got it from the thread that stored it here, and
/// the handler runs on the reading thread.
static MAPPED: [AtomicU64; MAX_MAPPED] = [const { AtomicU64::new(0) }; MAX_MAPPED];

/// A mapping's slot in [`MAPPED`], freed when dropped.
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

    /// Whether its words are private to this process, because the file was shortened.
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

/// Keeps this process alive if another program shortens a mapped state file: it then uses private words until
/// it finds another file.
///
/// Call it at the start of a program. It installs a handler for SIGBUS; a SIGBUS unrelated to a state file
/// has its previous effect. This library never calls it.
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

    /// The previous action for SIGBUS.
    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    pub(super) fn install() {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        let handle: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = handle;
        // SAFETY: zeros are a valid action: the default one, with an empty mask.
        let new = unsafe { action.assume_init_mut() };
        new.sa_sigaction = handle as libc::sighandler_t;
        // On the alternate signal stack, where a thread has one: on some systems a stack overflow is a
        // SIGBUS, which the previous handler should report.
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let mut before = MaybeUninit::<libc::sigaction>::uninit();
        // SAFETY: the action is complete, and its handler may run at any moment, see there.
        let failed = unsafe { libc::sigaction(libc::SIGBUS, action.as_ptr(), before.as_mut_ptr()) };
        if failed == 0 {
            // SAFETY: the call has initialised it. If it is set already, this handler is the previous action.
            let _ = BEFORE.set(unsafe { before.assume_init() });
        }
    }

    extern "C" fn handle(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
        // SAFETY: the system passes a valid value.
        let info = unsafe { &*info };
        // SAFETY: a SIGBUS has an address. One sent by another process has other numbers in its place, too
        // small for an address of a mapped file.
        let address = unsafe { info.si_addr() };
        let place = MAPPED.iter().find(|place| holds(place, address as u64));
        if let Some(place) = place
            && put_zeros(place)
        {
            place.fetch_or(LOST, Relaxed);
        } else {
            let before = BEFORE.get().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: the previous action, or null, which changes nothing. The failed access is repeated,
            // without this handler.
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

    /// Replaces the whole mapping with zeros at the same address, because other threads access it.
    fn put_zeros(place: &AtomicU64) -> bool {
        let start = ptr::with_exposed_provenance_mut(start(place) as usize);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_FIXED;
        // SAFETY: a mapping of FILE_LEN bytes begins there. It is not unmapped meanwhile, because the
        // interrupted thread has a reference into it. Any bits are valid words.
        let zeros = unsafe { libc::mmap(start, FILE_LEN, access, kind, -1, 0) };
        zeros != libc::MAP_FAILED
    }
}

//! Sets what a process inherits to what tests expect.

use std::sync::Once;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// A shell without job control ignores the first two in background programs; containers and wrappers ignore
/// others. SIGHUP stays unchanged, because ignoring it means that the tests should continue.
const SIGNALS: [libc::c_int; 9] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGCHLD,
    libc::SIGALRM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGXCPU,
    libc::SIGXFSZ,
];

/// The number of files that a test may have open, if the system allows it.
const OPEN_FILES: u64 = 16_384;

pub(crate) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        SIGNALS.into_iter().for_each(set_to_default);
        unblock_all();
        umask(Mode::from_raw_mode(0o022));
        for resource in [
            Resource::As,
            Resource::Cpu,
            Resource::Fsize,
            Resource::Nproc,
        ] {
            raise(resource, u64::MAX);
        }
        raise(Resource::Nofile, OPEN_FILES);
        // A program killed by a test must not leave a core file.
        let no_core = Rlimit {
            current: Some(0),
            ..getrlimit(Resource::Core)
        };
        let _ = setrlimit(Resource::Core, no_core);
    });
}

#[expect(unsafe_code, reason = "no crate sets a signal to its default safely")]
fn set_to_default(signal: libc::c_int) {
    // SAFETY: the default action runs no code of ours, and no test relies on a handler for these signals.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

#[expect(unsafe_code, reason = "no crate sets the signal mask safely")]
fn unblock_all() {
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is initialised before it is read.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the set is valid, and the previous mask is not requested.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) };
}

/// Raises the limit to `wanted`, or as far as permitted.
fn raise(resource: Resource, wanted: u64) {
    let limit = getrlimit(resource);
    let Some(current) = limit.current else {
        return;
    };
    let highest = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if current < highest {
        let current = (highest < u64::MAX).then_some(highest);
        let _ = setrlimit(resource, Rlimit { current, ..limit });
    }
}

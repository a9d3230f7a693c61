//! Ctrl-C and its like end the work at the next step, so that temporary files are removed; a second one ends
//! the program at once.

use std::io;

#[cfg(unix)]
mod unix {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;

    static CAUGHT: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    pub(super) fn catch() {
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset. Without a handler it ends the program,
            // as it does by default.
            let _ = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&CAUGHT));
            let _ = flag::register(signal, Arc::clone(&CAUGHT));
        }
    }

    pub(super) fn is_caught() -> bool {
        CAUGHT.load(Ordering::Relaxed)
    }
}

/// From now on signals only set a flag.
pub(crate) fn catch() {
    #[cfg(unix)]
    unix::catch();
}

/// # Errors
///
/// If the program was interrupted.
pub(crate) fn check() -> io::Result<()> {
    #[cfg(unix)]
    if unix::is_caught() {
        return Err(io::Error::other("interrupted"));
    }
    Ok(())
}

//! The boundary between C and Rust. Every exported function goes through it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use herald_audio::AudioManager;

use crate::failure::{Failure, Result, Status, remember};
#[cfg(unix)]
use crate::fork;
use crate::table::{self, Manager};

/// Runs `work` and returns its status to C. Catches panics.
#[inline]
pub(crate) fn call(work: impl FnOnce() -> Result<()>) -> Status {
    // A panic leaves the state as valid as any other error: nothing here relies on completing `work`.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => Status::HERALD_OK,
        Ok(Err(failure)) => remember(failure),
        Err(panic) => caught(panic),
    }
}

/// Runs `work` with the manager of `handle`. Forks of this process wait for it, so it may take locks but must
/// not wait for a sound.
pub(crate) fn with(handle: *mut Manager, work: impl FnOnce(&AudioManager) -> Result<()>) -> Status {
    call(|| {
        #[cfg(unix)]
        let _held = fork::hold_off();
        table::find(handle, work)
    })
}

/// The same for work that waits for a sound, or takes no lock. Forks do not wait for it.
#[inline]
pub(crate) fn with_forks(
    handle: *mut Manager,
    work: impl FnOnce(&AudioManager) -> Result<()>,
) -> Status {
    call(|| table::find(handle, work))
}

#[cold]
fn caught(panic: Box<dyn Any + Send>) -> Status {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let message = format!(
        "internal error: {} (please report it)",
        text.unwrap_or("no message")
    );
    // Dropping the panic's value could panic again.
    std::mem::forget(panic);
    remember(Failure::new(Status::HERALD_INTERNAL, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::last;
    use std::ffi::CStr;

    struct PanicsAgain;

    impl Drop for PanicsAgain {
        fn drop(&mut self) {
            panic!("once more");
        }
    }

    #[allow(unsafe_code, reason = "as C reads it")]
    fn message() -> String {
        // SAFETY: a valid string, and no other call of this thread comes between.
        let message = unsafe { CStr::from_ptr(last()) };
        message.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let status = call(|| panic!("a number"));
        assert_eq!(status, Status::HERALD_INTERNAL);
        assert_eq!(message(), "internal error: a number (please report it)");
        let (one, two) = (1, 2);
        let status = call(|| panic!("{one} of {two}"));
        assert_eq!(status, Status::HERALD_INTERNAL);
        assert!(message().contains("1 of 2"), "{}", message());
    }

    #[test]
    fn dropping_a_panic_value_may_panic() {
        let status = call(|| std::panic::panic_any(PanicsAgain));
        assert_eq!(status, Status::HERALD_INTERNAL);
        assert!(message().contains("no message"), "{}", message());
    }

    #[test]
    fn a_message_is_of_its_thread_and_stays_until_the_next_failure() {
        let fail = |text: &str| call(|| Err(Failure::new(Status::HERALD_BUSY, text)));
        assert_eq!(fail("here"), Status::HERALD_BUSY);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(message(), "");
                assert_eq!(fail("the\0re"), Status::HERALD_BUSY);
                assert_eq!(message(), "there");
            });
        });
        assert_eq!(call(|| Ok(())), Status::HERALD_OK);
        assert_eq!(message(), "here");
    }
}

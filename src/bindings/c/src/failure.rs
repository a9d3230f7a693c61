//! Failures: a status for the program and a message for people.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

use herald_audio::{Error, ErrorKind};

/// The result of a call. All but HERALD_OK are errors, for which herald_last_error() returns a message.
///
/// Numbers never change their meaning. New ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(non_camel_case_types, reason = "the names that C sees")]
#[must_use]
pub enum Status {
    /// Success.
    HERALD_OK = 0,
    /// A pointer that must not be NULL is NULL.
    HERALD_NULL_ARGUMENT = 1,
    /// A string is not valid UTF-8.
    HERALD_INVALID_UTF8 = 2,
    /// The manager was closed, or herald_open() did not return it.
    HERALD_INVALID_HANDLE = 3,
    /// A number is out of range, or a flag is unknown.
    HERALD_OUT_OF_RANGE = 4,
    /// Invalid JSON, or JSON that is not an object.
    HERALD_INVALID_JSON = 5,
    /// A config file or an environment variable is invalid.
    HERALD_CONFIG = 6,
    /// The state directory or a file in it is unusable.
    HERALD_STATE = 7,
    /// The sound does not exist, or the file is not a sound.
    HERALD_NO_SOUND = 8,
    /// No way to play: no device, no sound server, no player, or no answer.
    HERALD_NO_PLAYER = 9,
    /// A limit was reached: too many sounds play or wait.
    HERALD_BUSY = 10,
    /// Sound is off: muted, snoozed, or volume 0.
    HERALD_MUTED = 11,
    /// This build of the library does not support it.
    HERALD_UNSUPPORTED = 12,
    /// 256 managers are open, which is the limit.
    HERALD_TOO_MANY_OPEN = 13,
    /// An internal error. The library continues to work.
    HERALD_INTERNAL = 14,
}

/// A failed call. Boxed, so that the result of a call fits in a register.
#[derive(Debug)]
pub(crate) struct Failure(Box<(Status, String)>);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// `message` says what is wrong, with the hint in parentheses.
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self(Box::new((status, message.into())))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::State => Status::HERALD_STATE,
            ErrorKind::Config => Status::HERALD_CONFIG,
            ErrorKind::Payload => Status::HERALD_INVALID_JSON,
            ErrorKind::Sound | ErrorKind::Pack => Status::HERALD_NO_SOUND,
            ErrorKind::Output | ErrorKind::Player => Status::HERALD_NO_PLAYER,
            ErrorKind::Busy => Status::HERALD_BUSY,
            ErrorKind::Muted => Status::HERALD_MUTED,
            ErrorKind::Range => Status::HERALD_OUT_OF_RANGE,
            _ => Status::HERALD_INTERNAL,
        };
        Self::new(status, error.to_string())
    }
}

thread_local! {
    static LAST: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Stores the message for this thread.
pub(crate) fn remember(failure: Failure) -> Status {
    let (status, mut message) = *failure.0;
    message.retain(|character| character != '\0');
    let message = CString::new(message).ok();
    // Fails in a thread that is exiting.
    let _ = LAST.try_with(|last| last.replace(message));
    status
}

/// The message of this thread's last failed call. It stays valid until the next failure.
pub(crate) fn last() -> *const c_char {
    let kept = LAST.try_with(|last| last.borrow().as_deref().map(CStr::as_ptr));
    kept.ok().flatten().unwrap_or(c"".as_ptr())
}

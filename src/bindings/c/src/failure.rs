//! Why a call failed: a status for the program, a message for people.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

use herald_audio::{Error, ErrorKind};

/// What became of a call. All but HERALD_OK are errors, and herald_last_error() then has a message.
///
/// Numbers never change their meaning. New ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(non_camel_case_types, reason = "the names that C sees")]
#[must_use]
pub enum Status {
    /// It was done.
    HERALD_OK = 0,
    /// A pointer that must not be NULL is NULL.
    HERALD_NULL_ARGUMENT = 1,
    /// A string is not valid UTF-8.
    HERALD_INVALID_UTF8 = 2,
    /// The manager was closed, or is none that herald_open() returned.
    HERALD_INVALID_HANDLE = 3,
    /// A number is outside of what it may be, or a flag is unknown.
    HERALD_OUT_OF_RANGE = 4,
    /// JSON that was given cannot be understood, or is not an object.
    HERALD_INVALID_JSON = 5,
    /// A config file or an environment variable cannot be understood.
    HERALD_CONFIG = 6,
    /// The state directory or a file in it is unusable.
    HERALD_STATE = 7,
    /// There is no such sound, or a file is no sound.
    HERALD_NO_SOUND = 8,
    /// No way to play: no device, no sound server, no player, or no answer.
    HERALD_NO_PLAYER = 9,
    /// A limit was reached: too many sounds at once, or too many that wait.
    HERALD_BUSY = 10,
    /// The user wants no sound now: muted, snoozed, or turned down to nothing.
    HERALD_MUTED = 11,
    /// This build of the library cannot do it.
    HERALD_UNSUPPORTED = 12,
    /// As many managers are open as can be: 256.
    HERALD_TOO_MANY_OPEN = 13,
    /// A fault of the library's own. It goes on working.
    HERALD_INTERNAL = 14,
}

/// A call that failed. A box, so that the outcome of a call is one register.
#[derive(Debug)]
pub(crate) struct Failure(Box<(Status, String)>);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// `message` says what is wrong, and in parentheses how to fix it.
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

/// Keeps the message for this thread.
pub(crate) fn remember(failure: Failure) -> Status {
    let (status, mut message) = *failure.0;
    message.retain(|character| character != '\0');
    let message = CString::new(message).ok();
    // A thread that is ending has no place for it any more.
    let _ = LAST.try_with(|last| last.replace(message));
    status
}

/// The message of the last call of this thread that failed. It stays where it is until the next
/// one fails.
pub(crate) fn last() -> *const c_char {
    let kept = LAST.try_with(|last| last.borrow().as_deref().map(CStr::as_ptr));
    kept.ok().flatten().unwrap_or(c"".as_ptr())
}

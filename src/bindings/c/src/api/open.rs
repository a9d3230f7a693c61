//! Opening and closing, messages, strings.
#![allow(unsafe_code, reason = "exported names are unsafe")]

use std::ffi::c_char;

use herald_audio::{AudioManager, Options};

use crate::boundary::call;
use crate::failure::{self, Failure, Status};
#[cfg(unix)]
use crate::fork;
use crate::pointers::{Out, Text, take_back};
use crate::table::{self, Manager};

/// A flag of herald_open(): sounds are played by this process, and end with it. By default the resident
/// player plays them; it outlives this process and serves all others, too.
pub const HERALD_IN_PROCESS: u32 = 1;

/// Opens a manager: reads the config, and opens the throttle's shared state file.
///
/// All other functions take a manager, and any number of threads may use one at the same time. A program
/// needs one manager per project. Close it with herald_close().
///
/// project_dir: a directory within the project, unless the environment variable CLAUDE_PROJECT_DIR names the
/// project. NULL means the working directory.
///
/// Errors: HERALD_OUT_OF_RANGE for an unknown flag, HERALD_UNSUPPORTED for HERALD_IN_PROCESS in a library
/// built without the feature `playback`, HERALD_TOO_MANY_OPEN. Problems of the config or the state are not
/// errors: see herald_get_notes().
#[unsafe(no_mangle)]
pub extern "C" fn herald_open(
    project_dir: *const c_char,
    flags: u32,
    manager: *mut *mut Manager,
) -> Status {
    call(|| {
        let place = Out::given(manager, "manager")?;
        let dir = Text::given(project_dir, "project_dir").optional()?;
        if flags & !HERALD_IN_PROCESS != 0 {
            let message = format!("unknown flags: {flags:#x} (valid flags: 0, HERALD_IN_PROCESS)");
            return Err(Failure::new(Status::HERALD_OUT_OF_RANGE, message));
        }
        let in_process = flags & HERALD_IN_PROCESS != 0;
        if in_process && cfg!(not(feature = "playback")) {
            let message = "this build cannot play in process (rebuild it with --features playback)";
            return Err(Failure::new(Status::HERALD_UNSUPPORTED, message));
        }
        let mut options = Options::new();
        if let Some(dir) = dir {
            options = options.cwd(dir);
        }
        if in_process {
            options = options.in_process();
        }
        #[cfg(unix)]
        fork::watch();
        #[cfg(unix)]
        let _held = fork::hold_off();
        let opened = AudioManager::open(options)?;
        opened.prepare();
        place.put(table::insert(&opened)?);
        Ok(())
    })
}

/// Closes a manager. Its sounds continue.
///
/// A call in progress in another thread finishes normally. Later calls with it, including herald_close(),
/// return HERALD_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn herald_close(manager: *mut Manager) -> Status {
    call(|| {
        #[cfg(unix)]
        let _held = fork::hold_off();
        table::remove(manager)
    })
}

/// The message of this thread's last failed call: what is wrong, why, and how to fix it.
///
/// Never NULL; an empty string if none has failed. Valid until the next call of this thread.
#[unsafe(no_mangle)]
pub extern "C" fn herald_last_error() -> *const c_char {
    failure::last()
}

/// The library's version, such as "0.1.0". Valid forever.
#[unsafe(no_mangle)]
pub extern "C" fn herald_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Frees a string returned by this library. NULL is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn herald_string_free(string: *mut c_char) {
    take_back(string);
}

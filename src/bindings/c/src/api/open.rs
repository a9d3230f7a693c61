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

/// A flag of herald_open(): sounds come from this process, and end with it. Without it they come
/// from the resident player, which outlives this process and serves every other one, too.
pub const HERALD_IN_PROCESS: u32 = 1;

/// Opens a manager: reads the config, and opens what the throttle shares with other processes.
///
/// Everything else takes a manager, and any number of threads may use one at the same time. A
/// program needs one for each project that it works for. Close it with herald_close().
///
/// project_dir: the project is the one around this directory, unless the environment variable
/// CLAUDE_PROJECT_DIR names another. NULL: around the working directory.
/// flags: 0 or HERALD_IN_PROCESS.
///
/// Errors: HERALD_OUT_OF_RANGE for a flag that there is not, HERALD_UNSUPPORTED for
/// HERALD_IN_PROCESS in a library that was built without the feature `playback`,
/// HERALD_TOO_MANY_OPEN. What is wrong with the config or the state is no error:
/// herald_get_notes() tells.
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

/// Closes a manager. Sounds go on.
///
/// A thread that is in the middle of a call with it finishes undisturbed. Any later call with it is
/// HERALD_INVALID_HANDLE, a second herald_close(), too.
#[unsafe(no_mangle)]
pub extern "C" fn herald_close(manager: *mut Manager) -> Status {
    call(|| {
        #[cfg(unix)]
        let _held = fork::hold_off();
        table::remove(manager)
    })
}

/// The message of the last call of this thread that failed: what is wrong, why, and how to fix it.
///
/// Never NULL; an empty string if none has failed. Valid until the next call of this thread.
#[unsafe(no_mangle)]
pub extern "C" fn herald_last_error() -> *const c_char {
    failure::last()
}

/// The library's version, such as "0.1.0". Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn herald_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Frees a string that a function of this library has returned. Nothing is done for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn herald_string_free(string: *mut c_char) {
    take_back(string);
}

//! The config, and its problems.
#![allow(unsafe_code, reason = "exported names are unsafe")]

use std::ffi::c_char;

use super::times;
use crate::boundary::with;
use crate::failure::Status;
use crate::pointers::{Out, Text};
use crate::table::Manager;

/// The throttle window configured for an event or a sound name. Herald's `get_throttle_window`.
///
/// default_seconds: the result if none is configured.
#[unsafe(no_mangle)]
pub extern "C" fn herald_get_throttle_window(
    manager: *mut Manager,
    name: *const c_char,
    default_seconds: f64,
    seconds: *mut f64,
) -> Status {
    with(manager, |manager| {
        let place = Out::given(seconds, "seconds")?;
        let name = Text::given(name, "name").text()?;
        let default = times::duration(default_seconds, "default_seconds")?;
        place.put(manager.get_throttle_window(name, default).as_secs_f64());
        Ok(())
    })
}

/// The sound file configured for an event or a sound name. Herald's `resolve_file`.
///
/// path: the file, NULL if there is none. Free it with herald_string_free().
#[unsafe(no_mangle)]
pub extern "C" fn herald_resolve_file(
    manager: *mut Manager,
    name: *const c_char,
    path: *mut *mut c_char,
) -> Status {
    with(manager, |manager| {
        let place = Out::given(path, "path")?;
        let name = Text::given(name, "name").text()?;
        place.put_path(manager.resolve_file(name).as_deref())
    })
}

/// The value at a dotted config key, such as "audio_settings.volume". Herald's `get_config`.
///
/// value_json: the value as JSON, NULL if there is none. Free it with herald_string_free().
#[unsafe(no_mangle)]
pub extern "C" fn herald_get_config(
    manager: *mut Manager,
    key: *const c_char,
    value_json: *mut *mut c_char,
) -> Status {
    with(manager, |manager| {
        let place = Out::given(value_json, "value_json")?;
        let key = Text::given(key, "key").text()?;
        match manager.get_config(key) {
            Some(value) => place.put_json(&value),
            None => place.put_path(None),
        }
    })
}

/// Reads the config files again, for this manager. If a file is invalid, its last valid version stays in
/// effect.
#[unsafe(no_mangle)]
pub extern "C" fn herald_reload_config(manager: *mut Manager) -> Status {
    with(manager, |manager| {
        manager.reload_config();
        Ok(())
    })
}

/// The problems of the config, the state directory and the state file.
///
/// notes_json: a JSON array of strings for people. Free it with herald_string_free().
#[unsafe(no_mangle)]
pub extern "C" fn herald_get_notes(manager: *mut Manager, notes_json: *mut *mut c_char) -> Status {
    with(manager, |manager| {
        let place = Out::given(notes_json, "notes_json")?;
        let config = manager.config();
        let issues = config.issues().iter().map(ToString::to_string);
        let notes: Vec<String> = manager.notes().into_iter().chain(issues).collect();
        place.put_json(&notes)
    })
}

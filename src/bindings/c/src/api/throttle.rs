//! The throttle: by key in nanoseconds, or by name.
#![allow(unsafe_code, reason = "exported names are unsafe")]

use std::ffi::c_char;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use herald_audio::internals::event;
use herald_audio::internals::throttle::{Admission, Key};
use herald_audio::{AudioManager, Decision};

use super::times;
use crate::boundary::{call, with, with_forks};
use crate::failure::{Failure, Status};
use crate::pointers::{In, Out, Text};
use crate::table::Manager;

/// The throttle's answer.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct DecisionForC {
    /// Milliseconds until the window has passed; 0 if admitted.
    pub retry_after_ms: u64,
    /// For herald_cancel(): what was written.
    pub mark: u64,
    /// For herald_cancel(): where.
    pub slot: u32,
    /// 1: it may fire now, and is marked. 0: it fired less than a window ago.
    pub admitted: u32,
}

/// The throttle key of a name, for herald_admit().
///
/// The name of an event may be in any spelling: "SubagentStop", "subagent_stop". Any other name is a key of
/// your own. A key is the same in every process and every version.
#[unsafe(no_mangle)]
pub extern "C" fn herald_key_of(name: *const c_char, key: *mut u64) -> Status {
    call(|| {
        let place = Out::given(key, "key")?;
        let name = Text::given(name, "name").text()?;
        place.put(event::key(name).to_bits());
        Ok(())
    })
}

/// Asks whether a key may fire, at most once per window, and marks it if so. Takes nanoseconds, and no lock.
///
/// Of any number of calls at the same moment, in all threads and processes, exactly one is admitted. If an
/// admitted sound is not played after all, pass the decision to herald_cancel().
///
/// window_ms: in milliseconds. 0 always admits, and marks.
#[unsafe(no_mangle)]
pub extern "C" fn herald_admit(
    manager: *mut Manager,
    key: u64,
    window_ms: u64,
    decision: *mut DecisionForC,
) -> Status {
    with_forks(manager, |manager| {
        let place = Out::given(decision, "decision")?;
        let key = Key::from_bits(key);
        place.put(manager.throttle().admit_within_ms(key, window_ms).into());
        Ok(())
    })
}

impl From<Decision> for DecisionForC {
    #[inline]
    fn from(decision: Decision) -> Self {
        let (index, mark) = decision.admission().map_or((0, 0), Admission::to_parts);
        Self {
            retry_after_ms: whole_ms(decision.retry_after().unwrap_or_default()),
            mark,
            slot: index as u32,
            admitted: decision.is_admitted().into(),
        }
    }
}

/// Stamps are in milliseconds, so nothing is lost.
#[inline]
fn whole_ms(time: Duration) -> u64 {
    time.as_secs() * 1_000 + u64::from(time.subsec_millis())
}

/// Cancels an admission, so that the next call is admitted.
///
/// decision: as written by herald_admit(). One that was not admitted is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn herald_cancel(
    manager: *mut Manager,
    decision: *const DecisionForC,
    cancelled: *mut bool,
) -> Status {
    with_forks(manager, |manager| {
        let decision = In::given(decision, "decision")?.get();
        let parts = (decision.slot as usize, decision.mark);
        let cancel = || manager.throttle().cancel(Admission::from_parts(parts));
        Out::optional(cancelled).put(decision.admitted != 0 && cancel());
        Ok(())
    })
}

/// Whether a name fired less than a window ago; if not, marks it as fired now. Herald's `is_throttled`.
///
/// window_seconds: 0 or less never throttles, and marks nothing.
///
/// Errors: HERALD_OUT_OF_RANGE if the window is NaN or infinite.
#[unsafe(no_mangle)]
pub extern "C" fn herald_is_throttled(
    manager: *mut Manager,
    name: *const c_char,
    window_seconds: f64,
    throttled: *mut bool,
) -> Status {
    throttled_by(
        AudioManager::is_throttled,
        manager,
        name,
        window_seconds,
        throttled,
    )
}

/// The same without marking anything. Herald's `should_throttle`.
///
/// Errors: those of herald_is_throttled().
#[unsafe(no_mangle)]
pub extern "C" fn herald_should_throttle(
    manager: *mut Manager,
    name: *const c_char,
    window_seconds: f64,
    throttled: *mut bool,
) -> Status {
    throttled_by(
        AudioManager::should_throttle,
        manager,
        name,
        window_seconds,
        throttled,
    )
}

#[inline]
fn throttled_by(
    ask: fn(&AudioManager, &str, Duration) -> bool,
    manager: *mut Manager,
    name: *const c_char,
    window_seconds: f64,
    throttled: *mut bool,
) -> Status {
    with(manager, |manager| {
        let place = Out::given(throttled, "throttled")?;
        let name = Text::given(name, "name").text()?;
        let window = times::window(window_seconds, "window_seconds")?;
        place.put(ask(manager, name, window));
        Ok(())
    })
}

/// Marks a name as fired. Herald's `mark_emitted`.
///
/// unix_seconds: when, in seconds since 1970; the future, 0, negative numbers and NaN mean now.
#[unsafe(no_mangle)]
pub extern "C" fn herald_mark_emitted(
    manager: *mut Manager,
    name: *const c_char,
    unix_seconds: f64,
) -> Status {
    with(manager, |manager| {
        let name = Text::given(name, "name").text()?;
        let when = match unix_seconds > 0.0 {
            true => Some(times::duration(unix_seconds, "unix_seconds")?),
            false => None,
        };
        let when = when.map(|since| {
            let when = UNIX_EPOCH.checked_add(since);
            when.ok_or_else(|| {
                let message = "unix_seconds is out of range (give 0 for now)";
                Failure::new(Status::HERALD_OUT_OF_RANGE, message)
            })
        });
        manager.mark_emitted(name, when.transpose()?);
        Ok(())
    })
}

/// When a name last fired.
///
/// unix_seconds: in seconds since 1970; 0 if it never fired, or was forgotten.
#[unsafe(no_mangle)]
pub extern "C" fn herald_last_emitted(
    manager: *mut Manager,
    name: *const c_char,
    unix_seconds: *mut f64,
) -> Status {
    with(manager, |manager| {
        let place = Out::given(unix_seconds, "unix_seconds")?;
        let name = Text::given(name, "name").text()?;
        let when = manager.last_emitted(name);
        let since = when.and_then(|when: SystemTime| when.duration_since(UNIX_EPOCH).ok());
        place.put(since.unwrap_or_default().as_secs_f64());
        Ok(())
    })
}

/// Lets a name fire again at once; for an event, also in the project's hooks.
///
/// had_fired: whether there was a mark to remove; may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn herald_reset(
    manager: *mut Manager,
    name: *const c_char,
    had_fired: *mut bool,
) -> Status {
    with(manager, |manager| {
        let name = Text::given(name, "name").text()?;
        Out::optional(had_fired).put(manager.reset(name));
        Ok(())
    })
}

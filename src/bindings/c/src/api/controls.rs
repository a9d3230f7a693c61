//! Mute, snooze and master volume.
#![allow(unsafe_code, reason = "exported names are unsafe")]

use herald_audio::internals::clock::{Clock, SystemClock};

use super::times;
use crate::boundary::with;
use crate::failure::Status;
use crate::pointers::Out;
use crate::table::Manager;

/// The controls in force for all sounds of a user.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Controls {
    /// The master volume, from 0 to 1.
    pub volume: f64,
    /// Seconds until a snooze ends; 0 if there is none.
    pub snoozed_seconds: f64,
    /// Whether everything is muted, until it is unmuted.
    pub muted: bool,
}

/// The controls in force now.
#[unsafe(no_mangle)]
pub extern "C" fn herald_get_controls(manager: *mut Manager, controls: *mut Controls) -> Status {
    with(manager, |manager| {
        let place = Out::given(controls, "controls")?;
        let controls = manager.controls();
        let left = controls.snooze().left(SystemClock.unix_ms());
        place.put(Controls {
            volume: controls.volume().into(),
            snoozed_seconds: left.unwrap_or_default().as_secs_f64(),
            muted: controls.is_muted(),
        });
        Ok(())
    })
}

/// Mutes everything, at once and in every process of the user, until herald_unmute().
///
/// Errors: HERALD_STATE if other processes would not see it.
#[unsafe(no_mangle)]
pub extern "C" fn herald_mute(manager: *mut Manager) -> Status {
    with(manager, |manager| Ok(manager.mute().map(drop)?))
}

/// Ends a mute and a snooze.
///
/// Errors: those of herald_mute().
#[unsafe(no_mangle)]
pub extern "C" fn herald_unmute(manager: *mut Manager) -> Status {
    with(manager, |manager| Ok(manager.unmute().map(drop)?))
}

/// Mutes everything for a while, replacing an earlier snooze. A mute stays.
///
/// seconds: more than 0, at most 7 days.
///
/// Errors: HERALD_OUT_OF_RANGE, and those of herald_mute().
#[unsafe(no_mangle)]
pub extern "C" fn herald_snooze(manager: *mut Manager, seconds: f64) -> Status {
    with(manager, |manager| {
        let length = times::duration(seconds, "seconds")?;
        Ok(manager.snooze(length).map(drop)?)
    })
}

/// Sets the master volume, a factor from 0 to 1 on top of every configured volume.
///
/// Errors: HERALD_OUT_OF_RANGE, and those of herald_mute().
#[unsafe(no_mangle)]
pub extern "C" fn herald_set_volume(manager: *mut Manager, volume: f64) -> Status {
    with(manager, |manager| {
        Ok(manager.set_volume(Some(volume as f32)).map(drop)?)
    })
}

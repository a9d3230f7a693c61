//! Windows, which tells no program whether do not disturb is on.

use std::ffi::c_void;
use std::ptr;

use windows_sys::Win32::System::RemoteDesktop::{
    WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION, WTS_SESSIONSTATE_LOCK, WTS_SESSIONSTATE_UNLOCK,
    WTSFreeMemory, WTSINFOEXW, WTSQuerySessionInformationW, WTSSessionInfoEx,
};

use crate::system::env::Env;

/// Whether the screen is locked.
#[allow(unsafe_code, reason = "the standard library does not know sessions")]
pub(crate) fn is_locked(_: &Env) -> Result<bool, String> {
    let mut info: *mut u16 = ptr::null_mut();
    let mut len = 0;
    // SAFETY: both pointers are to variables that live until the call returns.
    let done = unsafe {
        WTSQuerySessionInformationW(
            WTS_CURRENT_SERVER_HANDLE,
            WTS_CURRENT_SESSION,
            WTSSessionInfoEx,
            &raw mut info,
            &raw mut len,
        )
    };
    if done == 0 || info.is_null() {
        return Err(std::io::Error::last_os_error().to_string());
    }
    let flags = match len as usize >= size_of::<WTSINFOEXW>() {
        // SAFETY: the call succeeded, and the memory is long enough. It need not be aligned for the type.
        true => Some(unsafe { info.cast::<WTSINFOEXW>().read_unaligned() }),
        false => None,
    };
    // SAFETY: the call allocated it, and it is freed once.
    unsafe { WTSFreeMemory(info.cast::<c_void>()) };
    let flags = flags.filter(|info| info.Level == 1).map(|info| {
        // SAFETY: level 1 is the only variant of the union.
        unsafe { info.Data.WTSInfoExLevel1.SessionFlags }
    });
    match flags.map(i32::cast_unsigned) {
        Some(WTS_SESSIONSTATE_LOCK) => Ok(true),
        Some(WTS_SESSIONSTATE_UNLOCK) => Ok(false),
        _ => Err("the session does not say whether it is locked".to_owned()),
    }
}

pub(crate) fn is_not_to_disturb(_: &Env) -> Result<bool, String> {
    Err("Windows does not say".to_owned())
}

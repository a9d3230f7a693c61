//! ALSA's library. The player of a release does not link it, so that it starts where ALSA is not
//! installed: its functions are looked up when they are first called, in the libraries loaded by
//! then.

use std::ffi::CStr;

use crate::error::{Error, ErrorKind, Result};

const LIBRARY: &CStr = c"libasound.so.2";

/// Loads it, before anything of ALSA is called. It stays loaded.
///
/// # Errors
///
/// [`ErrorKind::Output`], if it is not installed.
pub(super) fn load() -> Result<()> {
    load_library(LIBRARY)
}

#[allow(unsafe_code, reason = "only C loads libraries")]
fn load_library(name: &CStr) -> Result<()> {
    // SAFETY: a C string; what this library runs when it is loaded is also run where it is linked.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if library.is_null() {
        let what = format!(
            "ALSA is not installed: {} cannot be loaded",
            name.to_string_lossy()
        );
        return Err(Error::new(ErrorKind::Output, what)
            .with_hint("install libasound2 or alsa-lib, or a sound server"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_loaded_or_named() {
        assert!(load().is_ok());
        let error = load_library(c"libasound.so.0").unwrap_err().to_string();
        assert!(error.contains("libasound.so.0 cannot be loaded"), "{error}");
    }
}

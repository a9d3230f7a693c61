//! macOS, which tells no program whether a Focus is on.

use std::path::Path;

use super::program::output_of;
use crate::system::env::Env;

/// Whether the screen is locked.
pub(crate) fn is_locked(_: &Env) -> Result<bool, String> {
    // The root of the registry alone.
    let root = output_of(Path::new("/usr/sbin/ioreg"), &["-n", "Root", "-d", "1"])?;
    Ok(root.contains("\"IOConsoleLocked\" = Yes"))
}

pub(crate) fn is_not_to_disturb(_: &Env) -> Result<bool, String> {
    Err("macOS does not say".to_owned())
}

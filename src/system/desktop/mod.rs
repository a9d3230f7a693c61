//! What the desktop says about its user: do not disturb, and a locked screen.
//!
//! | | freedesktop | macOS | Windows |
//! |---|---|---|---|
//! | do not disturb | the notification daemon; GNOME's and Cinnamon's settings | unknown | unknown |
//! | locked screen | the screen saver, logind | the registry of devices | the session |
//!
//! Every question takes two seconds at most.

#[cfg(all(unix, not(target_vendor = "apple")))]
mod bus;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod freedesktop;
#[cfg(target_vendor = "apple")]
mod macos;
#[cfg(unix)]
mod program;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(target_vendor = "apple")))]
use freedesktop as system;
#[cfg(target_vendor = "apple")]
use macos as system;
#[cfg(windows)]
use windows as system;

pub(crate) use system::{is_locked, is_not_to_disturb};

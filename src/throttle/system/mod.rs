//! Access to the operating system: the environment, files, and Herald's state directory.

pub mod env;
#[doc(hidden)]
#[allow(
    clippy::missing_errors_doc,
    reason = "not for other programs; they fail as the calls of the system do"
)]
pub mod file;
pub mod state_dir;

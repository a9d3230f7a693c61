//! What asks the operating system: the environment, files, and the directory that is Herald's own.

pub mod env;
#[doc(hidden)]
#[allow(
    clippy::missing_errors_doc,
    reason = "not for other programs; they fail as the calls of the system do"
)]
pub mod file;
pub mod state_dir;

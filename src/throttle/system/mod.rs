//! What asks the operating system: the environment, files, and the directory that is Herald's own.

pub mod env;
pub mod file;
pub mod state_dir;

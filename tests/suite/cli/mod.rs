//! The commands, and what they print.

mod completions;
mod config_command;
mod config_edit;
mod controls;
#[cfg(target_os = "linux")]
pub(crate) mod doctor;
mod log;
mod readme;
mod status;
#[cfg(target_os = "linux")]
mod terminal;
mod test_command;
mod throttle_command;

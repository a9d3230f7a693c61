//! The commands and their output.

mod completions;
mod config_change;
mod config_command;
mod config_edit;
mod controls;
mod demo;
#[cfg(target_os = "linux")]
mod doctor;
mod documentation;
#[cfg(target_os = "linux")]
mod escaped_output;
mod events_command;
#[cfg(target_os = "linux")]
mod fleet;
mod help;
mod json_output;
mod log;
mod manual;
#[cfg(unix)]
mod output;
mod sounds;
mod status;
#[cfg(unix)]
mod studio;
mod test_command;
mod throttle_command;
mod version;
mod voices;

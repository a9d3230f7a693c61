//! The resident player and its clients.

#[cfg(target_os = "linux")]
mod desktop;
mod external_player;
#[cfg(target_os = "linux")]
mod held;
mod ignored_children;
#[cfg(target_os = "linux")]
mod many_hooks;
mod message;
mod outlives_its_hook;
mod overlap;
mod program_lookup;
mod quiet;
#[cfg(target_os = "linux")]
mod recipes;
mod reminders;
mod resident;
mod run;

//! Rules of the config, and trusted files.

mod all_idle;
mod finer_keys;
#[cfg(target_os = "linux")]
mod focus;
mod quiet_rules;
#[cfg(target_os = "linux")]
mod trusted_owners;
mod turns;
mod typed_by_hand;

//! The resident player, and the way to it.

mod children;
mod external_player;
#[cfg(target_os = "linux")]
mod many_hooks;
mod message;
mod overlap;
mod path;
mod resident;
mod without_its_hook;

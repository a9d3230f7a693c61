//! Behaviour, seen from outside: real programs, real files, a real sound server.

#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod adverse;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod as_typed;
mod bad_ground;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod children;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod completions;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod concurrent;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod config_command;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod config_edit;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod controls;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod crowd;
#[cfg(all(feature = "cli", feature = "playback"))]
mod decisions;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod decoding;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod detached;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod doctor;
mod events;
mod examples;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod external_player;
#[cfg(all(feature = "cli", feature = "playback"))]
mod hook;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod in_process;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod install;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod linking;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod log;
mod manager;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod message;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod once;
mod oracle;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod overlap;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod packs;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod path;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod player;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod process;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod readme;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod rules;
mod sandbox;
mod shared;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod sound_server;
mod source;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod status;
#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    feature = "cli",
    feature = "playback"
))]
mod system_calls;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod terminal;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod test_command;
#[cfg(all(unix, feature = "cli", feature = "playback"))]
mod throttle_command;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod truncated;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod trust;
#[cfg(all(target_os = "linux", feature = "cli", feature = "playback"))]
mod unplayable;

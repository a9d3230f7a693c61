//! One winner on every storage.

mod compared_with_a_map;
#[cfg(all(unix, feature = "playback"))]
mod one_winner;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod truncated_state_file;
mod unusable_state_files;

//! One winner, on whatever ground.

mod like_a_map;
#[cfg(all(unix, feature = "playback"))]
mod one_winner;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod truncated;
pub(crate) mod unusable_files;

//! What an agent gets: the hook, its reply, its decisions, and how it is installed.

#[cfg(feature = "playback")]
mod decisions;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod denied_system_calls;
mod events;
#[cfg(feature = "playback")]
mod hook;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod install;
#[cfg(all(target_os = "linux", feature = "playback"))]
mod linked_libraries;
#[cfg(all(target_os = "linux", target_arch = "x86_64", feature = "playback"))]
mod system_calls;

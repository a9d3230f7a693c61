//! Helpers of several folders.

#[cfg(all(target_os = "linux", feature = "playback"))]
pub(crate) mod desktop;
#[cfg(all(target_os = "linux", feature = "playback"))]
pub(crate) mod doctor;
pub(crate) mod examples;
#[cfg(all(target_os = "linux", feature = "playback"))]
pub(crate) mod mount;
#[cfg(all(target_os = "linux", feature = "playback"))]
pub(crate) mod namespaces;
#[cfg(all(target_os = "linux", feature = "playback"))]
pub(crate) mod page;
#[cfg(all(target_os = "linux", feature = "playback"))]
pub(crate) mod process;
pub(crate) mod real_time;
#[cfg(all(unix, feature = "playback"))]
pub(crate) mod rules;
pub(crate) mod sandbox;
#[cfg(unix)]
pub(crate) mod unplayable;

/// The root of this repository.
pub(crate) fn repository() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether tests write their expected files, as for `cargo xtask pictures`.
pub(crate) fn is_recording() -> bool {
    std::env::var_os("HERALD_BLESS").is_some_and(|value| value == "1")
}

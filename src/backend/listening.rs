//! Whether the user can listen, as far as the sound system knows: microphones in use, and headphones.

use super::chain::{OutputChoice, chain};
#[cfg(windows)]
use super::consent_store as system;
#[cfg(target_vendor = "apple")]
use super::core_audio as system;
#[cfg(all(unix, not(target_vendor = "apple")))]
use super::pulse::questions as system;
use crate::sound::Output;
use crate::system::sound_server::SoundServer;

/// Whether a program records from a microphone.
///
/// # Errors
///
/// Why that is unknown.
pub(crate) fn is_microphone_used(server: &SoundServer) -> Result<bool, String> {
    system::is_microphone_used(server)
}

/// Whether sounds for `output` go to headphones.
///
/// # Errors
///
/// Why that is unknown.
pub(crate) fn is_on_headphones(output: &Output, server: &SoundServer) -> Result<bool, String> {
    let first = chain(output, server).into_iter().next();
    let name = match &first {
        Some(OutputChoice::Server { name } | OutputChoice::Device { name, .. }) => name.as_deref(),
        _ => return Err(format!("the output {output} is no device")),
    };
    system::is_on_headphones(server, name)
}

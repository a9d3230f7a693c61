//! The devices that `cpal:DEVICE` can name.

use super::cpal;
#[cfg(all(unix, not(target_vendor = "apple")))]
use super::pulse::questions;
use crate::system::sound_server::SoundServer;
use crate::vocabulary::device::OutputDevice;

/// All devices, in the order in which a name is looked up: those of the sound server, then those of this
/// machine, unless the environment names a server. What does not answer has none.
pub(crate) fn devices(server: &SoundServer) -> Vec<OutputDevice> {
    #[cfg(all(unix, not(target_vendor = "apple")))]
    {
        let of_server = questions::devices(server).unwrap_or_default();
        if server.address.is_some() {
            return of_server;
        }
        of_server.into_iter().chain(of_machine()).collect()
    }
    #[cfg(not(all(unix, not(target_vendor = "apple"))))]
    {
        let _ = server;
        of_machine().collect()
    }
}

fn of_machine() -> impl Iterator<Item = OutputDevice> {
    cpal::hosts().flat_map(cpal::devices)
}

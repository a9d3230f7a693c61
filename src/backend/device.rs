//! What a device does: it pulls samples, and knows nothing of sounds.

use std::time::Duration;

use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::Result;

/// Silence before the first sound on a Bluetooth device: what was found to be enough
/// (PeonPing/peon-ping#543).
pub(super) const BLUETOOTH_LEAD_IN: Duration = Duration::from_millis(300);

/// Something that pulls samples: a device that is open and not yet running.
pub(super) trait Device: Send {
    /// What the device is, for people.
    fn name(&self) -> String;

    /// The samples it takes.
    fn format(&self) -> Format;

    /// How long it sleeps through the first samples: silence to send first.
    fn lead_in(&self) -> Duration {
        Duration::ZERO
    }

    /// Starts pulling samples from `renderer`, until the stream is dropped.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Output`] if it cannot be started after all.
    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>>;

    /// Whether opening it again costs something, or is heard.
    fn is_worth_keeping(&self) -> bool;
}

/// A running device. Dropping it closes it; samples that it has not played yet may be lost.
pub(super) trait Stream: Send {
    /// Frames pulled from the renderer so far.
    fn frames(&self) -> u64;

    /// How long a pulled frame takes until it is heard, by the system's own account, and the
    /// length of a period on top.
    fn latency(&self) -> Duration;

    /// What ended the stream, if something did.
    fn failure(&self) -> Option<String>;
}

/// Whether a sound server names the devices of Bluetooth like `id`.
pub(super) fn is_bluetooth(id: &str) -> bool {
    let name = id.split_once(':').map_or(id, |(_host, name)| name);
    ["bluez_output.", "bluez_sink.", "bluealsa"]
        .iter()
        .any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bluetooth_devices_are_known_by_the_names_of_sound_servers() {
        for id in [
            "pulseaudio:bluez_sink.AA_BB_CC_DD_EE_FF.a2dp_sink",
            "pulseaudio:bluez_output.AA_BB_CC_DD_EE_FF.1",
            "alsa:bluealsa:DEV=AA:BB:CC:DD:EE:FF,PROFILE=a2dp",
        ] {
            assert!(is_bluetooth(id), "{id}");
        }
        for id in [
            "pulseaudio:alsa_output.pci-0000_00_1f.3.analog-stereo",
            "pulseaudio:combined_bluez_output",
            "alsa:default",
        ] {
            assert!(!is_bluetooth(id), "{id}");
        }
    }
}

//! Devices, which pull samples and do not know sounds.

use std::time::Duration;

use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::Result;

/// Silence before the first sound on a Bluetooth device; sufficient according to PeonPing/peon-ping#543.
pub(super) const BLUETOOTH_LEAD_IN: Duration = Duration::from_millis(300);

/// A device that is open and not yet running.
pub(super) trait Device: Send {
    /// The name, for messages.
    fn name(&self) -> String;

    /// The format of its samples.
    fn format(&self) -> Format;

    /// How much silence to send first, because the device is still asleep.
    fn lead_in(&self) -> Duration {
        Duration::ZERO
    }

    /// Starts pulling samples from `renderer`, until the stream is dropped.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Output`] if it cannot be started.
    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>>;

    /// Whether reopening it costs something or is audible.
    fn is_worth_keeping(&self) -> bool;
}

/// A running device. Dropping it closes it; samples not yet played may be lost.
pub(super) trait Stream: Send {
    /// The number of frames pulled from the renderer.
    fn frames(&self) -> u64;

    /// The time from pulling a frame to playing it, as reported by the system, plus one period.
    fn latency(&self) -> Duration;

    /// Why the stream ended, if it did.
    fn failure(&self) -> Option<String>;
}

/// Whether `id` is a sound server's name for a Bluetooth device.
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

//! What Windows knows besides sound: which programs record, by the consent store that also lights the
//! microphone in the taskbar.

use ::cpal::DeviceType;
use windows_registry::{CURRENT_USER, Key};

use super::cpal;
use crate::system::sound_server::SoundServer;

/// The store: a key for each packaged program, and one with a key for each other program.
const STORE: &str =
    r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone";
const OTHER_PROGRAMS: &str = "NonPackaged";
/// When a program stopped recording; 0 while it records.
const STOPPED: &str = "LastUsedTimeStop";

/// Whether a program records.
pub(super) fn is_microphone_used(_: &SoundServer) -> Result<bool, String> {
    let store = CURRENT_USER.open(STORE);
    let store = store.map_err(|error| format!("Windows does not say who records: {error}"))?;
    // The key is missing until such a program has recorded.
    let others = store.open(OTHER_PROGRAMS);
    Ok(has_recorder(&store) || others.is_ok_and(|others| has_recorder(&others)))
}

fn has_recorder(programs: &Key) -> bool {
    let records = |name: String| {
        let program = programs.open(name);
        let stopped = program.and_then(|program| program.get_u64(STOPPED));
        stopped.is_ok_and(|at| at == 0)
    };
    programs.keys().is_ok_and(|mut names| names.any(records))
}

/// Whether the device called `wanted`, or the default one, is headphones.
pub(super) fn is_on_headphones(_: &SoundServer, wanted: Option<&str>) -> Result<bool, String> {
    match cpal::device_type(wanted) {
        Some(DeviceType::Headphones | DeviceType::Headset | DeviceType::Handset) => Ok(true),
        Some(DeviceType::Speaker) => Ok(false),
        _ => Err("the output does not say what it is".to_owned()),
    }
}

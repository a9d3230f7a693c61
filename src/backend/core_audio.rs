//! What CoreAudio knows besides sound: which programs record, and what is plugged in. cpal does not ask it.

use std::ffi::c_void;
use std::ptr::{NonNull, null};

use objc2_core_audio::{
    AudioObjectGetPropertyData, AudioObjectGetPropertyDataSize, AudioObjectPropertyAddress,
    kAudioDevicePropertyDataSource, kAudioHardwarePropertyDefaultOutputDevice,
    kAudioHardwarePropertyProcessObjectList, kAudioObjectPropertyElementMain,
    kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyScopeOutput, kAudioObjectSystemObject,
    kAudioProcessPropertyIsRunningInput,
};

use crate::system::sound_server::SoundServer;

/// Data sources of built-in outputs (IOAudioTypes.h).
const HEADPHONES: u32 = u32::from_be_bytes(*b"hdpn");
const SPEAKERS: u32 = u32::from_be_bytes(*b"ispk");

/// Whether a program records. macOS knows since version 14.
pub(super) fn is_microphone_used(_: &SoundServer) -> Result<bool, String> {
    let system = kAudioObjectSystemObject.cast_unsigned();
    let list = kAudioHardwarePropertyProcessObjectList;
    let programs = property(system, list, kAudioObjectPropertyScopeGlobal)
        .ok_or("macOS says which programs record since version 14")?;
    let records = |program: &u32| {
        let is_running = kAudioProcessPropertyIsRunningInput;
        let found = property(*program, is_running, kAudioObjectPropertyScopeGlobal);
        found.is_some_and(|found| found.first().is_some_and(|records| *records != 0))
    };
    Ok(programs.iter().any(records))
}

/// Whether the default output is the headphones of this machine. Other devices do not say what they are.
pub(super) fn is_on_headphones(_: &SoundServer, wanted: Option<&str>) -> Result<bool, String> {
    if let Some(name) = wanted {
        return Err(format!("macOS does not say what {name:?} is"));
    }
    let system = kAudioObjectSystemObject.cast_unsigned();
    let default = kAudioHardwarePropertyDefaultOutputDevice;
    let device = property(system, default, kAudioObjectPropertyScopeGlobal);
    let device = device.and_then(|found| found.first().copied());
    let source = device.and_then(|device| {
        let source = kAudioDevicePropertyDataSource;
        property(device, source, kAudioObjectPropertyScopeOutput)
    });
    match source.and_then(|found| found.first().copied()) {
        Some(HEADPHONES) => Ok(true),
        Some(SPEAKERS) => Ok(false),
        _ => Err("the default output does not say what it is".to_owned()),
    }
}

/// The numbers that a property consists of; none if the object has no such property.
#[allow(unsafe_code, reason = "CoreAudio's only interface")]
fn property(object: u32, selector: u32, scope: u32) -> Option<Vec<u32>> {
    let mut address = AudioObjectPropertyAddress {
        mSelector: selector,
        mScope: scope,
        mElement: kAudioObjectPropertyElementMain,
    };
    let address = NonNull::from(&mut address);
    let mut len = 0;
    // SAFETY: address and length live until the call returns, and there is no qualifier.
    let failed = unsafe {
        AudioObjectGetPropertyDataSize(object, address, 0, null(), NonNull::from(&mut len))
    };
    if failed != 0 {
        return None;
    }
    let mut numbers = vec![0; len as usize / size_of::<u32>()];
    len = (numbers.len() * size_of::<u32>()) as u32;
    let out = NonNull::new(numbers.as_mut_ptr())?.cast::<c_void>();
    // SAFETY: the same, and `out` has room for `len` bytes.
    let failed = unsafe {
        AudioObjectGetPropertyData(object, address, 0, null(), NonNull::from(&mut len), out)
    };
    numbers.truncate(len as usize / size_of::<u32>());
    (failed == 0).then_some(numbers)
}

//! Sounds as samples: decoded, made, and brought to the output's format. No device, no thread.

mod chime;
mod clip;
mod decode;
mod resample;

pub use clip::{Clip, Format};

use crate::error::Result;
use crate::sound::Sound;

/// Loads `sound` in `format`: decoded or made, resampled and mapped to the output's channels.
///
/// # Errors
///
/// [`crate::ErrorKind::Sound`] if the file cannot be read or is no sound that Herald can play.
pub fn load(sound: &Sound, format: Format) -> Result<Clip> {
    match sound {
        Sound::Chime(chime) => Ok(chime::make(*chime, format.rate).with_channels(format.channels)),
        Sound::File(path) => {
            let clip = decode::wav_file(path)?;
            resample::to_rate(clip, format.rate).map(|clip| clip.with_channels(format.channels))
        }
    }
}

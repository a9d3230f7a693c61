//! Sounds as samples: decoded, made, and brought to the output's format. No device, no thread.

use std::panic::catch_unwind;
use std::path::Path;

mod chime;
mod clip;
mod decode;
mod resample;

pub use clip::{Clip, Format};

use crate::error::{Error, ErrorKind, Result};
use crate::sound::Sound;

/// Loads `sound` in `format`: decoded or made, resampled and mapped to the output's channels.
///
/// # Errors
///
/// [`ErrorKind::Sound`] if the file cannot be read or is no sound that Herald can play.
pub fn load(sound: &Sound, format: Format) -> Result<Clip> {
    match sound {
        Sound::Chime(chime) => Ok(chime::make(*chime, format.rate).with_channels(format.channels)),
        // Decoders are other people's code, and files are anybody's.
        Sound::File(path) => catch_unwind(|| load_file(path, format)).unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Sound,
                format!("cannot play {}: it confuses the decoder", path.display()),
            ))
        }),
    }
}

fn load_file(path: &Path, format: Format) -> Result<Clip> {
    // Channels first: fewer of them are quicker to resample, and take less memory.
    let clip = decode::wav_file(path)?.with_channels(format.channels.min(2));
    let clip = resample::to_rate(clip, format.rate)?;
    Ok(clip.with_channels(format.channels))
}

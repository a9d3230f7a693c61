//! Sounds as samples: decoded, made, and brought to the output's format. No device, no thread.

mod cache;
mod child;
mod chime;
mod clip;
mod decode;
mod examine;
mod file;
mod limit;
mod places;
mod resample;

use std::panic::{UnwindSafe, catch_unwind};

pub use cache::ClipCache;
#[doc(hidden)]
pub use child::serve;
pub use clip::{Clip, Format, LOUDEST};
pub use decode::{MAX_LEN, MAX_SECONDS, decode, decode_or_panic};
pub use examine::examine;
pub use limit::{FADE, MAX_PROJECTS, cut_for_project};

use crate::error::Result;
use crate::sound::Sound;
use child::Decoder;
use decode::Refusal;

/// Why a file is not played that is not even damaged in a way that a decoder knows.
const CONFUSES: &str = "it confuses the decoder";

/// Loads `sound` in `format`: decoded or made, resampled and mapped to the output's channels. Of files
/// only plain PCM WAV: see [`ClipCache::decoded_by`].
///
/// # Errors
///
/// [`crate::ErrorKind::Sound`] if the file cannot be read or is no sound that Herald can play.
pub fn load(sound: &Sound, format: Format) -> Result<Clip> {
    load_with(sound, format, &Decoder::new(None)).map_err(|refusal| cannot_play(sound, refusal))
}

fn load_with(
    sound: &Sound,
    format: Format,
    decoder: &Decoder,
) -> std::result::Result<Clip, Refusal> {
    match sound {
        Sound::Chime(chime) => Ok(chime::make(*chime, format.rate).with_channels(format.channels)),
        Sound::File(path) => file::load(path, format, decoder),
    }
}

fn cannot_play(sound: &Sound, refusal: Refusal) -> crate::error::Error {
    match sound.path() {
        Some(path) => refusal.error(format!("cannot play {}", path.display())),
        None => refusal.error("cannot play the sound"),
    }
}

/// Makes `call`, whose panic is a refusal: decoders are other people's code, and files are anybody's.
fn caught<T>(
    call: impl FnOnce() -> std::result::Result<T, Refusal> + UnwindSafe,
) -> std::result::Result<T, Refusal> {
    catch_unwind(call).unwrap_or_else(|_| Err(CONFUSES.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(clip: &Clip, format: Format) -> std::result::Result<Clip, Refusal> {
        decode::collect(Some(format), 0, |mut intake| {
            intake.take(clip.format(), clip.samples().to_vec())?;
            intake.finish()
        })
    }

    #[test]
    fn a_decoder_that_panics_is_an_error() {
        let refusal = caught::<()>(|| panic!("on purpose")).unwrap_err();
        assert_eq!(refusal.why(), CONFUSES);
    }

    #[test]
    fn a_clip_comes_in_the_outputs_format() {
        for (from, to, expected) in [
            (1, 2, &[0.125, 0.125][..]),
            (2, 2, &[0.125, 0.25]),
            (2, 1, &[0.1875]),
            (4, 2, &[0.228_55, 0.353_55]),
            (4, 4, &[0.125, 0.25, 0.375, 0.5]),
            (2, 4, &[0.125, 0.25, 0.0, 0.0]),
        ] {
            let format = |rate, channels| Format { rate, channels };
            let frame: Vec<f32> = (1..=from).map(|channel| f32::from(channel) / 8.0).collect();
            let same_rate = Clip::new(format(48_000, from), frame.clone());
            let same_rate = convert(&same_rate, format(48_000, to)).unwrap();
            for (sample, expected) in same_rate.samples().iter().zip(expected) {
                assert!((sample - expected).abs() < 1e-4, "{from} to {to}: {sample}");
            }

            let steady = Clip::new(format(44_100, from), frame.repeat(44_100));
            let resampled = convert(&steady, format(48_000, to)).unwrap();
            assert_eq!(resampled.format(), format(48_000, to));
            let middle = resampled
                .samples()
                .chunks_exact(usize::from(to))
                .nth(24_000);
            for (sample, expected) in middle.unwrap().iter().zip(expected) {
                assert!((sample - expected).abs() < 1e-3, "{from} to {to}: {sample}");
            }
        }
    }
}

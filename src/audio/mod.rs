//! Sounds as samples: decoded, made, and brought to the output's format. No device, no thread.

mod cache;
mod chime;
mod clip;
mod decode;
mod resample;

use std::panic::{UnwindSafe, catch_unwind};

pub use cache::ClipCache;
pub use clip::{Clip, Format, LOUDEST};
pub use decode::{MAX_LEN, MAX_SECONDS, decode, decode_or_panic};

use crate::error::{Error, ErrorKind, Result};
use crate::sound::Sound;

/// Loads `sound` in `format`: decoded or made, resampled and mapped to the output's channels.
///
/// # Errors
///
/// [`crate::ErrorKind::Sound`] if the file cannot be read or is no sound that Herald can play.
pub fn load(sound: &Sound, format: Format) -> Result<Clip> {
    match sound {
        Sound::Chime(chime) => Ok(chime::make(*chime, format.rate).with_channels(format.channels)),
        Sound::File(path) => caught(&format!("cannot play {}", path.display()), || {
            convert(decode::decode_file(path)?, format)
        }),
    }
}

/// Makes `call`, whose panic is an error of `what`: decoders are other people's code, and files
/// are anybody's.
fn caught<T>(what: &str, call: impl FnOnce() -> Result<T> + UnwindSafe) -> Result<T> {
    catch_unwind(call).unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Sound, what).because("it confuses the decoder"))
    })
}

fn convert(clip: Clip, format: Format) -> Result<Clip> {
    // Resampled with the fewest channels: quicker, and less memory.
    let fewest = format.channels.min(clip.format().channels);
    let clip = resample::to_rate(clip.with_channels(fewest), format.rate)?;
    Ok(clip.with_channels(format.channels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_is_an_error() {
        let error = caught("cannot play x", || -> Result<()> { panic!("on purpose") });
        let error = error.unwrap_err().to_string();
        assert_eq!(error, "cannot play x: it confuses the decoder");
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
            let same_rate = convert(same_rate, format(48_000, to)).unwrap();
            for (sample, expected) in same_rate.samples().iter().zip(expected) {
                assert!((sample - expected).abs() < 1e-4, "{from} to {to}: {sample}");
            }

            let steady = Clip::new(format(44_100, from), frame.repeat(44_100));
            let resampled = convert(steady, format(48_000, to)).unwrap();
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

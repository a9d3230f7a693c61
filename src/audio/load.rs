//! Loads sounds as clips. Plain PCM WAV is decoded here, other files in a separate process.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::child::Decoder;
use super::chime;
use super::clip::{Clip, Format};
use super::decode::{Hint, Kind, MAX_LEN, Refusal, caught, collect, plain};
use super::loudness;
use super::resample::Resampler;
use crate::error::Error;
use crate::loudness::Target;
use crate::sound::{Sound, Theme};
use crate::system::file::open_regular;

/// The number of bytes that identify a file.
const START: u64 = 4 << 10;

/// Loads `sound` in `format`: decodes or generates it, resamples it, and maps its channels. Of files, it only
/// loads plain PCM WAV: see [`super::ClipCache::decoded_by`].
///
/// # Errors
///
/// [`crate::ErrorKind::Sound`] if the file cannot be read or decoded.
pub fn load(sound: &Sound, format: Format) -> crate::error::Result<Clip> {
    load_with(sound, format, Treatment::default(), &Decoder::new(None))
        .map_err(|refusal| cannot_play(sound, refusal))
}

/// How a sound is changed when it is loaded. By default not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// The loudness of a file; without it, its own.
    pub loudness: Option<Target>,
    /// By how many semitones a file is higher.
    pub semitones: i8,
    /// By how many notes of their scale the notes of a built-in sound are higher.
    pub steps: i8,
    /// How a built-in sound is played.
    pub theme: Theme,
}

impl Treatment {
    /// Without what does not concern `sound`.
    pub(super) fn of(self, sound: &Sound) -> Self {
        match sound {
            Sound::Chime(_) => Self {
                loudness: None,
                semitones: 0,
                ..self
            },
            Sound::File(_) => Self {
                steps: 0,
                theme: Theme::default(),
                ..self
            },
        }
    }
}

pub(super) fn load_with(
    sound: &Sound,
    format: Format,
    treatment: Treatment,
    decoder: &Decoder,
) -> Result<Clip, Refusal> {
    let path = match sound {
        Sound::Chime(chime) => {
            let clip = chime::make(*chime, treatment.theme, format.rate, treatment.steps);
            return Ok(clip.with_channels(format.channels));
        }
        Sound::File(path) => path,
    };
    let clip = load_file(path, format, decoder)?;
    let clip = match treatment.semitones {
        0 => clip,
        semitones => transposed(&clip, semitones)?,
    };
    Ok(match treatment.loudness {
        Some(target) => loudness::at(clip, target),
        None => clip,
    })
}

/// `clip` at another pitch, and so with another length.
fn transposed(clip: &Clip, semitones: i8) -> Result<Clip, Refusal> {
    let format = clip.format();
    let factor = (f64::from(semitones) / 12.0).exp2();
    let rate = (f64::from(format.rate) * factor).round() as u32;
    let mut resampler = Resampler::new(rate, format.rate, format.channels)?;
    let mut samples = Vec::with_capacity((clip.samples().len() as f64 / factor) as usize);
    let mut keep = |piece: &[f32]| {
        samples.extend_from_slice(piece);
        Ok(())
    };
    resampler.push(clip.samples(), &mut keep)?;
    resampler.finish(&mut keep)?;
    Ok(Clip::new(format, samples).cut(clip.is_cut()))
}

pub(super) fn cannot_play(sound: &Sound, refusal: Refusal) -> Error {
    match sound.path() {
        Some(path) => refusal.error(format!("cannot play {}", path.display())),
        None => refusal.error("cannot play the sound"),
    }
}

/// Loads the file at `path` in `format`.
pub(super) fn load_file(path: &Path, format: Format, decoder: &Decoder) -> Result<Clip, Refusal> {
    let cannot_read = |error: io::Error| Refusal::from(error).temporary();
    let mut file = open_regular(path, u64::MAX).map_err(cannot_read)?;
    let len = file.metadata().map_err(cannot_read)?.len();
    if len > MAX_LEN {
        let why = format!("too large: {len} bytes (limit: {} MiB)", MAX_LEN >> 20);
        return Err(Refusal::from(why).with_hint(Hint::Shorten));
    }
    let mut bytes = Vec::with_capacity(len as usize);
    read(&mut file, START, &mut bytes).map_err(cannot_read)?;
    if bytes.starts_with(&[0]) {
        // The beginning may follow any number of zeros.
        read(&mut file, MAX_LEN - START, &mut bytes).map_err(cannot_read)?;
    }
    if let Kind::Wav = Kind::of(&bytes).map_err(|foreign| foreign.refusal())? {
        // The file may grow meanwhile.
        read(&mut file, MAX_LEN - START, &mut bytes).map_err(cannot_read)?;
        let clip = caught(|| {
            let Some(plain) = plain(&bytes)? else {
                return Ok(None);
            };
            let samples = plain.samples(format);
            let clip = collect(Some(format), samples, |mut intake| {
                plain.decode(&mut intake)?;
                intake.finish()
            })?;
            Ok(Some(clip))
        })?;
        if let Some(clip) = clip {
            return Ok(clip);
        }
    }
    file.rewind().map_err(cannot_read)?;
    decoder.decode(file, format)
}

/// Reads at most `most` further bytes.
fn read(file: &mut File, most: u64, into: &mut Vec<u8>) -> io::Result<()> {
    file.take(most).read_to_end(into)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        rate: 48_000,
        channels: 2,
    };

    #[test]
    fn a_transposed_clip_is_higher_and_shorter_or_lower_and_longer() {
        let tone = |hertz: f64, frames: usize| {
            let step = std::f64::consts::TAU * hertz / 48_000.0;
            let samples = (0..frames).flat_map(|n| [(0.5 * (step * n as f64).sin()) as f32; 2]);
            Clip::new(FORMAT, samples.collect())
        };
        let crossings = |clip: &Clip| {
            let left: Vec<_> = clip.samples().iter().step_by(2).collect();
            left.windows(2)
                .filter(|pair| *pair[0] < 0.0 && *pair[1] >= 0.0)
                .count()
        };
        for (semitones, hertz, frames) in [(12, 880, 24_000), (-12, 220, 96_000), (3, 523, 40_363)]
        {
            let clip = transposed(&tone(440.0, 48_000), semitones).unwrap();
            assert!(
                clip.frames().abs_diff(frames) < 10,
                "{semitones}: {} frames",
                clip.frames()
            );
            let found = crossings(&clip) * 48_000 / frames;
            assert!(found.abs_diff(hertz) < 4, "{semitones}: {found} Hz");
        }
    }

    /// Without a decoder program, and by content rather than name.
    #[test]
    fn plain_pcm_is_decoded_here_and_nothing_else() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sounds");
        let dir = tempfile::tempdir().unwrap();
        let named = |name: &str, as_name: &str| {
            let path = dir.path().join(as_name);
            std::fs::copy(fixtures.join(name), &path).unwrap();
            load_file(&path, FORMAT, &Decoder::new(None))
        };
        for name in ["piped.wav", "six-24.wav"] {
            let clip = named(name, "sound.mp3").unwrap();
            assert!(clip.format() == FORMAT && clip.frames() > 0, "{name}");
        }
        for name in ["mono.mp3", "stereo.ogg", "mono-24.flac", "alaw.wav"] {
            let refusal = named(name, "sound.wav").unwrap_err();
            assert!(
                refusal.why().contains("herald-player"),
                "{name}: {refusal:?}"
            );
        }
        // A decoder is used after any number of zeros.
        let mp3 = std::fs::read(fixtures.join("mono.mp3")).unwrap();
        for zeros in [1, 4_093, 4_096, 100_000] {
            let path = dir.path().join("zeros.mp3");
            std::fs::write(&path, [vec![0; zeros], mp3.clone()].concat()).unwrap();
            let refusal = load_file(&path, FORMAT, &Decoder::new(None)).unwrap_err();
            assert!(
                refusal.why().contains("herald-player"),
                "{zeros}: {refusal:?}"
            );
        }
        let refusal = named("opus.ogg", "opus.wav").unwrap_err();
        assert!(refusal.why().contains("Ogg Opus"), "{refusal:?}");
    }
}

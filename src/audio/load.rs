//! Loads sounds as clips. Plain PCM WAV is decoded here, other files in a separate process.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::child::Decoder;
use super::chime;
use super::clip::{Clip, Format};
use super::decode::{Hint, Kind, MAX_LEN, Refusal, caught, collect, plain};
use crate::error::Error;
use crate::sound::Sound;
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
    load_with(sound, format, &Decoder::new(None)).map_err(|refusal| cannot_play(sound, refusal))
}

pub(super) fn load_with(sound: &Sound, format: Format, decoder: &Decoder) -> Result<Clip, Refusal> {
    match sound {
        Sound::Chime(chime) => Ok(chime::make(*chime, format.rate).with_channels(format.channels)),
        Sound::File(path) => load_file(path, format, decoder),
    }
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

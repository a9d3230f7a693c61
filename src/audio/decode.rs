//! WAV files to clips.

use std::io::{BufReader, Read, Seek};
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::clip::{Clip, Format};
use crate::error::{Cause, Error, ErrorKind, Result};
use crate::file;

/// The largest sound file that is read, in bytes.
const MAX_LEN: u64 = 32 << 20;
/// The longest sound that is played, in seconds.
const MAX_SECONDS: u32 = 60;
/// Rates and channel counts outside these are damage, not sounds.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
const MAX_CHANNELS: u16 = 8;

/// Decodes the WAV file at `path`. A file that ends early gives what is there.
pub(super) fn wav_file(path: &Path) -> Result<Clip> {
    let unplayable = |why: Cause| {
        Error::new(ErrorKind::Sound, format!("cannot play {}", path.display())).because(why)
    };
    let file = file::open_regular(path, MAX_LEN).map_err(|error| unplayable(error.into()))?;
    wav(BufReader::new(file)).map_err(unplayable)
}

fn wav(source: impl Read + Seek) -> std::result::Result<Clip, Cause> {
    let mut reader = WavReader::new(source).map_err(|error| match error {
        hound::Error::FormatError(_) | hound::Error::Unsupported => {
            format!("it is not a WAV file that Herald can play ({error})")
        }
        error => error.to_string(),
    })?;
    let spec = reader.spec();
    let format = Format {
        rate: spec.sample_rate,
        channels: spec.channels,
    };
    if !RATES.contains(&format.rate) || !(1..=MAX_CHANNELS).contains(&format.channels) {
        return Err(format!(
            "{} Hz and {} channels are no sound",
            format.rate, format.channels
        )
        .into());
    }
    if reader.duration() / format.rate >= MAX_SECONDS {
        return Err(format!("it is longer than {MAX_SECONDS} s").into());
    }
    let samples = match spec.sample_format {
        SampleFormat::Float => collect(reader.samples::<f32>(), |sample| {
            if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                0.0
            }
        }),
        SampleFormat::Int => {
            // From -2^(bits-1) to just under 2^(bits-1): a power of two keeps every sample exact.
            let scale = 1.0 / (1u64 << (spec.bits_per_sample - 1)) as f32;
            collect(reader.samples::<i32>(), |sample| sample as f32 * scale)
        }
    };
    Ok(Clip::new(format, samples?))
}

/// Every sample up to the end of the file, or to where it is cut off; at least one.
fn collect<S>(
    mut samples: impl Iterator<Item = hound::Result<S>>,
    scale: impl Fn(S) -> f32,
) -> std::result::Result<Vec<f32>, Cause> {
    let first = samples.next().ok_or("it holds no samples")?;
    let first = first.map_err(|error| format!("its samples cannot be read ({error})"))?;
    let rest = samples.map_while(hound::Result::ok);
    Ok(std::iter::once(first).chain(rest).map(scale).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{WavSpec, WavWriter};
    use std::io::Cursor;

    fn spec(bits_per_sample: u16, sample_format: SampleFormat) -> WavSpec {
        WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample,
            sample_format,
        }
    }

    fn written<S: hound::Sample + Copy>(spec: WavSpec, samples: &[S]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        for sample in samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn decoded(bytes: Vec<u8>) -> Vec<f32> {
        wav(Cursor::new(bytes)).unwrap().samples().to_vec()
    }

    #[test]
    fn samples_of_every_width_come_out_at_their_level() {
        for bits in [8, 16, 24, 32] {
            let half = 1i32 << (bits - 2);
            let bytes = written(spec(bits, SampleFormat::Int), &[0, half, -half, half / 2]);
            assert_eq!(decoded(bytes), [0.0, 0.5, -0.5, 0.25], "{bits} bits");
        }
        let bytes = written(spec(32, SampleFormat::Float), &[0.0f32, 0.5, -0.25]);
        assert_eq!(decoded(bytes), [0.0, 0.5, -0.25]);
    }

    #[test]
    fn floats_out_of_range_do_no_harm() {
        let bytes = written(
            spec(32, SampleFormat::Float),
            &[f32::NAN, f32::INFINITY, 9.0, -9.0],
        );
        assert_eq!(decoded(bytes), [0.0, 0.0, 1.0, -1.0]);
    }

    #[test]
    fn a_file_that_ends_early_gives_what_is_there() {
        let mut bytes = written(spec(16, SampleFormat::Int), &[16_384i16; 100]);
        bytes.truncate(bytes.len() - 101);
        let samples = decoded(bytes);
        assert_eq!(samples, vec![0.5; 49]);
    }

    #[test]
    fn what_is_no_sound_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let nothing = written::<i16>(spec(16, SampleFormat::Int), &[]);
        let mut silent_rate = written(spec(16, SampleFormat::Int), &[0i16]);
        // Rate and byte rate agree, or hound would refuse the header.
        silent_rate[24..32].fill(0);
        for (path, says) in [
            (dir.path().join("missing.wav"), "No such file"),
            (dir.path().to_owned(), "not a regular file"),
            (file("empty.wav", b""), "empty.wav"),
            (
                file("png.wav", b"\x89PNG\r\n\x1a\n0000000000000000000"),
                "not a WAV file",
            ),
            (file("rate.wav", &silent_rate), "no sound"),
            (file("nothing.wav", &nothing), "no samples"),
        ] {
            let error = wav_file(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}

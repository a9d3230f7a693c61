//! Writes sounds to a WAV file in real time: 48 kHz, stereo, 16 bits.
//!
//! Content is kept: a second stream continues at the end. A file of another kind is left unchanged. The
//! header is updated every period, so the file is valid even if the player is killed.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::device::{Device, Stream};
use super::paced::{FORMAT, Paced, Sink};
use crate::audio::Format;
use crate::engine::Renderer;
use crate::error::{Cause, Error, ErrorKind, Result};

/// The format for outputs that accept any, in 16 bits.
pub(super) const SPEC: WavSpec = WavSpec {
    channels: FORMAT.channels,
    sample_rate: FORMAT.rate,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

struct Wav {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
}

pub(super) fn open(path: &Path) -> Result<Box<dyn Device>> {
    let cannot = |why: Cause| {
        Error::new(
            ErrorKind::Output,
            format!("cannot write {}", path.display()),
        )
        .because(why)
    };
    let writer = match path.metadata() {
        Ok(metadata) if !metadata.is_file() => {
            return Err(cannot("not a regular file".into()));
        }
        Ok(metadata) if metadata.len() > 0 => append(path).map_err(|error| {
            cannot(error).with_hint("remove it, or name another file in HERALD_OUTPUT=wav:PATH")
        })?,
        _ => create(path).map_err(|error| cannot(error.into()))?,
    };
    Ok(Box::new(Wav {
        path: path.to_owned(),
        writer,
    }))
}

fn create(path: &Path) -> io::Result<WavWriter<BufWriter<File>>> {
    // Opened here rather than by hound, so that a file another process just created is not truncated.
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    WavWriter::new(BufWriter::new(file), SPEC).map_err(into_io)
}

fn append(path: &Path) -> std::result::Result<WavWriter<BufWriter<File>>, Cause> {
    let found = hound::WavReader::open(path)
        .map_err(|error| format!("the existing file is not a WAV file ({error})"))?
        .spec();
    if found != SPEC {
        return Err("the existing file is not 48 kHz, stereo, 16 bits".into());
    }
    Ok(WavWriter::append(path)?)
}

impl Device for Wav {
    fn name(&self) -> String {
        format!("wav:{}", self.path.display())
    }

    fn format(&self) -> Format {
        FORMAT
    }

    /// The file must contain nothing but sounds.
    fn is_worth_keeping(&self) -> bool {
        false
    }

    fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
        Ok(Box::new(Paced::start(renderer, *self)?))
    }
}

impl Sink for Wav {
    fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        for sample in samples {
            let sample = to_16_bits(*sample);
            self.writer.write_sample(sample).map_err(into_io)?;
        }
        self.writer.flush().map_err(into_io)
    }

    fn close(self) -> io::Result<()> {
        self.writer.finalize().map_err(into_io)
    }
}

/// As sound servers do: a sample read from 16 bits is written unchanged.
pub(super) fn to_16_bits(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(path: &Path) -> Vec<i16> {
        hound::WavReader::open(path)
            .unwrap()
            .samples()
            .map(|sample| sample.unwrap())
            .collect()
    }

    fn write(path: &Path, samples: &[f32]) {
        // Through the trait object that a speaker uses, up to starting the thread.
        let writer = if path.exists() {
            append(path).unwrap()
        } else {
            create(path).unwrap()
        };
        let mut wav = Wav {
            path: path.to_owned(),
            writer,
        };
        wav.write(samples).unwrap();
        wav.close().unwrap();
    }

    #[test]
    fn samples_of_16_bits_come_out_as_they_went_in_and_a_second_stream_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.wav");
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let floats: Vec<f32> = all
            .iter()
            .map(|sample| f32::from(*sample) / 32_768.0)
            .collect();
        write(&path, &floats);
        write(&path, &[1.0, -1.0]);
        let mut expected = all;
        expected.extend([i16::MAX, i16::MIN]);
        assert_eq!(samples(&path), expected);
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().join("notes.txt");
        std::fs::write(&text, "do not lose me").unwrap();
        let other = dir.path().join("mono.wav");
        let spec = WavSpec {
            channels: 1,
            ..SPEC
        };
        WavWriter::create(&other, spec).unwrap().finalize().unwrap();
        for path in [&text, &other, &dir.path().to_owned()] {
            let before = std::fs::read(path).ok();
            let error = open(path).err().unwrap().to_string();
            assert!(error.contains("cannot write"), "{error}");
            assert_eq!(std::fs::read(path).ok(), before);
        }
    }
}

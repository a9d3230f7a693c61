//! WAV files: what is in the header hound tells, the samples are converted in one go.
//!
//! Headers lie: programs that write to a pipe do not know how long it will be, others miscount.
//! So the chunks are walked here, and hound is given a header that says what there is.

use hound::{SampleFormat, WavReader, WavSpec};

use super::intake::Intake;
use super::{Format, Refusal, check_len, format};
use crate::error::Cause;

/// A chunk of a RIFF file: name, and length in little-endian.
const CHUNK_HEADER: usize = 8;
/// `RIFF`, length, `WAVE`.
const FILE_HEADER: usize = 12;
/// Bytes of a `fmt ` chunk up to the sample's width: every kind has these.
const SHORTEST_FMT: usize = 16;
/// What the samples are: the formats that hound knows.
const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;
/// Chunks that often follow the samples; not what a sound begins with.
const AFTER_DATA: [&[u8]; 7] = [
    b"LIST", b"id3 ", b"ID3 ", b"fact", b"cue ", b"smpl", b"bext",
];

/// What a WAV file is made of, as far as a sound needs it.
struct Parts<'a> {
    fmt: &'a [u8],
    data: &'a [u8],
}

/// Plain samples, as they are in the file.
pub(in crate::audio) struct Plain<'a> {
    format: Format,
    kind: Kind,
    data: &'a [u8],
}

/// What a sample is.
enum Kind {
    Float,
    Bytes,
    Bits16,
    Bits24,
    Bits32,
    /// The upper three of four bytes.
    Upper24,
}

/// Frames that are converted at once: as many as stay in the processor's cache.
const PIECE: usize = 4_096;

/// The plain samples in `bytes`; none where they are encoded in a way that takes a decoder.
pub(in crate::audio) fn plain(bytes: &[u8]) -> Result<Option<Plain<'_>>, Refusal> {
    let Parts { fmt, data } = walk(bytes)?;
    let number = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
    if fmt.len() < SHORTEST_FMT {
        return Err("its header is cut off".into());
    }
    let (channels, rate) = (number(2), u32::from(number(4)) | u32::from(number(6)) << 16);
    // Width of a sample in the file, in bytes, and how many of its bits the header says are used.
    let (block, bits) = (number(12), number(14));
    let format = format(rate, usize::from(channels))?;
    let width = usize::from(block / channels);
    // A-law, µ-law.
    if ![PCM, FLOAT, EXTENSIBLE].contains(&number(0)) {
        return Ok(None);
    }
    let spec = match spec(fmt, u32::from(block).wrapping_mul(rate)) {
        Ok(spec) => spec,
        Err(hound::Error::Unsupported) => return Ok(None),
        Err(error) => return Err(format!("its header is damaged ({error})").into()),
    };
    check_len(format, data.len() / width.max(1))?;
    let kind = match (spec.sample_format, width) {
        (SampleFormat::Float, 4) => Kind::Float,
        // In a wider container the sample is at the top, so these hold for 20 bits in 24, too;
        // unless the header hides the container's width, as hound does.
        (SampleFormat::Int, 4) if bits == 24 => Kind::Upper24,
        (SampleFormat::Int, 1) => Kind::Bytes,
        (SampleFormat::Int, 2) => Kind::Bits16,
        (SampleFormat::Int, 3) => Kind::Bits24,
        (SampleFormat::Int, 4) => Kind::Bits32,
        _ => return Ok(None),
    };
    Ok(Some(Plain { format, kind, data }))
}

impl Plain<'_> {
    /// How many samples it is in `format`.
    pub(in crate::audio) fn samples(&self, format: Format) -> usize {
        let bytes = match self.kind {
            Kind::Bytes => 1,
            Kind::Bits16 => 2,
            Kind::Bits24 => 3,
            Kind::Float | Kind::Bits32 | Kind::Upper24 => 4,
        };
        let frames = self.data.len() / (bytes * usize::from(self.format.channels));
        // There are few enough of them to be a sound.
        let frames = frames as u64 * u64::from(format.rate);
        frames.div_ceil(u64::from(self.format.rate)) as usize * usize::from(format.channels)
    }

    pub(in crate::audio) fn decode(&self, intake: &mut Intake<'_>) -> Result<(), Refusal> {
        const FULL: f32 = 2_147_483_648.0;
        match self.kind {
            Kind::Float => self.convert(intake, f32::from_le_bytes),
            Kind::Bytes => self.convert(intake, |[byte]| (f32::from(byte) - 128.0) / 128.0),
            Kind::Bits16 => self.convert(intake, |bytes| {
                f32::from(i16::from_le_bytes(bytes)) / 32_768.0
            }),
            Kind::Bits24 => self.convert(intake, |[a, b, c]| {
                i32::from_le_bytes([0, a, b, c]) as f32 / FULL
            }),
            Kind::Bits32 => self.convert(intake, |bytes| i32::from_le_bytes(bytes) as f32 / FULL),
            Kind::Upper24 => self.convert(intake, |[a, b, c, _]| {
                i32::from_le_bytes([0, a, b, c]) as f32 / FULL
            }),
        }
    }

    /// Every sample, `N` bytes each.
    fn convert<const N: usize>(
        &self,
        intake: &mut Intake<'_>,
        sample: impl Fn([u8; N]) -> f32,
    ) -> Result<(), Refusal> {
        let (samples, _) = self.data.as_chunks::<N>();
        for piece in samples.chunks(PIECE * usize::from(self.format.channels)) {
            let samples = piece.iter().map(|bytes| sample(*bytes)).collect();
            intake.take(self.format, samples)?;
        }
        Ok(())
    }
}

/// Finds the format and the samples. A length that cannot be is taken for "to the end".
fn walk(bytes: &[u8]) -> Result<Parts<'_>, Cause> {
    let mut fmt = None;
    let mut rest = bytes.get(FILE_HEADER..).unwrap_or_default();
    while let Some((header, body)) = rest.split_at_checked(CHUNK_HEADER) {
        let len = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        match &header[..4] {
            b"fmt " => {
                fmt = body.get(..len.min(body.len()));
            }
            b"data" => {
                let fmt = fmt.ok_or("its format is missing")?;
                let follows = |name: &&[u8]| body.starts_with(name);
                let unknown = len == 0 && !AFTER_DATA.iter().any(follows);
                let len = if unknown { body.len() } else { len };
                let data = body.get(..len).unwrap_or(body);
                return Ok(Parts { fmt, data });
            }
            _ => {}
        }
        // Chunks begin at even offsets.
        let next = len.saturating_add(len % 2);
        rest = body.get(next..).unwrap_or_default();
    }
    Err("its samples are missing".into())
}

/// What hound makes of the format, told in a header without lies.
fn spec(fmt: &[u8], byte_rate: u32) -> hound::Result<WavSpec> {
    let mut header = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    header.extend((fmt.len() as u32).to_le_bytes());
    header.extend(&fmt[..8]);
    // The byte rate follows from the rest.
    header.extend(byte_rate.to_le_bytes());
    header.extend(&fmt[12..]);
    header.extend(b"data\0\0\0\0");
    Ok(WavReader::new(&header[..])?.spec())
}

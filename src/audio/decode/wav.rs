//! WAV files: plain samples are converted here, encoded ones are passed to a decoder.
//!
//! Headers may be wrong: programs that write to a pipe do not know the length in advance, others miscount. So
//! the chunks are parsed here, and a decoder gets a corrected header.

use super::bounds::{MAX_SECONDS, format};
use super::intake::Intake;
use super::refusal::Refusal;
use crate::audio::clip::Format;
use crate::audio::places::Places;
use crate::error::Cause;

/// The header of a RIFF chunk: name, and little-endian length.
const CHUNK_HEADER: usize = 8;
/// `RIFF`, length, `WAVE`.
const FILE_HEADER: usize = 12;
/// The minimum length of a `fmt ` chunk, up to the sample width.
const SHORTEST_FMT: usize = 16;
/// Encodings by number (RFC 2361).
const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const MP3: u16 = 0x55;
/// The encoding is in the extension, after the channel mask.
const EXTENSIBLE: u16 = 0xFFFE;
const MASK_AT: usize = 20;
const EXTENDED_AT: usize = 24;
/// Chunks that often follow the samples, and with which no sound begins.
const AFTER_DATA: [&[u8]; 7] = [
    b"LIST", b"id3 ", b"ID3 ", b"fact", b"cue ", b"smpl", b"bext",
];

/// The parts of a WAV file.
struct Parts<'a> {
    fmt: &'a [u8],
    data: &'a [u8],
}

/// Plain samples in the format of the file.
pub(in crate::audio) struct Plain<'a> {
    format: Format,
    places: Option<Places>,
    kind: Kind,
    data: &'a [u8],
}

/// The type of a sample.
#[derive(Clone, Copy)]
enum Kind {
    Float,
    Double,
    Bytes,
    Bits16,
    Bits24,
    Bits32,
    /// The lower three of four bytes.
    Lower24,
}

/// Content for a decoder.
pub(super) enum Encoded<'a> {
    Mp3(&'a [u8]),
    /// A file with a corrected header.
    Wav(Vec<u8>),
}

/// The number of frames converted at once, so that they fit in the processor's cache.
const PIECE: usize = 4_096;

/// The plain samples in `bytes`; none if they are encoded.
pub(in crate::audio) fn plain(bytes: &[u8]) -> Result<Option<Plain<'_>>, Refusal> {
    let Parts { fmt, data } = walk(bytes)?;
    let header = Header::of(fmt)?;
    if ![PCM, FLOAT].contains(&header.encoding) {
        return Ok(None);
    }
    let format = header.format()?;
    let kind = header.kind()?;
    if data.len() < kind.width() * usize::from(header.channels) {
        return Err("contains no samples".into());
    }
    Ok(Some(Plain {
        format,
        places: Places::unusual(header.mask, header.channels),
        kind,
        data,
    }))
}

/// The encoded samples in `bytes`.
pub(super) fn encoded(bytes: &[u8]) -> Result<Encoded<'_>, Refusal> {
    let Parts { fmt, data } = walk(bytes)?;
    let header = Header::of(fmt)?;
    // Bits per sample, bytes at the beginning of a block per channel, and padding after the header that the
    // decoder expects.
    let (bits, first, extra) = match header.encoding {
        MP3 => return Ok(Encoded::Mp3(data)),
        A_LAW | MU_LAW => (8u16, 0, 0),
        MS_ADPCM => (4, 7, 32),
        IMA_ADPCM => (4, 4, 2),
        other => {
            let why = format!("unsupported encoding: {other:#06x}");
            return Err(why.into());
        }
    };
    let Format { rate, channels } = header.format()?;
    let block = match first {
        0 => channels,
        _ => header.block,
    };
    if block <= first * channels {
        let why = format!("damaged header: blocks of {block} bytes for {channels} channels");
        return Err(why.into());
    }
    let mut file = b"RIFF\xFF\xFF\xFF\xFFWAVEfmt ".to_vec();
    file.extend(u32::from(18 + extra).to_le_bytes());
    file.extend([header.encoding, channels].map(u16::to_le_bytes).concat());
    // The byte rate is redundant.
    file.extend([rate, 0].map(u32::to_le_bytes).concat());
    file.extend([block, bits, extra].map(u16::to_le_bytes).concat());
    file.resize(file.len() + usize::from(extra), 0);
    file.extend(b"data");
    // Half a block cannot be decoded.
    let data = &data[..data.len() - data.len() % usize::from(block)];
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    Ok(Encoded::Wav(file))
}

/// The values of the header.
struct Header {
    encoding: u16,
    channels: u16,
    rate: u32,
    /// Bytes per frame, or per encoded block.
    block: u16,
    /// Bits per sample.
    bits: u16,
    /// The channel mask; 0 if missing.
    mask: u32,
}

impl Header {
    fn of(fmt: &[u8]) -> Result<Self, Cause> {
        if fmt.len() < SHORTEST_FMT {
            return Err(format!("truncated header: {} bytes", fmt.len()).into());
        }
        let number = |at: usize| {
            fmt.get(at..at + 2)
                .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
        };
        let long = |at: usize| u32::from(number(at)) | u32::from(number(at + 2)) << 16;
        let is_extensible = number(0) == EXTENSIBLE;
        Ok(Self {
            encoding: match number(EXTENDED_AT) {
                0 if is_extensible => PCM,
                extended if is_extensible => extended,
                _ => number(0),
            },
            channels: number(2),
            rate: long(4),
            block: number(12),
            bits: number(14),
            mask: if is_extensible { long(MASK_AT) } else { 0 },
        })
    }

    fn format(&self) -> Result<Format, Refusal> {
        format(self.rate, self.channels.into())
    }

    /// The type of plain samples.
    fn kind(&self) -> Result<Kind, Cause> {
        let (channels, bits) = (self.channels, self.bits);
        let least = bits.div_ceil(8);
        // The sample width in bytes; if it is wrong, as many as the bits need.
        let width = match self.block / channels {
            width if width * channels == self.block && width >= least => width,
            _ => least,
        };
        match (self.encoding, width) {
            _ if bits == 0 => {}
            (FLOAT, 4) => return Ok(Kind::Float),
            (FLOAT, 8) => return Ok(Kind::Double),
            // In a wider container the value is left-justified, so these also cover 12 bits in 16 and 20 in
            // 24; but not 24 bits in 32 with an unspecified container.
            (PCM, 4) if bits == 24 => return Ok(Kind::Lower24),
            (PCM, 1) => return Ok(Kind::Bytes),
            (PCM, 2) => return Ok(Kind::Bits16),
            (PCM, 3) => return Ok(Kind::Bits24),
            (PCM, 4) => return Ok(Kind::Bits32),
            _ => {}
        }
        let what = if self.encoding == FLOAT {
            "floats"
        } else {
            "integers"
        };
        Err(format!("damaged header: {what} of {bits} bits in {width} bytes").into())
    }
}

impl Kind {
    /// Bytes per sample.
    const fn width(self) -> usize {
        match self {
            Self::Bytes => 1,
            Self::Bits16 => 2,
            Self::Bits24 => 3,
            Self::Float | Self::Bits32 | Self::Lower24 => 4,
            Self::Double => 8,
        }
    }
}

impl Plain<'_> {
    /// The approximate number of samples in `format`.
    pub(in crate::audio) fn samples(&self, format: Format) -> usize {
        let frames = self.data.len() / (self.kind.width() * usize::from(self.format.channels));
        let rate = u64::from(self.format.rate);
        let frames = (frames as u64).min(u64::from(MAX_SECONDS) * rate) * u64::from(format.rate);
        frames.div_ceil(rate) as usize * usize::from(format.channels)
    }

    pub(in crate::audio) fn decode(&self, intake: &mut Intake<'_>) -> Result<(), Refusal> {
        const FULL: f32 = 2_147_483_648.0;
        intake.place(self.places);
        match self.kind {
            Kind::Float => self.convert(intake, f32::from_le_bytes),
            Kind::Double => self.convert(intake, |bytes| f64::from_le_bytes(bytes) as f32),
            Kind::Bytes => self.convert(intake, |[byte]| (f32::from(byte) - 128.0) / 128.0),
            Kind::Bits16 => self.convert(intake, |bytes| {
                f32::from(i16::from_le_bytes(bytes)) / 32_768.0
            }),
            Kind::Bits24 => self.convert(intake, |[a, b, c]| {
                i32::from_le_bytes([0, a, b, c]) as f32 / FULL
            }),
            Kind::Bits32 => self.convert(intake, |bytes| i32::from_le_bytes(bytes) as f32 / FULL),
            Kind::Lower24 => self.convert(intake, |[a, b, c, _]| {
                i32::from_le_bytes([0, a, b, c]) as f32 / FULL
            }),
        }
    }

    /// Converts samples of `N` bytes.
    fn convert<const N: usize>(
        &self,
        intake: &mut Intake<'_>,
        sample: impl Fn([u8; N]) -> f32,
    ) -> Result<(), Refusal> {
        let (samples, _) = self.data.as_chunks::<N>();
        for piece in samples.chunks(PIECE * usize::from(self.format.channels)) {
            let samples = piece.iter().map(|bytes| sample(*bytes)).collect();
            if !intake.take(self.format, samples)? {
                break;
            }
        }
        Ok(())
    }
}

/// Finds the format and the samples. An impossible length means "to the end".
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
                let fmt = fmt.ok_or("no format chunk")?;
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
    Err("no data chunk".into())
}

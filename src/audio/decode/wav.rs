//! WAV files: plain samples are converted in one go, encoded ones are handed to a decoder.
//!
//! Headers lie: programs that write to a pipe do not know how long it will be, others miscount.
//! So the chunks are walked here, and a decoder is given a header that says what there is.

use super::bounds::{MAX_SECONDS, format};
use super::intake::Intake;
use super::refusal::Refusal;
use crate::audio::clip::Format;
use crate::audio::places::Places;
use crate::error::Cause;

/// A chunk of a RIFF file: name, and length in little-endian.
const CHUNK_HEADER: usize = 8;
/// `RIFF`, length, `WAVE`.
const FILE_HEADER: usize = 12;
/// Bytes of a `fmt ` chunk up to the sample's width: every kind has these.
const SHORTEST_FMT: usize = 16;
/// What the samples are, by the number in the header (RFC 2361).
const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const MP3: u16 = 0x55;
/// The number stands further behind, and where the channels are before it.
const EXTENSIBLE: u16 = 0xFFFE;
const MASK_AT: usize = 20;
const EXTENDED_AT: usize = 24;
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
    places: Option<Places>,
    kind: Kind,
    data: &'a [u8],
}

/// What a sample is.
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

/// What takes a decoder.
pub(super) enum Encoded<'a> {
    Mp3(&'a [u8]),
    /// A file with a header that a decoder understands.
    Wav(Vec<u8>),
}

/// Frames that are converted at once: as many as stay in the processor's cache.
const PIECE: usize = 4_096;

/// The plain samples in `bytes`; none where they are encoded in a way that takes a decoder.
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

/// What is in `bytes`, whose samples are not plain.
pub(super) fn encoded(bytes: &[u8]) -> Result<Encoded<'_>, Refusal> {
    let Parts { fmt, data } = walk(bytes)?;
    let header = Header::of(fmt)?;
    // Bits a sample, bytes a block for each channel's first samples, and bytes that the decoder expects
    // behind the header's end, whatever they are.
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
    // The byte rate says nothing that the rest does not.
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

/// What the header says.
struct Header {
    encoding: u16,
    channels: u16,
    rate: u32,
    /// Bytes a frame, or what is decoded at once.
    block: u16,
    /// Bits a sample.
    bits: u16,
    /// Where the channels are; 0 where it does not say.
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

    /// What plain samples are.
    fn kind(&self) -> Result<Kind, Cause> {
        let (channels, bits) = (self.channels, self.bits);
        let least = bits.div_ceil(8);
        // The width of a sample in bytes, unless it is wrong: then as many as its bits need.
        let width = match self.block / channels {
            width if width * channels == self.block && width >= least => width,
            _ => least,
        };
        match (self.encoding, width) {
            _ if bits == 0 => {}
            (FLOAT, 4) => return Ok(Kind::Float),
            (FLOAT, 8) => return Ok(Kind::Double),
            // In a wider container the sample is at the top, so these hold for 12 bits in 16 and 20 in
            // 24, too; but for 24 bits in 32 whose container the header does not name.
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
    /// Bytes a sample.
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
    /// How many samples it is in `format`, about.
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

    /// Every sample, `N` bytes each.
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

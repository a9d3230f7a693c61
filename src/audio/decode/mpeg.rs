//! Examines the bytes of an MP3 without a decoder: tags before the frames, and frame headers.

/// `ID3`, version, flags, and a length of four times seven bits (id3.org, ID3v2.3, section 3.1).
const ID3_HEADER: usize = 10;

/// `bytes` without tags and zeros before the sound, which any kind of sound may have; a decoder would read
/// pictures of any size from tags. Unchanged if there is no tag.
pub(super) fn skip_tags(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((header, tag)) = rest.split_at_checked(ID3_HEADER)
        && header.starts_with(b"ID3")
    {
        let len = header[6..]
            .iter()
            .fold(0, |len, byte| len << 7 | usize::from(byte & 0x7F));
        rest = tag.get(len..).unwrap_or_default();
    }
    let is_sound = |rest: &&[u8]| {
        is_frame(rest)
            || [b"RIFF", b"OggS", b"fLaC"]
                .iter()
                .any(|magic| rest.starts_with(*magic))
    };
    [rest, skip_zeros(rest)]
        .into_iter()
        .find(is_sound)
        .unwrap_or(bytes)
}

/// `bytes` without leading zeros.
pub(super) fn skip_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// Whether `bytes` begin with a frame of MPEG audio layer 3, checking more than the eleven sync bits.
pub(super) fn is_frame(bytes: &[u8]) -> bool {
    let word = header(bytes);
    let part = |shift: u32, bits: u32| word >> shift & ((1 << bits) - 1);
    // Version, layer, bit rate and sample rate; each has a reserved value.
    part(21, 11) == 0x7FF
        && part(19, 2) != 0b01
        && part(17, 2) == 0b01
        && part(12, 4) != 0xF
        && part(10, 2) != 0b11
}

/// The properties that require a new decoder when they change: version, layer, rate, and mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    word: u32,
    is_mono: bool,
}

impl Shape {
    pub(super) fn of(frame: &[u8]) -> Self {
        let word = header(frame);
        Self {
            word: word & 0x001E_0C00,
            is_mono: word >> 6 & 0b11 == 0b11,
        }
    }

    /// Samples per frame and channel.
    pub(super) const fn samples(self) -> u64 {
        let is_version_1 = self.word >> 19 & 0b11 == 0b11;
        if is_version_1 { 1_152 } else { 576 }
    }
}

fn header(frame: &[u8]) -> u32 {
    let bytes = frame.first_chunk().copied();
    u32::from_be_bytes(bytes.unwrap_or_default())
}

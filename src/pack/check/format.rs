//! What a pack's sounds are, by name and by their first bytes: CESP wants both to agree. Herald goes by
//! the content alone.

use std::fmt;
use std::path::Path;

/// How many bytes tell what a file is.
pub(super) const HEAD_LEN: u64 = 12;

/// A kind of sound file that packs may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Wav,
    Mp3,
    Ogg,
}

impl Format {
    /// What a file of that name should be.
    pub(super) fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        let is = |name: &str| extension.eq_ignore_ascii_case(name);
        [("wav", Self::Wav), ("mp3", Self::Mp3), ("ogg", Self::Ogg)]
            .into_iter()
            .find_map(|(name, format)| is(name).then_some(format))
    }

    /// Whether a file that begins with `head` is of this kind.
    pub(super) fn matches(self, head: &[u8]) -> bool {
        match self {
            Self::Wav => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE"),
            Self::Ogg => head.starts_with(b"OggS"),
            // A frame's first two bytes: eleven bits of one, a version that exists, layer III.
            Self::Mp3 => match head {
                [b'I', b'D', b'3', ..] => true,
                [0xFF, second, ..] => second & 0xE6 == 0xE2 && second & 0x18 != 0x08,
                _ => false,
            },
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wav => "WAV",
            Self::Mp3 => "MP3",
            Self::Ogg => "Ogg",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_files_should_be() {
        for (name, format) in [
            ("a.wav", Some(Format::Wav)),
            ("a.b.MP3", Some(Format::Mp3)),
            ("sounds/a.Ogg", Some(Format::Ogg)),
            ("a.flac", None),
            ("wav", None),
            (".wav", None),
            ("", None),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn first_bytes_say_what_files_are() {
        for (format, head, fits) in [
            (Format::Wav, &b"RIFF\0\0\0\0WAVE"[..], true),
            (Format::Wav, b"RIFF\0\0\0\0AVI ", false),
            (Format::Wav, b"RIFF", false),
            (Format::Ogg, b"OggS\0\x02\0\0\0\0\0\0", true),
            (Format::Ogg, b"ID3\x04", false),
            (Format::Mp3, b"ID3\x04", true),
            (Format::Mp3, b"\xFF\xFB\x90\x64", true),
            (Format::Mp3, b"\xFF\xF3\x40\xC0", true),
            (Format::Mp3, b"\xFF\xF2\x40\xC0", true),
            (Format::Mp3, b"\xFF\xE3\x40\xC0", true),
            (Format::Mp3, b"\xFF\xF1\x50\x80", false), // AAC
            (Format::Mp3, b"\xFF\xEB\x50\x80", false), // a version that does not exist
            (Format::Mp3, b"\xFF\xD8\xFF\xE0", false), // a JPEG picture
            (Format::Mp3, b"\xFF", false),
            (Format::Mp3, b"", false),
        ] {
            assert_eq!(format.matches(head), fits, "{format} {head:?}");
        }
    }
}

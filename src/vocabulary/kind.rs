//! Kinds of sound files, recognised by name and by first bytes.

use std::fmt;
#[cfg(feature = "editing")]
use std::path::Path;

/// The number of bytes that identify a file.
#[cfg(feature = "editing")]
pub(crate) const HEAD_LEN: u64 = 12;

/// The formats that Herald plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Wav,
    Mp3,
    Ogg,
    Flac,
    Aiff,
    /// Core Audio.
    Caf,
    /// MPEG-4, such as M4A.
    Mp4,
}

impl Kind {
    /// The kind that a file name claims, of those that a pack may contain.
    #[cfg(feature = "editing")]
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        let is = |name: &str| extension.eq_ignore_ascii_case(name);
        [("wav", Self::Wav), ("mp3", Self::Mp3), ("ogg", Self::Ogg)]
            .into_iter()
            .find_map(|(name, kind)| is(name).then_some(kind))
    }

    /// The kind of a file that begins with `head`.
    pub(crate) fn of_head(head: &[u8]) -> Option<Self> {
        match head {
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'A',
                b'V',
                b'E',
                ..,
            ] => Some(Self::Wav),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            [
                b'F',
                b'O',
                b'R',
                b'M',
                _,
                _,
                _,
                _,
                b'A',
                b'I',
                b'F',
                b'F' | b'C',
                ..,
            ] => Some(Self::Aiff),
            [b'c', b'a', b'f', b'f', ..] => Some(Self::Caf),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            [b'I', b'D', b'3', ..] => Some(Self::Mp3),
            // A frame's first two bytes: eleven bits of one, a version that exists, layer III.
            [0xFF, second, ..] if second & 0xE6 == 0xE2 && second & 0x18 != 0x08 => Some(Self::Mp3),
            _ => None,
        }
    }
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Wav => "WAV",
            Self::Mp3 => "MP3",
            Self::Ogg => "Ogg",
            Self::Flac => "FLAC",
            Self::Aiff => "AIFF",
            Self::Caf => "Core Audio",
            Self::Mp4 => "MPEG-4",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "editing")]
    #[test]
    fn kinds_are_recognised_by_name() {
        for (name, kind) in [
            ("a.wav", Some(Kind::Wav)),
            ("a.b.MP3", Some(Kind::Mp3)),
            ("sounds/a.Ogg", Some(Kind::Ogg)),
            ("a.flac", None),
            ("wav", None),
            (".wav", None),
            ("", None),
        ] {
            assert_eq!(Kind::of_name(Path::new(name)), kind, "{name}");
        }
    }

    #[test]
    fn kinds_are_recognised_by_content() {
        for (head, kind) in [
            (&b"RIFF\0\0\0\0WAVE"[..], Some(Kind::Wav)),
            (b"RIFF", None),
            (b"OggS\0\x02\0\0\0\0\0\0", Some(Kind::Ogg)),
            (b"fLaC", Some(Kind::Flac)),
            (b"FORM\0\0\0\0AIFF", Some(Kind::Aiff)),
            (b"FORM\0\0\0\0AIFC", Some(Kind::Aiff)),
            (b"FORM\0\0\0\08SVX", None),
            (b"caff\0\x01", Some(Kind::Caf)),
            (b"\0\0\0\x20ftypM4A ", Some(Kind::Mp4)),
            (b"ID3\x04", Some(Kind::Mp3)),
            (b"\xFF\xFB\x90\x64", Some(Kind::Mp3)),
            (b"\xFF\xF3\x40\xC0", Some(Kind::Mp3)),
            (b"\xFF\xF2\x40\xC0", Some(Kind::Mp3)),
            (b"\xFF\xE3\x40\xC0", Some(Kind::Mp3)),
            (b"\xFF\xEB\x50\x80", None), // an invalid version
            (b"\xFF", None),
            (b"", None),
        ] {
            assert_eq!(Kind::of_head(head), kind, "{head:?}");
        }
    }
}

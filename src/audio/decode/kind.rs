//! Identifies a file by its first bytes; its name may be wrong.

use super::mpeg;
use super::refusal::{Hint, Refusal};

pub(in crate::audio) use crate::vocabulary::kind::Kind;

impl Kind {
    /// The kind of the file that begins with `bytes`, or why Herald cannot play it.
    pub(in crate::audio) fn of(bytes: &[u8]) -> Result<Self, Foreign> {
        let at = |offset: usize, magic: &[u8]| {
            bytes
                .get(offset..)
                .is_some_and(|rest| rest.starts_with(magic))
        };
        let is = |magic: &[u8]| at(0, magic);
        match Self::of_head(bytes) {
            Some(Self::Ogg) if at(28, b"OpusHead") => return Err(Foreign::Sound("Ogg Opus")),
            Some(kind @ (Self::Aiff | Self::Caf | Self::Mp4))
                if !cfg!(feature = "more-formats") =>
            {
                return Err(Foreign::Sound(kind.name()));
            }
            Some(kind) => return Ok(kind),
            None => {}
        }
        if let [0xFF, second, ..] = bytes
            && second & 0xE0 == 0xE0
        {
            // Two bits are the version of MPEG audio, and two the layer.
            return match (second >> 3 & 0b11, second >> 1 & 0b11) {
                (0b01, _) => Err(Foreign::Other("an invalid MPEG header")),
                (_, 0b00) => Err(Foreign::Sound("AAC")),
                _ => Err(Foreign::Sound("MPEG audio of layer 1 or 2")),
            };
        }
        let sounds: [(&[u8], &str); 7] = [
            (b"FORM", "IFF"),
            (b"RF64", "64-bit WAV"),
            (b"RIFX", "big-endian WAV"),
            (b"MThd", "MIDI"),
            (b"\x30\x26\xB2\x75", "Windows Media"),
            (b"\x1A\x45\xDF\xA3", "Matroska or WebM"),
            (b".snd", "Sun audio"),
        ];
        for (magic, name) in sounds {
            if is(magic) {
                return Err(Foreign::Sound(name));
            }
        }
        let others: [(&[u8], &str); 8] = [
            (b"\x89PNG", "a PNG picture"),
            (b"\xFF\xD8\xFF", "a JPEG picture"),
            (b"GIF8", "a GIF picture"),
            (b"%PDF", "a PDF document"),
            (b"PK\x03\x04", "a ZIP archive"),
            (b"\x1F\x8B", "a gzip archive"),
            (b"\x7FELF", "a program"),
            (
                b"version https://git-lfs",
                "a Git LFS pointer (get the file with `git lfs pull`)",
            ),
        ];
        for (magic, name) in others {
            if is(magic) {
                return Err(Foreign::Other(name));
            }
        }
        if bytes.is_empty() {
            return Err(Foreign::Other("the file is empty"));
        }
        // Some encoders reserve room for a tag and never write it.
        let rest = mpeg::skip_zeros(bytes);
        if rest.is_empty() {
            return Err(Foreign::Other("only zeros at its beginning"));
        }
        if rest.len() < bytes.len() && mpeg::is_frame(rest) {
            return Ok(Self::Mp3);
        }
        let start = &bytes[..bytes.len().min(512)];
        let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
        if start.iter().all(printable) {
            return Err(Foreign::Other("text"));
        }
        Err(Foreign::Other("unknown file type"))
    }
}

/// The kind of a file that Herald cannot play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audio) enum Foreign {
    /// An unsupported sound format.
    Sound(&'static str),
    /// Not a sound.
    Other(&'static str),
}

impl Foreign {
    pub(in crate::audio) fn refusal(self) -> Refusal {
        let (why, hint) = match self {
            Self::Sound(name) => (format!("unsupported format: {name}"), Hint::Convert),
            Self::Other(name) => (format!("not a sound: {name}"), Hint::OtherFile),
        };
        Refusal::from(why).with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_first_bytes() {
        for (bytes, expected) in [
            (&b"\xFF\xF1\x50\x80"[..], Err(Foreign::Sound("AAC"))),
            (b"MThd\0\0\0\x06", Err(Foreign::Sound("MIDI"))),
            (
                b"RIFF\0\0\0\0AVI ",
                Err(Foreign::Other("unknown file type")),
            ),
            (b"\x89PNG\r\n", Err(Foreign::Other("a PNG picture"))),
            (b"\xFF\xD8\xFF\xE0", Err(Foreign::Other("a JPEG picture"))),
            (b"<html>", Err(Foreign::Other("text"))),
            (b"", Err(Foreign::Other("the file is empty"))),
            (
                &[0; 600],
                Err(Foreign::Other("only zeros at its beginning")),
            ),
            (b"\0\0\0\xFF\xFB\x90\x64", Ok(Kind::Mp3)),
            // A reserved rate.
            (
                b"\0\0\0\xFF\xFB\x9C\x64",
                Err(Foreign::Other("unknown file type")),
            ),
            (b"\0\x01\x02", Err(Foreign::Other("unknown file type"))),
        ] {
            assert_eq!(Kind::of(bytes), expected, "{bytes:?}");
        }
        let mut opus = b"OggS".to_vec();
        opus.resize(28, 0);
        opus.extend(b"OpusHead");
        assert_eq!(Kind::of(&opus), Err(Foreign::Sound("Ogg Opus")));
    }
}

//! Sound files that cannot be decoded.

use super::sandbox::wav;

/// Unplayable files: name, content and reason.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut opus = b"OggS\0\x02".to_vec();
    opus.resize(28, 0);
    opus.extend(b"OpusHead\x01\x02");
    let junk: Vec<u8> = (0..4_000_u32).map(|n| ((n * n) >> 3) as u8).collect();
    let mut cut_short = wav(&[1, 2]);
    cut_short.truncate(44);
    vec![
        (
            "bell.mid",
            b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk".to_vec(),
            "unsupported format: MIDI",
        ),
        ("none.wav", Vec::new(), "the file is empty"),
        ("junk.mp3", junk, "not a sound: unknown file type"),
        (
            "cloned.wav",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n".to_vec(),
            "a Git LFS pointer",
        ),
        ("opus.ogg", opus, "unsupported format: Ogg Opus"),
        ("short.wav", cut_short, "contains no samples"),
    ]
}

//! Damaged files: an error or a reasonable sound, never a panic or samples beyond full scale.

use proptest::prelude::*;

use super::*;
use crate::sound::Sound;

#[test]
fn a_file_cut_anywhere_plays_what_is_there_or_says_why_not() {
    for name in PLAYED {
        let whole = fixture(name);
        let frames = decoded(&whole).unwrap().frames();
        let mut played = 0;
        for len in (0..whole.len()).step_by(whole.len() / 200 + 1) {
            if let Ok(clip) = decoded(&whole[..len]) {
                played += 1;
                assert!(clip.frames() <= frames + 4_608, "{name} cut at {len}");
            }
        }
        assert!(
            played > 30,
            "{name}: {played} of 200 pieces could be played"
        );
    }
}

#[test]
fn a_byte_that_is_wrong_does_no_harm() {
    for name in PLAYED {
        let whole = fixture(name);
        // Every byte of the headers, and some of the rest.
        let rest = (200..whole.len()).step_by(whole.len() / 100 + 1);
        for place in (0..whole.len().min(200)).chain(rest) {
            for flip in [0xFF, 0x01, 0x80] {
                let mut damaged = whole.clone();
                damaged[place] ^= flip;
                let _ = decoded(&damaged);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn noise_behind_a_magic_number_does_no_harm(
        magic in prop::sample::select(vec![
            &b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"[..],
            b"OggS\0\x02",
            b"fLaC\0\0\0\x22",
            b"ID3\x04\0\0\0\0\0\0",
            b"\xFF\xFB\x90\x64",
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let _ = decoded(&[magic, &noise].concat());
    }

    #[test]
    fn some_damage_anywhere_does_no_harm(
        name in prop::sample::select(PLAYED.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut bytes = fixture(name);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = decoded(&bytes);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large.wav");
    std::fs::File::create(&large)
        .unwrap()
        .set_len(MAX_LEN + 1)
        .unwrap();
    let empty = dir.path().join("empty.wav");
    std::fs::write(&empty, b"").unwrap();
    let format = Format {
        rate: 48_000,
        channels: 1,
    };
    for (path, says) in [
        (dir.path().join("missing.wav"), "No such file"),
        (dir.path().to_owned(), "not a regular file"),
        (large, "too large: 33554433 bytes (limit: 32 MiB)"),
        (empty, "the file is empty"),
    ] {
        let error = crate::audio::load(&Sound::File(path.clone()), format);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

//! A sound file of any content: a clip within its limits, or an error; never a panic or a hang.
//!
//! `cargo xtask test` runs each target for 5 s; `cargo fuzz run --fuzz-dir tests/fuzz decode_wav`
//! as long as you like.

use herald_audio::internals::audio::{MAX_SECONDS, decode_or_panic};

/// Decodes what `data` makes of `magic` and `files`.
pub(crate) fn check(magic: &[u8], files: &[&[u8]], data: &[u8]) {
    // The first byte says what the rest is.
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let file = files[usize::from(kind / 4) % files.len()];
    let content = match kind % 4 {
        // All behind the first bytes.
        0 => [magic, data].concat(),
        // A good file with other bytes here and there.
        1 => patched(file, data),
        // The beginning of a good file.
        2 => {
            let (len, data) = number(data);
            [&file[..len % (file.len() + 1)], data].concat()
        }
        // A good file with something put in, or over.
        _ => {
            let (place, data) = number(data);
            let (before, after) = file.split_at(place % (file.len() + 1));
            [
                before,
                data,
                after.get(data.len() / 2..).unwrap_or_default(),
            ]
            .concat()
        }
    };
    if let Ok(clip) = decode_or_panic(&content) {
        assert!(clip.frames() > 0);
        assert!(clip.duration().as_secs() <= MAX_SECONDS.into());
        assert!(clip.samples().iter().all(|sample| sample.abs() <= 1.0));
    }
}

fn number(data: &[u8]) -> (usize, &[u8]) {
    match data {
        [low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
        _ => (0, data),
    }
}

fn patched(file: &[u8], data: &[u8]) -> Vec<u8> {
    let mut patched = file.to_vec();
    for patch in data.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % file.len();
        patched[place] = patch[2];
    }
    patched
}

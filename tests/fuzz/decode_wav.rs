//! Decodes what claims to be a WAV file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/piped.wav"),
    include_bytes!("../fixtures/sounds/six-24.wav"),
    include_bytes!("../fixtures/sounds/alaw.wav"),
    include_bytes!("../fixtures/sounds/ms-adpcm.wav"),
    include_bytes!("../fixtures/sounds/ima-adpcm.wav"),
];

fuzz_target!(|data: &[u8]| decode::check(b"RIFF\0\0\0\0WAVEfmt ", FILES, data));

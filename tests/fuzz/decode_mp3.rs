//! Decodes what claims to be an MP3 file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/mono.mp3"),
    include_bytes!("../fixtures/sounds/stereo-id3.mp3"),
    include_bytes!("../fixtures/sounds/stereo-24k.mp3"),
];

fuzz_target!(|data: &[u8]| decode::check(b"\xFF\xFB\x90\x64", FILES, data));

//! Decodes what claims to be a FLAC file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/stereo-16.flac"),
    include_bytes!("../fixtures/sounds/mono-24.flac"),
];

fuzz_target!(|data: &[u8]| decode::check(b"fLaC\0\0\0\x22", FILES, data));

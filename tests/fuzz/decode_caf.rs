//! Decodes what claims to be a Core Audio file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/mono-24.caf"),
    include_bytes!("../fixtures/sounds/stereo-alac.caf"),
];

fuzz_target!(|data: &[u8]| decode::check(b"caff\0\x01\0\0", FILES, data));

//! Decodes what claims to be an MPEG-4 file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/stereo-aac.m4a"),
    include_bytes!("../fixtures/sounds/stereo-alac.m4a"),
];

fuzz_target!(|data: &[u8]| decode::check(b"\0\0\0\x1cftypM4A ", FILES, data));

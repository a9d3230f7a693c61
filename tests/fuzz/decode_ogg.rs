//! Decodes what claims to be an Ogg Vorbis file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/stereo.ogg"),
    include_bytes!("../fixtures/sounds/six.ogg"),
];

fuzz_target!(|data: &[u8]| decode::check(b"OggS\0\x02", FILES, data));

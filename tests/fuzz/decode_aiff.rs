//! Decodes what claims to be an AIFF file.
#![no_main]

mod decode;

use libfuzzer_sys::fuzz_target;

const FILES: &[&[u8]] = &[
    include_bytes!("../fixtures/sounds/stereo.aiff"),
    include_bytes!("../fixtures/sounds/mono-sowt.aifc"),
];

fuzz_target!(|data: &[u8]| decode::check(b"FORM\0\0\0\0AIFF", FILES, data));

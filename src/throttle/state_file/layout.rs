//! The bytes of the state file, version 1.
//!
//! | offset | size | field | value in version 1 |
//! |---|---|---|---|
//! | 0 | 8 | magic | `HERALDth` |
//! | 8 | 4 | layout version | 1 |
//! | 12 | 4 | byte-order mark | `0x0a0b0c0d` |
//! | 16 | 4 | sets | 2048 |
//! | 20 | 4 | words of a set | 8 |
//! | 24 | 4 | hash of keys | 1: XXH3-64, seed 0 |
//! | 28 | 4 | word format | 1: stamp 40, void 1, tag 23 |
//! | 32 | 8 | offset of the words | 4096 |
//! | 40 | 8 | length of the file | 135,168 |
//! | 48 | 8 | reserved | 0 |
//! | 56 | 8 | checksum | XXH3-64, seed 0, of the 56 bytes before |
//! | 64 | 47 × 64 | counters | a line each: admitted, suppressed, failed, suppressed and counted without mapping the file, 4 reserved words |
//! | 3072 | 64 | controls | the user's word and the fleet's, see `crate::controls`, and 6 reserved words |
//! | 3136 | 15 × 64 | last picks | 120 words, see `crate::picks` |
//! | 4096 | 131,072 | words | see [`crate::table::word`] |
//!
//! Line 0 counts for what has no number, line n + 1 for number n: Herald's events. Counters and words have cache lines apart, so that
//! counting does not slow checks down.
//!
//! ```text
//!       0          64               3072       3136         4096                          135168
//!       ├──────────┼────────────────┼──────────┼────────────┼─────────────────────────────┤
//!       │  header  │ 47 lines of    │ controls │ last picks │ 2048 sets of 8 words,
//!       │          │ counters       │          │            │ 64 bytes each               │
//!       └──────────┴────────────────┴──────────┴────────────┴─────────────────────────────┘
//! ```
//!
//! Controls, picks and the fleet's word were added later, in lines that no event ever used for counters. Older programs do not
//! touch them, and their files contain zeros there, which mean no mute, no pick and no mute of a fleet. So the version is still
//! 1.
//!
//! Numbers are in native byte order; the mark identifies a file from a machine with another one. The file
//! never changes its length, and a new layout is a new file: the version is part of the name.

use xxhash_rust::xxh3::xxh3_64;

use crate::controls::Controls;
use crate::table::{SETS, SLOTS, WAYS};

/// The state file's name in the state directory.
pub const FILE_NAME: &str = "throttle.v1";
/// The length of a header in bytes.
pub const HEADER_LEN: usize = 64;
/// Where the counters begin.
pub const COUNTERS_OFFSET: usize = HEADER_LEN;
/// Lines of counters.
pub const LINES: usize = 47;
/// Where the line begins whose first words are the controls and those of the fleet.
pub const CONTROLS_OFFSET: usize = COUNTERS_OFFSET + LINES * LINE_LEN;
/// Where the last picks begin.
pub const PICKS_OFFSET: usize = CONTROLS_OFFSET + LINE_LEN;
/// Lines of last picks.
pub const PICK_LINES: usize = (WORDS_OFFSET - PICKS_OFFSET) / LINE_LEN;
/// The offset of the words, on their own page.
pub const WORDS_OFFSET: usize = 4096;
/// The length of the file in bytes.
pub const FILE_LEN: usize = WORDS_OFFSET + SLOTS * size_of::<u64>();

/// The length of a line in bytes.
pub(super) const LINE_LEN: usize = WAYS * WORD_LEN;
/// The length of a word in bytes.
pub(super) const WORD_LEN: usize = size_of::<u64>();

const MAGIC: [u8; 8] = *b"HERALDth";
const LAYOUT_VERSION: u32 = 1;
const BYTE_ORDER_MARK: u32 = 0x0a0b_0c0d;
const HASH_XXH3_64: u32 = 1;
const WORD_FORMAT: u32 = 1;
const CHECKSUM_OFFSET: usize = HEADER_LEN - 8;

/// The header of a new file.
pub fn header() -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&MAGIC);
    for field in [
        LAYOUT_VERSION,
        BYTE_ORDER_MARK,
        SETS as u32,
        WAYS as u32,
        HASH_XXH3_64,
        WORD_FORMAT,
    ] {
        put(&field.to_ne_bytes());
    }
    put(&(WORDS_OFFSET as u64).to_ne_bytes());
    put(&(FILE_LEN as u64).to_ne_bytes());
    put(&[0; 8]);
    let checksum = xxh3_64(&header[..CHECKSUM_OFFSET]);
    header[CHECKSUM_OFFSET..].copy_from_slice(&checksum.to_ne_bytes());
    header
}

/// The bytes of a new file with these controls.
pub fn new_file(controls: Controls) -> Vec<u8> {
    let mut bytes = vec![0; FILE_LEN];
    bytes[..HEADER_LEN].copy_from_slice(&header());
    let controls = controls.bits().to_ne_bytes();
    bytes[CONTROLS_OFFSET..][..controls.len()].copy_from_slice(&controls);
    bytes
}

/// Checks a header.
///
/// # Errors
///
/// The problem.
pub fn check(found: &[u8; HEADER_LEN]) -> Result<(), &'static str> {
    let expected = header();
    if *found == expected {
        return Ok(());
    }
    // Only one header is valid; the rest determines the message.
    Err(if found[..8] != MAGIC {
        "not a Herald state file"
    } else if found[8..12] != expected[8..12] {
        "unsupported layout version"
    } else if found[12..16] != expected[12..16] {
        "written by a machine with another byte order"
    } else {
        "damaged header"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_header_is_valid() {
        assert_eq!(check(&header()), Ok(()));
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        for at in 0..HEADER_LEN {
            let mut damaged = header();
            damaged[at] ^= 0x40;
            assert!(check(&damaged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_words_fill_the_file_to_its_end_and_start_on_a_page() {
        assert_eq!(FILE_LEN, 135_168);
        assert_eq!(WORDS_OFFSET % 4096, 0);
    }

    #[test]
    fn controls_and_picks_are_where_no_event_is_counted() {
        assert_eq!(
            (CONTROLS_OFFSET, PICKS_OFFSET, PICK_LINES),
            (3072, 3136, 15)
        );
        assert_eq!(PICKS_OFFSET + PICK_LINES * LINE_LEN, WORDS_OFFSET);
    }
}

//! Finds the end of a JSON string quickly, to skip megabytes of tool output.
//!
//! It processes blocks of 64 bytes. A block cannot contain the end of the string if each quote follows a
//! backslash and no backslash follows another; most blocks pass this test in a few vector instructions. In
//! the others, bit operations separate escaped quotes from the closing one without branches, as in Geoff
//! Langdale and Daniel Lemire, "Parsing Gigabytes of JSON per Second" (VLDB Journal, 2019, section 3.1.1).

type Block = [u8; 64];

/// The result of skipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skipped {
    /// The string ended after this many bytes, including the quote.
    ToEnd(usize),
    /// The input ended before the string.
    All {
        /// Whether a backslash escapes the next byte.
        escaped: bool,
    },
}

/// Skips to the end of the string that continues in `bytes`; `escaped` says whether the byte before them was
/// an escaping backslash.
pub(super) fn skip(bytes: &[u8], mut escaped: bool) -> Skipped {
    let (blocks, rest) = bytes.as_chunks();
    for (number, block) in blocks.iter().enumerate() {
        let start = number * size_of::<Block>();
        let one_back = start
            .checked_sub(1)
            .and_then(|before| bytes.get(before..start + 63));
        // The effect of a preceding backslash on the first byte is already known.
        let seen = |one_back: &[u8]| (one_back[0] == b'\\') == escaped;
        if one_back.is_some_and(|one_back| seen(one_back) && has_no_end(one_back, block)) {
            escaped = block[63] == b'\\';
        } else if let Some(end) = end_in(block, &mut escaped) {
            return Skipped::ToEnd(start + end + 1);
        }
    }
    let before = bytes.len() - rest.len();
    for (place, byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Skipped::ToEnd(before + place + 1),
            _ => {}
        }
    }
    Skipped::All { escaped }
}

/// Whether the string cannot end in `block`; `one_back` holds the byte before each of its bytes.
#[inline]
fn has_no_end(one_back: &[u8], block: &Block) -> bool {
    // No early exit: then the compiler emits vector instructions.
    let pairs = one_back.iter().zip(block);
    !pairs.fold(false, |may_end, (before, byte)| {
        let after_backslash = *before == b'\\';
        may_end | ((*byte == b'"') & !after_backslash) | ((*byte == b'\\') & after_backslash)
    })
}

/// The position in `block` at which the string ends.
#[inline]
fn end_in(block: &Block, escaped: &mut bool) -> Option<usize> {
    let is_escaped = escaped_places(places(block, b'\\'), escaped);
    let quotes = places(block, b'"') & !is_escaped;
    (quotes != 0).then(|| quotes.trailing_zeros() as usize)
}

/// A bit for each position of `byte` in `block`; the lowest bit is the first.
#[inline]
fn places(block: &Block, byte: u8) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Maps each byte to its bit within a group of eight, also with vector instructions.
    let mut bits: Block = [0; 64];
    for (place, bit) in bits.iter_mut().enumerate() {
        *bit = if block[place] == byte {
            1 << (place % 8)
        } else {
            0
        };
    }
    let words = bits
        .as_chunks()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word));
    // The highest byte of the product is the sum of the eight bytes.
    let eights = words.map(|word| word.wrapping_mul(ONES) >> 56);
    let placed = eights
        .enumerate()
        .map(|(number, eight)| eight << (8 * number));
    placed.fold(0, |places, eight| places | eight)
}

/// The positions escaped by `backslashes`, which is not zero: every second backslash of a run escapes the
/// next byte. `escaped` carries over between blocks.
#[inline]
fn escaped_places(backslashes: u64, escaped: &mut bool) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let carried = u64::from(*escaped);
    let backslashes = backslashes & !carried;
    let after = (backslashes << 1) | carried;
    let odd_starts = backslashes & !EVEN & !after;
    // The carry of the addition passes through each run that starts at an odd position.
    let (even_runs, overflow) = odd_starts.overflowing_add(backslashes);
    *escaped = overflow;
    (EVEN ^ (even_runs << 1)) & after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The reference: the JSON standard, byte by byte.
    fn plain(bytes: &[u8], mut escaped: bool) -> Skipped {
        for (place, byte) in bytes.iter().enumerate() {
            if escaped {
                escaped = false;
            } else if *byte == b'"' {
                return Skipped::ToEnd(place + 1);
            } else {
                escaped = *byte == b'\\';
            }
        }
        Skipped::All { escaped }
    }

    #[test]
    fn places_are_where_the_byte_is_and_nowhere_else() {
        for byte in 0..=u8::MAX {
            let mut block = [byte; 64];
            for place in [0, 7, 8, 31, 63] {
                block[place] = b'"';
            }
            let expected = (0..64).filter(|place| block[*place] == b'"');
            let expected = expected.fold(0, |places, place| places | 1 << place);
            assert_eq!(places(&block, b'"'), expected, "among {byte:#x}");
        }
    }

    #[test]
    fn runs_of_backslashes_are_counted_wherever_they_stand() {
        for (before, run) in (0..66).flat_map(|before| (0..130).map(move |run| (before, run))) {
            for (after, escaped) in [(0, false), (1, true)] {
                let mut bytes = vec![b'x'; before];
                bytes.extend(vec![b'\\'; run]);
                bytes.push(b'"');
                bytes.extend(vec![b'x'; after]);
                let found = skip(&bytes, escaped);
                assert_eq!(found, plain(&bytes, escaped), "{before}, {run}, {after}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn strings_end_where_they_do_byte_by_byte(
            chosen in prop::collection::vec(any::<u16>(), 0..400),
            escaped: bool,
        ) {
            let byte = |chosen: u16| match chosen % 14 {
                0..6 => b'\\',
                6..12 => b'x',
                12 => b'"',
                _ => (chosen >> 8) as u8,
            };
            let bytes: Vec<u8> = chosen.into_iter().map(byte).collect();
            prop_assert_eq!(skip(&bytes, escaped), plain(&bytes, escaped));
        }

        #[test]
        fn strings_as_programs_write_them_end_where_they_do(
            chosen in prop::collection::vec(0..30u8, 0..400),
            after in "[x\"]{0,80}",
        ) {
            let part = |chosen: &u8| match chosen {
                0..20 => "x",
                20..26 => "\\\"",
                26..29 => "\\n",
                _ => "\\\\",
            };
            let text: Vec<&str> = chosen.iter().map(part).collect();
            let bytes = [&text.concat(), "\"", &after].concat().into_bytes();
            prop_assert_eq!(skip(&bytes, false), plain(&bytes, false));
        }
    }
}

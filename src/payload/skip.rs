//! To the end of a JSON string that nobody wants: the fast way over megabytes of tool output.
//!
//! 64 bytes are taken at once. A block where each quote has a backslash before it, and no backslash
//! has one, holds no end: that is most of them, and a few vector instructions each. In others, the
//! quotes that backslashes escape are told from the one that ends the string without a branch for
//! each, as Geoff Langdale and Daniel Lemire do in "Parsing Gigabytes of JSON per Second" (VLDB
//! Journal, 2019, section 3.1.1).

type Block = [u8; 64];

/// How far a string was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skipped {
    /// To its end: so many bytes, of which the quote is the last.
    ToEnd(usize),
    /// To the end of what there is.
    All {
        /// Whether a backslash escapes what is to come.
        escaped: bool,
    },
}

/// Passes over the string that `bytes` go on with; `escaped` says whether a backslash came before
/// them.
pub(super) fn skip(bytes: &[u8], mut escaped: bool) -> Skipped {
    let (blocks, rest) = bytes.as_chunks();
    for (number, block) in blocks.iter().enumerate() {
        let start = number * size_of::<Block>();
        let one_back = start
            .checked_sub(1)
            .and_then(|before| bytes.get(before..start + 63));
        // What a backslash before the block does to its first byte, is known by now.
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

/// Whether the string cannot end in `block`; `one_back` are the bytes before each of its bytes.
#[inline]
fn has_no_end(one_back: &[u8], block: &Block) -> bool {
    // Without a way out of the loop: the compiler makes a few vector instructions of it.
    let pairs = one_back.iter().zip(block);
    !pairs.fold(false, |may_end, (before, byte)| {
        let after_backslash = *before == b'\\';
        may_end | ((*byte == b'"') & !after_backslash) | ((*byte == b'\\') & after_backslash)
    })
}

/// Where in `block` the string ends.
#[inline]
fn end_in(block: &Block, escaped: &mut bool) -> Option<usize> {
    let is_escaped = escaped_places(places(block, b'\\'), escaped);
    let quotes = places(block, b'"') & !is_escaped;
    (quotes != 0).then(|| quotes.trailing_zeros() as usize)
}

/// A bit for each place of `block` where `byte` stands, the lowest for the first.
#[inline]
fn places(block: &Block, byte: u8) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Each byte to the bit that it will have among its eight: vector instructions again.
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
    // The highest byte of the product is the sum of all eight.
    let eights = words.map(|word| word.wrapping_mul(ONES) >> 56);
    let placed = eights
        .enumerate()
        .map(|(number, eight)| eight << (8 * number));
    placed.fold(0, |places, eight| places | eight)
}

/// The places that a backslash escapes, of which there are some at `backslashes`: every second
/// one of a run escapes the next. `escaped` is carried from block to block.
#[inline]
fn escaped_places(backslashes: u64, escaped: &mut bool) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let carried = u64::from(*escaped);
    let backslashes = backslashes & !carried;
    let after = (backslashes << 1) | carried;
    let odd_starts = backslashes & !EVEN & !after;
    // The carry of the addition runs to the end of each run that starts at an odd place.
    let (even_runs, overflow) = odd_starts.overflowing_add(backslashes);
    *escaped = overflow;
    (EVEN ^ (even_runs << 1)) & after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the JSON standard says it.
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

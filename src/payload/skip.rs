//! To the end of a JSON string that nobody wants: the fast way over megabytes of tool output.
//!
//! 64 bytes are taken at once. A block where each quote has a backslash before it, and no backslash
//! has one, holds no end: that is most of them, and a few vector instructions each. In others each
//! quote is looked at. To stop at every quote, or every backslash, as `memchr` does, is five to a
//! hundred times slower where code and JSON are in the string.

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
pub(super) fn skip(bytes: &[u8], escaped: bool) -> Skipped {
    // Of a run of backslashes every second one escapes the next byte. All runs together are no longer
    // than the text.
    let is_escaped = |place: usize| {
        let before = bytes[..place].iter().rev();
        let run = before.take_while(|byte| **byte == b'\\').count();
        (run % 2 == 1) != (escaped && run == place)
    };
    let end_in = |start: usize, block: &[u8]| {
        let mut bytes = (start..).zip(block);
        bytes.find_map(|(place, byte)| (*byte == b'"' && !is_escaped(place)).then_some(place))
    };
    let (blocks, rest) = bytes.as_chunks();
    let mut start = 0_usize;
    for block in blocks {
        let before = start.checked_sub(1);
        let one_back = before.and_then(|before| bytes.get(before..start + 63));
        if one_back.is_none_or(|one_back| may_have_end(one_back, block))
            && let Some(end) = end_in(start, block)
        {
            return Skipped::ToEnd(end + 1);
        }
        start += block.len();
    }
    match end_in(start, rest) {
        Some(end) => Skipped::ToEnd(end + 1),
        None => Skipped::All {
            escaped: is_escaped(bytes.len()),
        },
    }
}

/// Whether the string may end in `block`; `one_back` are the bytes before each of its bytes.
#[inline]
fn may_have_end(one_back: &[u8], block: &Block) -> bool {
    // Whether the backslash before the first byte escapes it, is not seen here. Without a way out of
    // the loop: the compiler makes a few vector instructions of it.
    let pairs = one_back.iter().zip(block);
    pairs.fold(block[0] == b'"', |may_end, (before, byte)| {
        let after_backslash = *before == b'\\';
        may_end | ((*byte == b'"') & !after_backslash) | ((*byte == b'\\') & after_backslash)
    })
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

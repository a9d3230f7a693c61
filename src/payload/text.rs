//! JSON strings, and text as agents write it.

use std::borrow::Cow;

/// The first characters of `text`, up to `max_len` bytes.
pub(crate) fn start_of(text: &str, max_len: usize) -> &str {
    let mut ends = (0..=max_len.min(text.len())).rev();
    let end = ends.find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// The value of a JSON string, given the text between its quotes.
pub(super) fn unescape(written: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(written);
    if !written.contains(&b'\\') {
        return text;
    }
    let read = |text: &str| serde_json::from_str::<String>(&format!("\"{text}\""));
    // Text that is invalid in a JSON string, such as a bare line feed, is taken literally.
    Cow::Owned(
        read(&text)
            .or_else(|_| read(&repair(&text)))
            .unwrap_or_else(|_| text.into_owned()),
    )
}

/// Replaces escapes of unpaired surrogates with U+FFFD.
fn repair(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        repaired.push_str(before);
        let whole = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => 0,
            _ => escape
                .char_indices()
                .nth(2)
                .map_or(escape.len(), |(end, _)| end),
        };
        let (kept, after) = if whole == 0 {
            ("\\ufffd", 6)
        } else {
            (&escape[..whole], whole)
        };
        repaired.push_str(kept);
        rest = &escape[after..];
    }
    repaired + rest
}

/// The UTF-16 unit of the `\uXXXX` at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn a_start_has_whole_characters() {
        for (max_len, start) in [(0, ""), (1, "a"), (2, "a"), (3, "aß"), (9, "aß")] {
            assert_eq!(start_of("aß", max_len), start);
        }
    }

    proptest! {
        #[test]
        fn serialized_strings_are_read_back(text: String) {
            let json = Value::String(text.clone()).to_string();
            prop_assert_eq!(unescape(&json.as_bytes()[1..json.len() - 1]), text);
        }

        #[test]
        fn repairing_ends_and_keeps_what_is_whole(text: String) {
            let json = Value::String(text.clone()).to_string();
            prop_assert_eq!(repair(&json), json);
            repair(&format!("\\u{text}\\"));
        }
    }
}

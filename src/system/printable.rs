//! Makes untrusted text safe to print: it cannot move the cursor, clear the screen or reverse the text
//! direction.

/// Whether a terminal would act on a character: ASCII and C1 controls (including DEL and ESC), bidirectional
/// controls, line separators, and noncharacters, which Herald uses to mark colours.
pub(crate) fn is_raw(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{fdd0}'..='\u{fdef}'
        )
}

/// `text` on one line, with raw characters escaped.
pub fn printable(text: impl std::fmt::Display) -> String {
    let text = text.to_string();
    match text.contains(is_raw) {
        true => escaped(&text, |shown, character| {
            shown.extend(character.escape_default());
        }),
        false => text,
    }
}

/// `json` with raw characters escaped. Only strings can contain them, and their values stay the same.
#[cfg(feature = "editing")]
pub fn printable_json(json: &str) -> String {
    escaped(json, |shown, character| match character {
        '\n' => shown.push('\n'),
        // Valid JSON has these only between members.
        '\t' | '\r' => shown.push(' '),
        raw => {
            shown.push_str(&format!("\\u{:04x}", u32::from(raw)));
        }
    })
}

/// `text` with raw characters replaced by `escape`.
pub fn escaped(text: &str, escape: impl Fn(&mut String, char)) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_raw(character) {
            true => escape(&mut shown, character),
            false => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_characters_are_escaped() {
        for (text, shown) in [
            ("plain größe 日本", "plain größe 日本"),
            ("a\u{1b}[2J\u{7}\u{7f}", "a\\u{1b}[2J\\u{7}\\u{7f}"),
            ("\u{80}\u{9b}\u{9f}\u{a0}", "\\u{80}\\u{9b}\\u{9f}\u{a0}"),
            ("\u{202e}a\u{2066}\u{61c}", "\\u{202e}a\\u{2066}\\u{61c}"),
            ("a\r\n\tb\u{2028}\0", "a\\r\\n\\tb\\u{2028}\\u{0}"),
            ("\u{fdd0}", "\\u{fdd0}"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(printable(printable(text)), shown, "twice is once");
        }
    }

    #[cfg(feature = "editing")]
    #[test]
    fn json_says_the_same() {
        let value = serde_json::json!({"a\u{9b}\u{202e}": ["\u{1b}\u{7f}\n\u{fdd1}\u{2028}", 1]});
        for json in [value.to_string(), format!("{value:#}\n")] {
            let shown = printable_json(&json);
            assert!(!shown.replace('\n', "").contains(is_raw), "{shown:?}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
                value
            );
        }
    }
}

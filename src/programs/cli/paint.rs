//! Colours: text written through [`super::terminal`] keeps them on a terminal only.
//!
//! In a text, a noncharacter marks where a colour begins, and another where it ends. Text of others has
//! these escaped ([`herald_audio::internals::system::printable`]); a mark in it could change a colour and no more.
//!
//! anstream decides whether a terminal gets colours (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM`).

use anstyle::{AnsiColor, Reset, Style};

const GOOD: char = '\u{fdd0}';
const DOUBTFUL: char = '\u{fdd1}';
const WRONG: char = '\u{fdd2}';
const END: char = '\u{fdd3}';

/// Green: as it should be.
pub(super) fn good(text: &str) -> String {
    painted(text, GOOD)
}

/// Yellow: worth a look.
pub(super) fn doubtful(text: &str) -> String {
    painted(text, DOUBTFUL)
}

/// Red: wrong, or removed.
pub(super) fn wrong(text: &str) -> String {
    painted(text, WRONG)
}

fn painted(text: &str, colour: char) -> String {
    format!("{colour}{text}{END}")
}

/// A mark's escape sequence; none if it is no mark.
pub(super) fn code(mark: char) -> Option<String> {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match mark {
        GOOD => Some(colour(AnsiColor::Green).to_string()),
        DOUBTFUL => Some(colour(AnsiColor::Yellow).to_string()),
        WRONG => Some(colour(AnsiColor::Red).bold().to_string()),
        END => Some(Reset.to_string()),
        _ => None,
    }
}

/// A text without its marks, for tests.
#[cfg(test)]
pub(super) fn plain(text: &str) -> String {
    text.replace([GOOD, DOUBTFUL, WRONG, END], "")
}

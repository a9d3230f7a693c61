//! Colours, for people: what is written through [`super::terminal`] keeps them on a terminal only.
//!
//! In a text, a noncharacter marks where a colour begins, and another where it ends. Nobody else's text
//! has any when it gets here ([`herald_audio::system::printable`]), and if it had, it would be colourful and no more.
//!
//! Whether a terminal wants colours is anstream's to say (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM`).

use anstyle::{AnsiColor, Reset, Style};

const GOOD: char = '\u{fdd0}';
const DOUBTFUL: char = '\u{fdd1}';
const WRONG: char = '\u{fdd2}';
const END: char = '\u{fdd3}';

/// As it should be.
pub(super) fn good(text: &str) -> String {
    painted(text, GOOD)
}

/// Worth a look.
pub(super) fn doubtful(text: &str) -> String {
    painted(text, DOUBTFUL)
}

/// Wrong, or gone.
pub(super) fn wrong(text: &str) -> String {
    painted(text, WRONG)
}

fn painted(text: &str, colour: char) -> String {
    format!("{colour}{text}{END}")
}

/// What a mark is for a terminal; none if it is no mark.
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

//! Colours, for people: what is written through [`super::answer`] keeps them on a terminal only.
//!
//! Whether a terminal wants them is anstream's to say (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM`).

use anstyle::{AnsiColor, Color, Style};

/// As it should be.
pub(super) fn good(text: &str) -> String {
    painted(
        text,
        Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green))),
    )
}

/// Worth a look.
pub(super) fn doubtful(text: &str) -> String {
    painted(
        text,
        Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow))),
    )
}

/// Wrong, or gone.
pub(super) fn wrong(text: &str) -> String {
    painted(
        text,
        Style::new()
            .bold()
            .fg_color(Some(Color::Ansi(AnsiColor::Red))),
    )
}

fn painted(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

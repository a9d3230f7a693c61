//! Output for the user. A closed pipe (`| head`) is not a reason to stop or panic.

use std::io::{IsTerminal, Write};

/// The header of a step.
pub(crate) fn step(name: &str) {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let cargo_color = std::env::var("CARGO_TERM_COLOR").ok();
    let colored = colored(
        std::io::stdout().is_terminal(),
        no_color,
        cargo_color.as_deref(),
    );
    line(&header(name, colored));
}

/// A line on stdout.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A line on stderr.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn colored(terminal: bool, no_color: bool, cargo_color: Option<&str>) -> bool {
    terminal && !no_color && cargo_color != Some("never")
}

fn header(name: &str, colored: bool) -> String {
    if colored {
        format!("\x1b[1;32m==>\x1b[0m \x1b[1m{name}\x1b[0m")
    } else {
        format!("==> {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_user_wants_them() {
        assert!(colored(true, false, None));
        assert!(colored(true, false, Some("always")));
        assert!(!colored(false, false, Some("always")));
        assert!(!colored(true, true, None));
        assert!(!colored(true, false, Some("never")));
    }

    #[test]
    fn a_plain_header_has_no_escapes() {
        assert_eq!(header("clippy", false), "==> clippy");
        assert!(header("clippy", true).contains("\x1b[0m"));
    }
}

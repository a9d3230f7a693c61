//! What an agent writes to its terminal at an event, in place of a sound or beside it.
//!
//! The agent accepts the bell and notifications, and nothing else; a multiplexer gets them in its own form
//! from the agent.

use std::path::Path;

use crate::config::Terminal;
use crate::payload::text::start_of;
use crate::system::env::Env;

/// The longest text of a notification, in bytes.
const MAX_LEN: usize = 200;

/// Terminals with notifications of their own form, by a part of `TERM_PROGRAM` or `TERM`; all others that
/// show notifications know that of iTerm2.
const FORMS: [(&str, &str); 6] = [
    ("kitty", "\x1b]99;;"),
    ("ghostty", "\x1b]777;notify;Herald;"),
    ("Warp", "\x1b]777;notify;Herald;"),
    ("rxvt", "\x1b]777;notify;Herald;"),
    ("foot", "\x1b]777;notify;Herald;"),
    ("vte", "\x1b]777;notify;Herald;"),
];
const ITERM: &str = "\x1b]9;";
const BELL: &str = "\x07";

/// The sequence for `terminal`; a notification says `what` about the project at `root`.
pub(super) fn sequence(terminal: Terminal, what: &str, root: Option<&Path>, env: &Env) -> String {
    if terminal == Terminal::Bell {
        return BELL.to_owned();
    }
    let name = |variable| env.get(variable).unwrap_or_default();
    let names = ["TERM_PROGRAM", "TERM"].map(name);
    let is_it = |part: &str| {
        let mut names = names.iter();
        names.any(|name| name.to_string_lossy().contains(part))
    };
    let own = FORMS.iter().find(|(part, _)| is_it(part));
    let form = own.map_or(ITERM, |(_, form)| form);
    let project = root.and_then(Path::file_name).unwrap_or_default();
    let text = format!("{what} ({})", project.display());
    // A control character could end the sequence and begin another.
    let plain = text.replace(char::is_control, " ");
    format!("{form}{}{BELL}", start_of(&plain, MAX_LEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(vars: &[(&str, &str)], what: &str) -> String {
        let env = Env::of(vars.iter().copied());
        sequence(
            Terminal::Notify,
            what,
            Some(Path::new("/home/dev/shop")),
            &env,
        )
    }

    #[test]
    fn each_terminal_gets_its_own_form() {
        let bell = sequence(Terminal::Bell, "Stop", None, &Env::of([("TERM", "xterm")]));
        assert_eq!(bell, "\x07");
        for (vars, sequence) in [
            (&[][..], "\x1b]9;Stop (shop)\x07"),
            (
                &[("TERM_PROGRAM", "tmux"), ("TERM", "screen")],
                "\x1b]9;Stop (shop)\x07",
            ),
            (&[("TERM", "xterm-kitty")], "\x1b]99;;Stop (shop)\x07"),
            (
                &[("TERM_PROGRAM", "WarpTerminal")],
                "\x1b]777;notify;Herald;Stop (shop)\x07",
            ),
        ] {
            assert_eq!(notification(vars, "Stop"), sequence, "{vars:?}");
        }
    }

    #[test]
    fn a_text_is_plain_and_short() {
        let hostile = "a\x07\x1b]52;c;x\u{9c}\n".repeat(1_000);
        let sequence = notification(&[], &hostile);
        assert!(sequence.len() < 2 * MAX_LEN);
        let inside = &sequence[ITERM.len()..sequence.len() - BELL.len()];
        assert!(!inside.contains(char::is_control), "{inside:?}");
    }
}

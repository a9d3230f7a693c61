//! The one door to standard output and standard error, for every command and for the hook. Whatever
//! it is given, what others wrote reaches no terminal raw: everything but line ends and Herald's own
//! colours ([`super::paint`]) is escaped here, so that no command can forget it. A test sees to it that
//! nobody else writes there.
//!
//! A line that others could break in two is made one before, by [`printable`]: here, a line end of
//! theirs cannot be told from one of Herald's.

use std::io::{self, IsTerminal, Write};

use super::{paint, patient};
use herald_audio::system::printable::{escaped, printable, printable_json};

/// How wide a line about progress is.
const PROGRESS_WIDTH: usize = 40;

/// Writes words to standard output, with their colours if it is a terminal.
///
/// # Errors
///
/// Those of standard output.
pub(super) fn say(words: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(for_people(words).as_bytes())?;
    stdout.flush()
}

/// Writes JSON to standard output, for programs: it says the same.
///
/// # Errors
///
/// Those of standard output.
pub(super) fn say_json(json: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(printable_json(json).as_bytes())?;
    stdout.flush()
}

/// Writes a script of ours to standard output, as it is.
///
/// # Errors
///
/// Those of standard output.
pub(super) fn say_script(script: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(script)?;
    stdout.flush()
}

/// Says on standard error what is wrong, in one line: `herald: what is wrong: why (how to fix it)`.
pub(super) fn complain(error: &dyn std::fmt::Display) {
    // There is nobody else to complain to.
    let _ = writeln!(io::stderr(), "herald: {}", printable(error));
}

/// Tells a person who waits that there is something to wait for; nothing removes it.
pub(super) fn progress(text: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // Over its own line. Whoever cannot read it does not wait for it.
        let text = printable(text);
        let _ = write!(stderr, "\r{:PROGRESS_WIDTH$}\r{text}", "");
    }
}

/// Writes a hook's reply, and lines to standard error. Somebody who does not want them does not get
/// them.
pub(super) fn reply(reply: &str, lines: &str) {
    #[cfg(not(unix))]
    use std::io::{stderr, stdout};

    #[cfg(unix)]
    use rustix::stdio::{stderr, stdout};

    patient::write(stdout(), reply.as_bytes());
    if !lines.is_empty() {
        patient::write(stderr(), for_people(lines).as_bytes());
    }
}

/// Words as a terminal may have them.
fn for_people(words: &str) -> String {
    escaped(&words.replace("\r\n", "\n"), |shown, character| {
        match (character, paint::code(character)) {
            ('\n' | '\t', _) => shown.push(character),
            (_, Some(code)) => shown.push_str(&code),
            (raw, None) => shown.extend(raw.escape_default()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_ends_and_our_colours_go_through() {
        let words = format!(
            "{} a\u{1b}[31m\u{9b}\r\n\tb\r\u{202e}\n",
            paint::good("ok\u{1b}")
        );
        assert_eq!(
            for_people(&words),
            "\u{1b}[32mok\\u{1b}\u{1b}[0m a\\u{1b}[31m\\u{9b}\n\tb\\r\\u{202e}\n"
        );
    }
}

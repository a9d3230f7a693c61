//! The one way to standard output and standard error, for every command and for the hook. Everything
//! but line ends and Herald's own colours ([`super::paint`]) is escaped here, so that no text of others
//! reaches a terminal raw; a test forbids other writers.
//!
//! Line ends in text of others must be escaped before, by [`printable`]: here they look like Herald's.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use super::{paint, patient};
use herald_audio::internals::config::ConfigIssue;
use herald_audio::internals::sound::NO_OUTPUT_WORKS;
use herald_audio::internals::system::printable::{escaped, printable, printable_json};

/// Stands before the hint in the text of an error.
pub(super) const HINT: &str = "; hint: ";
/// The width of a progress line.
const PROGRESS_WIDTH: usize = 40;

/// The width of the terminal; none if standard output is none. `COLUMNS` wins.
pub(super) fn width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|columns| columns.parse().ok());
    columns.or_else(|| {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(width.0.into())
    })
}

/// Prints text, with its colours if standard output is a terminal.
///
/// # Errors
///
/// Those of standard output.
pub fn say(words: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(for_people(words).as_bytes())?;
    stdout.flush()
}

/// Prints JSON, with unprintable characters as JSON escapes.
///
/// # Errors
///
/// Those of standard output.
pub fn say_json(json: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(printable_json(json).as_bytes())?;
    stdout.flush()
}

/// Prints a script of Herald's unchanged.
///
/// # Errors
///
/// Those of standard output.
pub(super) fn say_script(script: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(script)?;
    stdout.flush()
}

/// Reports a failure on standard error.
pub fn error(error: &dyn fmt::Display) {
    report("error", error);
}

/// Reports on standard error what Herald had to do without.
pub fn warn(what: &dyn fmt::Display) {
    report("warning", what);
}

/// Writes a line to standard error, where it does not disturb the answer.
pub fn note(what: &dyn fmt::Display) {
    let _ = io::stderr().write_all(format!("{}\n", printable(what)).as_bytes());
}

/// Reports a mistake in a config on standard error.
pub(super) fn issue(issue: &ConfigIssue) {
    report(&issue.severity.to_string(), issue);
}

fn report(label: &str, what: &dyn fmt::Display) {
    // A failed write cannot be reported anywhere.
    let _ = io::stderr().write_all(labelled(label, what).as_bytes());
}

/// `LABEL: what: why`, and `hint: how to fix it` on its own line.
pub(super) fn labelled(label: &str, what: &dyn fmt::Display) -> String {
    let text = printable(what);
    let (what, hint) = split_hint(&text);
    let hint = hint.map(|hint| format!("hint: {hint}\n"));
    format!(
        "{label}: {}\n{}",
        in_lines(what, 2),
        hint.unwrap_or_default()
    )
}

/// `what`, with the reason of each output that does not work on a line of its own, after so many spaces.
pub(super) fn in_lines(what: &str, indent: usize) -> String {
    let start = format!("{NO_OUTPUT_WORKS}:");
    match what.split_once(&format!("{start} ")) {
        Some((before, reasons)) => {
            let line = format!("\n{:indent$}", "");
            format!("{before}{start}{line}{}", reasons.replace("; ", &line))
        }
        None => what.to_owned(),
    }
}

/// What is wrong, and how to fix it, if the text says so.
pub(super) fn split_hint(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(HINT) {
        Some((what, hint)) => (what, Some(hint)),
        None => (text, None),
    }
}

/// Shows on a terminal what a person waits for; an empty text removes it.
pub fn progress(text: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // Overwrites its own line. A failed write is no problem.
        let text = printable(text);
        let _ = write!(stderr, "\r{:PROGRESS_WIDTH$}\r{text}", "");
    }
}

/// Whether somebody is there to answer a question.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks `question` on a terminal; yes if the answer is empty, or if nobody is there to answer.
pub fn agrees(question: &str) -> bool {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !can_ask() {
        return true;
    }
    let _ = stderr.write_all(for_people(question).as_bytes());
    let mut line = String::new();
    let is_read = stdin.read_line(&mut line).is_ok_and(|len| len > 0);
    let line = line.trim().to_ascii_lowercase();
    is_read && matches!(&*line, "" | "y" | "yes")
}

/// Writes a hook's reply, and lines to standard error, without waiting long for their readers.
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

/// Escapes text for a terminal, and turns marks into colours.
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
    fn a_hint_has_its_own_line() {
        assert_eq!(labelled("error", &"no device\n"), "error: no device\\n\n");
        assert_eq!(
            labelled("warning", &"no device: gone; hint: plug it in"),
            "warning: no device: gone\nhint: plug it in\n"
        );
    }

    #[test]
    fn each_output_that_does_not_work_has_its_own_line() {
        let what = format!("a: {NO_OUTPUT_WORKS}: PulseAudio: gone; ALSA: no device\n; hint: b");
        assert_eq!(
            labelled("error", &what),
            format!(
                "error: a: {NO_OUTPUT_WORKS}:\n  PulseAudio: gone\n  ALSA: no device\\n\nhint: b\n"
            )
        );
    }

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

//! Answers: what commands print to standard output.

use std::io;

use serde_json::{Value, json};

use super::exit::{FAILED, OK};
use super::terminal;
use herald_audio::internals::state_file::Counts;
use herald_audio::{Error, ErrorKind, Result};

/// `1 error`, `2 errors`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `A, B and C`
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// An answer that cannot be written is no error if its reader is gone.
///
/// # Errors
///
/// [`ErrorKind::State`] if it cannot be written for another reason.
pub fn unless_unread(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::State, "cannot write the answer").because(error))
        }
        _ => Ok(()),
    }
}

/// Reports an answer that cannot be written, unless its reader is gone. Returns the exit code.
pub(super) fn finish(written: io::Result<()>) -> u8 {
    match unless_unread(written) {
        Ok(()) => OK,
        Err(error) => {
            terminal::error(&error);
            FAILED
        }
    }
}

/// Prints `text`, with its colours on a terminal. Returns `code`, or [`FAILED`] if it cannot be written.
pub fn answer(text: &str, code: u8) -> u8 {
    code_of(terminal::say(text), code)
}

/// Prints `script` unchanged, and returns what [`answer`] does.
pub(super) fn answer_script(script: &[u8]) -> u8 {
    code_of(terminal::say_script(script), OK)
}

fn code_of(written: io::Result<()>, code: u8) -> u8 {
    match finish(written) {
        OK => code,
        failed => failed,
    }
}

/// Prints `value` as JSON, as [`answer`] does.
pub fn answer_json(value: &Value, code: u8) -> u8 {
    code_of(terminal::say_json(&format!("{value:#}\n")), code)
}

/// The counts of hooks, as cells of a table.
pub(super) fn count_cells(counts: Option<Counts>) -> [String; 3] {
    let cells = counts.map(|counts| [counts.admitted, counts.suppressed, counts.failed]);
    cells.map_or_else(Default::default, |cells| {
        cells.map(|count| count.to_string())
    })
}

/// The counts of hooks as JSON.
pub(super) fn counts_to_json(counts: Counts) -> Value {
    let Counts {
        admitted,
        suppressed,
        failed,
    } = counts;
    json!({ "admitted": admitted, "suppressed": suppressed, "failed": failed })
}

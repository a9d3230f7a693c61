//! Which programs a shell would run, given a command: its simple commands, those of the shells that
//! it starts, and the programs behind `sudo`, `env` and their like.
//!
//! Nothing is executed, expanded or looked up: `$x`, aliases and globs stay as they are written. The
//! grammar is that of bash as far as it decides where a command begins and which words it has; what
//! bash would refuse may pass.
//!
//! Text is hostile: nesting is limited ([`MAX_DEPTH`]), and so is the work, since a text within a
//! text may be read twice at each level ([`Work`]).
//!
//! | file | responsibility |
//! |---|---|
//! | `scan` | from text to simple commands |
//! | `word` | words: quotes and expansions |
//! | `command` | a simple command's words, and those before it that are reserved |
//! | `program` | from a simple command to the programs and scripts that it runs |

mod command;
mod program;
mod scan;
#[cfg(test)]
mod tests;
mod word;

use scan::{Found, Scanner};

/// How deep commands may be nested: substitutions, subshells, expansions, scripts in arguments.
const MAX_DEPTH: usize = 32;
/// How many bytes and words may be looked at for one call. The longest text takes a sixteenth of it
/// where nothing is nested.
const MAX_WORK: usize = 1 << 20;

/// Why it cannot be told what a shell would run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    /// No shell would understand it.
    Grammar,
    /// It is nested too deep, or takes too long.
    TooMuch,
}

/// The work that is still allowed.
#[derive(Debug)]
pub(super) struct Work(usize);

impl Default for Work {
    fn default() -> Self {
        Self(MAX_WORK)
    }
}

impl Work {
    fn spend(&mut self, amount: usize) -> Result<(), Unclear> {
        self.0 = self.0.checked_sub(amount).ok_or(Unclear::TooMuch)?;
        Ok(())
    }
}

/// Shows each program that a shell would run for `text`, with its arguments. What comes before
/// something unclear is shown, too.
pub(super) fn look_at_text(
    text: &str,
    work: &mut Work,
    see: &mut dyn FnMut(&str, &[String]),
) -> Result<(), Unclear> {
    look(text, 0, work, see)
}

/// The same for a command that is already in words, as for `execvp`.
pub(super) fn look_at_words(
    words: Vec<String>,
    work: &mut Work,
    see: &mut dyn FnMut(&str, &[String]),
) -> Result<(), Unclear> {
    let found = Found {
        commands: vec![words],
        inputs: Vec::new(),
    };
    look_at_found(found, 0, work, see)
}

fn look(
    text: &str,
    depth: usize,
    work: &mut Work,
    see: &mut dyn FnMut(&str, &[String]),
) -> Result<(), Unclear> {
    let mut found = Found::default();
    let scanned = Scanner::new(text.as_bytes(), depth, work, &mut found).all();
    let looked = look_at_found(found, depth, work, see);
    scanned.and(looked)
}

fn look_at_found(
    found: Found,
    depth: usize,
    work: &mut Work,
    see: &mut dyn FnMut(&str, &[String]),
) -> Result<(), Unclear> {
    let mut scripts = Vec::new();
    let mut shell_reads_input = false;
    let mut printed = Vec::new();
    for words in &found.commands {
        program::each(words, work, &mut |name, arguments| {
            see(name, arguments);
            let run = program::scripts(name, arguments);
            scripts.extend(run.scripts);
            shell_reads_input |= run.reads_input;
            if ["echo", "printf"].contains(&name) {
                printed.extend_from_slice(arguments);
            }
        })?;
    }
    for script in scripts {
        look(&script, depth + 1, work, see)?;
    }
    if shell_reads_input {
        // Whatever could be what it reads: which of them is, is not worth following the pipes. What
        // is none need not be understood.
        for text in found.inputs.iter().chain(&printed) {
            match look(text, depth + 1, work, see) {
                Err(Unclear::TooMuch) => return Err(Unclear::TooMuch),
                Ok(()) | Err(Unclear::Grammar) => {}
            }
        }
    }
    Ok(())
}

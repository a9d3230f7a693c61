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
//! | `look` | which scripts are looked at, and what is known of them |
//! | `scan` | from text to simple commands |
//! | `found` | what a text consists of |
//! | `redirection` | redirections and here-documents |
//! | `word` | words: quotes and expansions |
//! | `command` | a simple command's words, and those before it that are reserved |
//! | `program` | from a simple command to the programs and scripts that it runs |
//! | `runners` | the programs that run another one |

mod command;
mod found;
mod look;
mod program;
mod redirection;
mod runners;
mod scan;
#[cfg(test)]
mod tests;
mod word;

use found::Found;
use look::{Around, look, look_at_found};

/// How deep commands may be nested: substitutions, subshells, expansions, scripts in arguments.
const MAX_DEPTH: usize = 32;
/// How many bytes and words may be looked at for one call. The longest text takes a sixteenth of it
/// where nothing is nested.
const MAX_WORK: usize = 1 << 20;
/// What it costs to begin with a script, in the same measure.
const WORK_PER_SCRIPT: usize = 64;

/// A program that a shell would run.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// Its name without directories and in lower case.
    pub(super) program: &'a str,
    pub(super) arguments: &'a [String],
    /// Where it runs, as far as the command says so; else an empty text.
    pub(super) directory: &'a str,
}

/// Who is shown what is run.
pub(super) type See<'a> = dyn FnMut(&Run<'_>) + 'a;

/// Why it cannot be told what a shell would run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    /// No shell would understand it.
    Grammar,
    /// It is nested too deep, or takes too long.
    TooMuch,
}

impl Unclear {
    /// Of a text that need not be a script: what is none need not be understood.
    fn unless_grammar(self) -> Result<(), Self> {
        match self {
            Self::Grammar => Ok(()),
            Self::TooMuch => Err(self),
        }
    }
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
pub(super) fn look_at_text(text: &str, work: &mut Work, see: &mut See<'_>) -> Result<(), Unclear> {
    look(text, 0, &Around::NOTHING, work, see)
}

/// The same for a command that is already in words, as for `execvp`.
pub(super) fn look_at_words(
    words: Vec<String>,
    work: &mut Work,
    see: &mut See<'_>,
) -> Result<(), Unclear> {
    look_at_found(Found::of(words), 0, &Around::NOTHING, work, see)
}

//! Walks through the commands of a script and the scripts that they run.

use std::collections::HashMap;

use super::found::{Found, Simple};
use super::program;
use super::scan::Scanner;
use super::work::{Unclear, WORK_PER_SCRIPT, Work};

/// A program that a shell would run.
#[derive(Debug)]
pub(in crate::policy) struct Run<'a> {
    /// The name without directories, in lower case.
    pub(in crate::policy) program: &'a str,
    pub(in crate::policy) arguments: &'a [String],
    /// The directory it runs in, as far as the command sets it; else empty.
    pub(in crate::policy) directory: &'a str,
}

/// Receives each program.
pub(in crate::policy) type See<'a> = dyn FnMut(&Run<'_>) + 'a;

/// What a script inherits from the command that runs it.
#[derive(Clone, Copy, Debug)]
struct Around<'a> {
    outer: Option<&'a Self>,
    /// The output and input of its commands.
    texts: &'a [&'a str],
    /// The functions, if the same shell runs the script.
    functions: Option<&'a HashMap<String, usize>>,
    directory: &'a str,
    has_arithmetic: bool,
}

impl Around<'_> {
    /// For an independent script.
    const NOTHING: Self = Self {
        outer: None,
        texts: &[],
        functions: None,
        directory: "",
        has_arithmetic: true,
    };

    /// The texts that its shells may read.
    fn all_texts(&self) -> impl Iterator<Item = &str> {
        let arounds = std::iter::successors(Some(self), |around| around.outer);
        arounds.flat_map(|around| around.texts.iter().copied())
    }

    fn has_function(&self, name: &str) -> bool {
        self.functions
            .is_some_and(|functions| functions.contains_key(name))
    }
}

/// Reports each program, with its arguments, that a shell would run for `text`. Programs before an unclear
/// part are reported, too.
pub(in crate::policy) fn look_at_text(
    text: &str,
    work: &mut Work,
    see: &mut See<'_>,
) -> Result<(), Unclear> {
    look(text, 0, &Around::NOTHING, work, see)
}

/// The same for a command in separate words, as for `execvp`.
pub(in crate::policy) fn look_at_words(
    words: Vec<String>,
    work: &mut Work,
    see: &mut See<'_>,
) -> Result<(), Unclear> {
    look_at_found(Found::of(words), 0, &Around::NOTHING, work, see)
}

fn look(
    text: &str,
    depth: usize,
    around: &Around<'_>,
    work: &mut Work,
    see: &mut See<'_>,
) -> Result<(), Unclear> {
    work.spend(WORK_PER_SCRIPT)?;
    let mut found = Found::default();
    let text = text.as_bytes();
    let scanned = Scanner::new(text, depth, around.has_arithmetic, work, &mut found).all();
    let looked = look_at_found(found, depth, around, work, see);
    scanned.and(looked)
}

/// Walks through a parsed script, statement by statement.
fn look_at_found(
    mut found: Found,
    depth: usize,
    around: &Around<'_>,
    work: &mut Work,
    see: &mut See<'_>,
) -> Result<(), Unclear> {
    found.inputs.sort_by_key(|input| input.statement);
    let mut inputs = found.inputs.iter().peekable();
    let mut count = 0;
    let mut place = Place::default();
    let is_same = |one: &Simple, other: &Simple| one.statement == other.statement;
    for statement in found.commands.chunk_by(is_same) {
        let mut shells = Vec::new();
        let mut printed = Vec::new();
        for command in statement {
            let directory = place.of(command, around.directory);
            let is_function = |name: &str| {
                let defined = found.functions.get(name);
                defined.is_some_and(|before| *before <= count) || around.has_function(name)
            };
            let mut see = |program: &str, arguments: &[String]| {
                see(&Run {
                    program,
                    arguments,
                    directory,
                });
                let run = program::scripts(program, arguments);
                if run.reads_input || !run.scripts.is_empty() {
                    shells.push((run, directory.to_owned()));
                }
                printed.extend(program::printed(program, arguments));
            };
            program::each(&command.words, &is_function, work, &mut see)?;
            work.spend(directory.len())?;
            place.follow(command, around.directory);
            count += 1;
        }
        let number = statement[0].statement;
        let mut texts: Vec<_> = printed.iter().map(String::as_str).collect();
        while let Some(input) = inputs.next_if(|input| input.statement <= number) {
            if input.statement == number {
                texts.push(&input.text);
            }
        }
        let around = Around {
            texts: &texts,
            ..*around
        };
        for (shell, directory) in &shells {
            let within = Around {
                outer: Some(&around),
                texts: &[],
                functions: shell.is_same_shell.then_some(&found.functions),
                directory,
                has_arithmetic: shell.has_arithmetic,
            };
            for script in &shell.scripts {
                look(script, depth + 1, &within, work, see)?;
            }
        }
        // Each text that a shell could read, once. Following the pipes to find the right one is not
        // worthwhile, and a text that is not a script need not be parsed.
        if let Some((_, directory)) = shells.iter().find(|(shell, _)| shell.reads_input) {
            let mut readers = shells.iter().filter(|(shell, _)| shell.reads_input);
            let within = Around {
                directory,
                has_arithmetic: readers.all(|(shell, _)| shell.has_arithmetic),
                ..Around::NOTHING
            };
            for text in around.all_texts() {
                let looked = look(text, depth + 1, &within, work, see);
                looked.or_else(Unclear::unless_grammar)?;
            }
        }
    }
    Ok(())
}

/// The current directories of the commands in a chain.
#[derive(Debug, Default)]
struct Place {
    chain: usize,
    directory: String,
}

impl Place {
    /// The directory of a command in a script that runs in `around`.
    fn of<'a>(&'a self, command: &Simple, around: &'a str) -> &'a str {
        match command.chain == self.chain {
            true => &self.directory,
            false => around,
        }
    }

    fn follow(&mut self, command: &Simple, around: &str) {
        let Some(to) = program::goes_to(&command.words).filter(|_| !command.is_negated) else {
            return;
        };
        let from = self.of(command, around);
        self.directory = match from.is_empty() || to.is_empty() || to.starts_with(['/', '~']) {
            true => to.to_owned(),
            false => format!("{from}/{to}"),
        };
        self.chain = command.chain;
    }
}

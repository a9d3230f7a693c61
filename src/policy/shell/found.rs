//! The commands, functions and inputs found in a script.

use std::collections::HashMap;

/// The content of a script.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In order; those in substitutions precede the surrounding command.
    pub(super) commands: Vec<Simple>,
    pub(super) inputs: Vec<Input>,
    /// The functions, with the number of commands before the first definition of each.
    pub(super) functions: HashMap<String, usize>,
    /// The statement being read.
    pub(super) statement: usize,
    pub(super) chain: usize,
    /// The number of chains.
    chains: usize,
}

/// A simple command.
#[derive(Debug)]
pub(super) struct Simple {
    pub(super) words: Vec<String>,
    /// The statement it belongs to: a pipeline, or a whole compound command.
    pub(super) statement: usize,
    /// The chain it belongs to: commands in one shell, each of which runs if the previous one succeeded.
    pub(super) chain: usize,
    pub(super) is_negated: bool,
}

/// The input of some command in a statement: a here-document or a here-string.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) statement: usize,
    pub(super) text: String,
}

/// A here-document that begins after the current line.
#[derive(Debug)]
pub(super) struct HereDocument {
    pub(super) statement: usize,
    pub(super) delimiter: String,
    /// Whether expansions are off in it.
    pub(super) is_quoted: bool,
    /// Whether leading tabs are removed.
    pub(super) is_indented: bool,
}

impl Found {
    /// A script of one command.
    pub(super) fn of(words: Vec<String>) -> Self {
        Self {
            commands: vec![Simple {
                words,
                statement: 0,
                chain: 0,
                is_negated: false,
            }],
            ..Self::default()
        }
    }

    /// Records a function definition.
    pub(super) fn define(&mut self, function: &str) {
        let before = self.commands.len();
        self.functions.entry(function.to_owned()).or_insert(before);
    }

    /// Continues after an operator.
    pub(super) fn separate(&mut self, in_statement: bool, in_chain: bool) {
        self.statement += usize::from(!in_statement);
        if !in_chain {
            self.next_chain();
        }
    }

    pub(super) fn next_chain(&mut self) {
        self.chains += 1;
        self.chain = self.chains;
    }
}

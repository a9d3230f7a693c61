//! What a text consists of, for a shell.

use std::collections::HashMap;

/// What a text consists of.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In order, those within substitutions before the one around them.
    pub(super) commands: Vec<Simple>,
    pub(super) inputs: Vec<Input>,
    /// The functions, and how many commands are before the first of each name.
    pub(super) functions: HashMap<String, usize>,
    /// Of what is being read.
    pub(super) statement: usize,
    pub(super) chain: usize,
    /// How many chains there are.
    chains: usize,
}

/// A simple command.
#[derive(Debug)]
pub(super) struct Simple {
    pub(super) words: Vec<String>,
    /// What it is a part of: a pipeline, or a compound command and all that is in it.
    pub(super) statement: usize,
    /// The same for commands of which each runs if the one before it has succeeded, in one shell.
    pub(super) chain: usize,
    pub(super) is_negated: bool,
}

/// What some command of a statement is given to read: a here-document, or a here-string.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) statement: usize,
    pub(super) text: String,
}

/// A here-document that begins behind the current line.
#[derive(Debug)]
pub(super) struct HereDocument {
    pub(super) statement: usize,
    pub(super) delimiter: String,
    /// Whether nothing in it is expanded.
    pub(super) is_quoted: bool,
    /// Whether its lines may be indented by tabs.
    pub(super) is_indented: bool,
}

impl Found {
    /// A single command.
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

    /// Keeps the name of a function.
    pub(super) fn define(&mut self, function: &str) {
        let before = self.commands.len();
        self.functions.entry(function.to_owned()).or_insert(before);
    }

    /// Goes on behind an operator.
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

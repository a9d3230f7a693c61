//! The three lists of rules: the built-in ones, the user's, the project's.

use super::Ruling;
use super::input::Input;
use super::rule::{Action, Rule};

/// Whose rules a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    BuiltIn,
    User,
    Project,
}

/// The rules of one origin, in order: the first that matches speaks.
#[derive(Debug)]
pub(super) struct List {
    pub(super) origin: Origin,
    pub(super) rules: Vec<Rule>,
}

impl List {
    /// What its rules say about a call. A project's may not allow.
    fn ruling(&self, input: &Input) -> Option<Ruling> {
        let found = self.rules.iter().find(|rule| rule.matches(input))?;
        let counts = found.action > Action::Allow || self.origin != Origin::Project;
        counts.then(|| Ruling::of(found, self.origin))
    }
}

/// What the strictest of `lists` says. Of two that are as strict it is the later one: a rule that
/// somebody wrote tells more than a built-in one, and counts where that does not.
pub(super) fn strictest(lists: &[List], input: &Input) -> Option<Ruling> {
    let rulings = lists.iter().filter_map(|list| list.ruling(input));
    rulings.max_by_key(|ruling| ruling.action)
}

//! The three lists of rules: the built-in ones, the user's, the project's.

use std::time::Duration;

use super::input::Input;
use super::pattern::{Deadline, GaveUp};
use super::rule::{Action, Rule};
use super::ruling::{Origin, Ruling};

/// How long a list may take to decide about a call. One has nothing of another's time.
const MAX_TIME: Duration = Duration::from_millis(15);

/// The rules of one origin, in order: the first that matches speaks.
#[derive(Debug)]
pub(super) struct List {
    origin: Origin,
    /// None in the place of one that a limit left out.
    rules: Vec<Option<Rule>>,
}

impl List {
    pub(super) const fn new(origin: Origin, rules: Vec<Option<Rule>>) -> Self {
        Self { origin, rules }
    }

    /// Whether it is the user's, and limits leave out some of it.
    pub(super) fn leaves_out_the_users(&self) -> bool {
        self.origin == Origin::User && self.rules.iter().any(Option::is_none)
    }

    /// What its rules say about a call. A project's may not allow, and what it has too much of is
    /// its own loss. Otherwise a rule that cannot be asked might have kept the call from running, so
    /// the user is asked unless another one denies it.
    fn ruling(&self, input: &Input, deadline: &mut Deadline) -> Option<Ruling> {
        let mut unsure = None;
        for rule in &self.rules {
            let Some(rule) = rule else {
                if self.origin == Origin::User {
                    unsure.get_or_insert_with(Ruling::left_out);
                }
                continue;
            };
            match rule.matches(input, deadline) {
                Ok(true) => {
                    let counts = rule.action > Action::Allow || self.origin != Origin::Project;
                    let found = counts.then(|| Ruling::of(rule, self.origin));
                    return stricter(unsure, found);
                }
                Ok(false) => {}
                Err(GaveUp) => _ = unsure.get_or_insert_with(|| Ruling::ask("undecided_in_time")),
            }
        }
        unsure
    }
}

/// What the strictest of `lists` says. Of two that are as strict it is the later one: a rule that
/// somebody wrote tells more than a built-in one, and counts where that does not. What comes after
/// a deny is not asked: a project's rules do not hold up the user's.
pub(super) fn strictest(lists: &[List], input: &Input) -> Option<Ruling> {
    let mut found: Option<Ruling> = None;
    for list in lists {
        if found
            .as_ref()
            .is_some_and(|found| found.action == Action::Deny)
        {
            break;
        }
        let ruling = list.ruling(input, &mut Deadline::after(MAX_TIME));
        found = stricter(found, ruling);
    }
    found
}

/// The stricter of two; the later one if they are as strict.
fn stricter(one: Option<Ruling>, later: Option<Ruling>) -> Option<Ruling> {
    let both = one.into_iter().chain(later);
    both.max_by_key(|ruling| ruling.action)
}

//! The three lists of rules: built-in, the user's, the project's.

use std::time::Duration;

use super::input::Input;
use super::pattern::{Deadline, GaveUp};
use super::rule::{Action, Rule};
use super::ruling::{Origin, Ruling};

/// The time that a list may take for one call. Each list has its own.
const MAX_TIME: Duration = Duration::from_millis(15);

/// The rules of one origin, in order: the first match decides.
#[derive(Debug)]
pub(super) struct List {
    origin: Origin,
    /// `None` in place of a rule that is over a limit.
    rules: Vec<Option<Rule>>,
}

impl List {
    pub(super) const fn new(origin: Origin, rules: Vec<Option<Rule>>) -> Self {
        Self { origin, rules }
    }

    /// Whether it is the user's, and some of its rules are over a limit.
    pub(super) fn drops_users_rules(&self) -> bool {
        self.origin == Origin::User && self.rules.iter().any(Option::is_none)
    }

    /// The decision of its rules. A project's rules cannot allow, and those over a limit are ignored. In
    /// other lists, an unevaluated rule might have denied the call, so the user is asked unless another rule
    /// denies it.
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

/// The strictest decision of `lists`. Of equally strict decisions the later one is used: a rule that a person
/// wrote is more specific than a built-in one, and applies where that does not. After a deny no further list
/// is evaluated, so a project's rules do not delay the user's.
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

/// The stricter of two; the later one if they are equally strict.
fn stricter(one: Option<Ruling>, later: Option<Ruling>) -> Option<Ruling> {
    let both = one.into_iter().chain(later);
    both.max_by_key(|ruling| ruling.action)
}

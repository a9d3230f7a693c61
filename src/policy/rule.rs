//! A rule: what it looks at, what it looks for, and what is then to be done.

use std::iter;

use serde::{Deserialize, Serialize};

use super::input::Input;
use super::pattern::{Allowance, Deadline, Fault, GaveUp, Pattern};
use super::tag::{Severity, Subject, TAGS, Tag, tag};

/// What is to be done with a call that a rule matches. The later one is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It may run, and nobody is asked.
    Allow,
    /// The user is asked.
    Ask,
    /// It must not run.
    Deny,
}

impl Action {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A rule as it is written. A mistake in it costs all of it: half a rule would match what was not
/// meant.
#[derive(Debug, Deserialize)]
pub(super) struct WrittenRule {
    #[serde(rename = "type")]
    subject: Option<Subject>,
    action: Option<Action>,
    pattern: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    severity: Option<Severity>,
}

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) subject: Subject,
    pub(super) action: Action,
    pub(super) pattern: Pattern,
    pub(super) reason: String,
    pub(super) tags: Vec<String>,
    pub(super) severity: Option<Severity>,
}

impl Rule {
    /// Whether it is about this call.
    pub(super) fn matches(&self, input: &Input, deadline: &mut Deadline) -> Result<bool, GaveUp> {
        match self.subject {
            Subject::Command => {
                let command = iter::once(&*input.command);
                self.pattern.is_in(command, deadline)
            }
            Subject::Path => {
                let paths = input.paths.iter().map(String::as_str);
                self.pattern.is_in(paths, deadline)
            }
        }
    }

    /// As it is written, with its pattern compiled within `allowance`.
    pub(super) fn new(written: WrittenRule, allowance: &mut Allowance) -> Result<Self, Fault> {
        let mistake = |what: &str| Fault::Mistake(what.to_owned());
        // Not `allow`, as in the original: whoever misspelt the member meant something else.
        let action = written.action;
        let action = action.ok_or_else(|| mistake("expected a rule with an action"))?;
        let is_named = |tag: &&Tag| written.tags.iter().any(|name| name == tag.name);
        let subject = written.subject.or_else(|| {
            let mut names = written.tags.iter();
            Some(names.find_map(|name| tag(name))?.subject)
        });
        let subject = subject.unwrap_or(Subject::Command);
        // Each once, however often it is named.
        let tags: Vec<_> = TAGS.iter().filter(is_named).collect();
        let of_tags = tags.iter().filter(|tag| tag.subject == subject);
        let of_tags: Vec<_> = of_tags.map(|tag| format!("(?:{})", tag.pattern)).collect();
        let pattern = match written.pattern {
            Some(pattern) if !pattern.is_empty() => allowance.compile(&pattern)?,
            _ if of_tags.is_empty() => {
                let known: Vec<_> = TAGS.iter().map(|tag| tag.name).collect();
                return Err(Fault::Mistake(format!(
                    "expected a rule with a pattern, or with one of the tags {}",
                    known.join(", ")
                )));
            }
            _ => allowance.compile_tags(&of_tags.join("|"))?,
        };
        let gravest = tags.iter().map(|tag| tag.severity).max();
        Ok(Self {
            subject,
            action,
            pattern,
            // An agent may take a deny without a reason for none.
            reason: written
                .reason
                .filter(|reason| !reason.trim().is_empty())
                .unwrap_or_else(|| "a rule of the decision policy".to_owned()),
            severity: written.severity.or(gravest),
            tags: written.tags,
        })
    }
}

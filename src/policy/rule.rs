//! A rule: its subject, its pattern and its action.

use std::iter;

use serde::{Deserialize, Serialize};

use super::input::Input;
use super::lazy_pattern::LazyPattern;
use super::pattern::{Allowance, Deadline, Fault, GaveUp, Pattern};
use super::tag::{Severity, Subject, TAGS, Tag, tag};
use crate::nearest::nearest;

/// The action for a matching call, from lenient to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The call may run without asking.
    Allow,
    /// The user is asked.
    Ask,
    /// The call must not run.
    Deny,
}

/// A rule as written. A mistake invalidates all of it, because a partial rule would match other calls.
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

/// A pattern.
#[derive(Debug)]
pub(super) enum RulePattern {
    /// From a file.
    Written(Box<Pattern>),
    /// Built in.
    BuiltIn(&'static LazyPattern),
}

impl RulePattern {
    fn is_in<'t>(
        &self,
        texts: impl Iterator<Item = &'t str>,
        deadline: &mut Deadline,
    ) -> Result<bool, GaveUp> {
        match self {
            Self::Written(pattern) => pattern.is_in(texts, deadline),
            Self::BuiltIn(pattern) => pattern.is_in(texts, deadline),
        }
    }
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) subject: Subject,
    pub(super) action: Action,
    /// The tags to match.
    pub(super) tags_to_match: Vec<&'static Tag>,
    /// The pattern to match.
    pub(super) pattern: Option<RulePattern>,
    pub(super) reason: String,
    pub(super) tags: Vec<String>,
    pub(super) severity: Option<Severity>,
}

impl Rule {
    /// Whether it matches the call.
    pub(super) fn matches(&self, input: &Input, deadline: &mut Deadline) -> Result<bool, GaveUp> {
        for tag in &self.tags_to_match {
            if input.is_about(tag, deadline)? {
                return Ok(true);
            }
        }
        match (&self.pattern, self.subject) {
            (None, _) => Ok(false),
            (Some(pattern), Subject::Command) => {
                let command = iter::once(&*input.command);
                pattern.is_in(command, deadline)
            }
            (Some(pattern), Subject::Path) => {
                let paths = input.paths.iter().map(String::as_str);
                pattern.is_in(paths, deadline)
            }
        }
    }

    /// Compiles a written rule within `allowance`.
    pub(super) fn new(written: WrittenRule, allowance: &mut Allowance) -> Result<Self, Fault> {
        let mistake = |what: &str| Fault::Mistake(what.to_owned());
        // No default of `allow`, unlike the original: a misspelt member means something else.
        let action = written.action;
        let action = action.ok_or_else(|| mistake("expected a rule with an action"))?;
        let is_named = |tag: &&Tag| written.tags.iter().any(|name| name == tag.name);
        let subject = written.subject.or_else(|| {
            let mut names = written.tags.iter();
            Some(names.find_map(|name| tag(name))?.subject)
        });
        let subject = subject.unwrap_or(Subject::Command);
        // Without duplicates.
        let tags: Vec<_> = TAGS.iter().filter(is_named).collect();
        let gravest = tags.iter().map(|tag| tag.severity).max();
        let of_subject = |tag: &&Tag| tag.subject == subject;
        let mut tags_to_match: Vec<_> = tags.into_iter().filter(of_subject).collect();
        let pattern = match written.pattern {
            Some(pattern) if !pattern.is_empty() => {
                tags_to_match.clear();
                Some(allowance.compile(&pattern)?)
            }
            _ if tags_to_match.is_empty() => {
                let known = TAGS.iter().map(|tag| tag.name);
                let mut names = written.tags.iter();
                let meant = names.find_map(|name| nearest(name, known.clone()));
                let help = match meant {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => format!("valid tags: {}", known.collect::<Vec<_>>().join(", ")),
                };
                return Err(Fault::Mistake(format!(
                    "expected a rule with a pattern or with a tag; {help}"
                )));
            }
            _ => None,
        };
        // An agent may ignore a deny without a reason.
        let reason = written.reason.filter(|reason| !reason.trim().is_empty());
        let reason = reason.unwrap_or_else(|| match &*tags_to_match {
            [] => "a rule of the decision policy".to_owned(),
            tags => {
                let names: Vec<_> = tags.iter().map(|tag| tag.name).collect();
                format!("decision policy: {}", names.join(", "))
            }
        });
        Ok(Self {
            subject,
            action,
            tags_to_match,
            pattern: pattern.map(|pattern| RulePattern::Written(Box::new(pattern))),
            reason,
            severity: written.severity.or(gravest),
            tags: written.tags,
        })
    }
}

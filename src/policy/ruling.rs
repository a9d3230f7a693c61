//! What the policy says about a tool call.

use super::rule::{Action, Rule};
use super::tag::Severity;

/// Whose rules they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    BuiltIn,
    User,
    Project,
}

/// What the policy says about a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ruling {
    /// What is to be done.
    pub action: Action,
    /// Why, unless nothing speaks against it.
    pub reason: Option<String>,
    /// The tags of the rule that matched.
    pub tags: Vec<String>,
    /// How grave the match is.
    pub severity: Option<Severity>,
    /// Why it cannot be told for sure what the call is about.
    pub issues: Vec<&'static str>,
    /// Whether it is a built-in rule's: an agent that cannot ask its user need not heed an ask that
    /// nobody wrote.
    pub is_built_in: bool,
}

impl Ruling {
    /// Ask, because a limit has left out rules of the user's.
    pub(super) fn left_out() -> Self {
        let reason = "your decision policy is over a limit, so some of its rules are ignored: run herald doctor";
        Self {
            reason: Some(reason.to_owned()),
            ..Self::ask("rules_left_out")
        }
    }

    /// Ask, because a call could not be read, understood or decided in time. Every such ask is made
    /// here, and counts as the user's own: an agent that cannot ask denies the call.
    pub fn ask(issue: &'static str) -> Self {
        Self {
            action: Action::Ask,
            reason: Some("Herald cannot determine what this call does".to_owned()),
            tags: Vec::new(),
            severity: Some(Severity::Medium),
            issues: vec![issue],
            is_built_in: false,
        }
    }

    pub(super) fn of(rule: &Rule, origin: Origin) -> Self {
        Self {
            action: rule.action,
            reason: Some(rule.reason.clone()).filter(|_| rule.action != Action::Allow),
            tags: rule.tags.clone(),
            severity: rule.severity,
            issues: Vec::new(),
            is_built_in: origin == Origin::BuiltIn,
        }
    }

    pub(super) fn allow() -> Self {
        Self {
            action: Action::Allow,
            reason: None,
            tags: Vec::new(),
            severity: None,
            issues: Vec::new(),
            is_built_in: true,
        }
    }
}

//! The decision about a tool call.

use super::rule::{Action, Rule};
use super::tag::Severity;

/// The origin of a list of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    BuiltIn,
    User,
    Project,
}

/// The decision about a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ruling {
    /// What to do with the call.
    pub action: Action,
    /// The reason for an ask or a deny.
    pub reason: Option<String>,
    /// The tags of the matching rule.
    pub tags: Vec<String>,
    /// The severity of the match.
    pub severity: Option<Severity>,
    /// Why the call is unclear.
    pub issues: Vec<&'static str>,
    /// Whether a built-in rule decided. An agent that cannot ask its user may ignore a built-in ask.
    pub is_built_in: bool,
}

impl Ruling {
    /// An ask, because some of the user's rules are over a limit.
    pub(super) fn left_out() -> Self {
        let reason = "your decision policy is over a limit, so some of its rules are ignored: run herald doctor";
        Self {
            reason: Some(reason.to_owned()),
            ..Self::ask("rules_left_out")
        }
    }

    /// An ask, because a call could not be read, understood or decided in time. All such asks are created
    /// here and count as the user's own: an agent that cannot ask denies the call.
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

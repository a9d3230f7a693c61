//! The built-in rules, which apply in addition to those of a policy file.

use super::lazy_pattern::LazyPattern;
use super::rule::{Action, Rule, RulePattern};
use super::tag::tag;

/// A built-in rule.
pub(super) struct Builtin {
    action: Action,
    reason: &'static str,
    tag: &'static str,
    /// Replaces the tag's own pattern.
    pub(super) pattern: Option<LazyPattern>,
    /// An additional pattern when replies follow the original Herald: there, everything is allowed that no
    /// rule denies, so nothing that the original or the ordinary rules deny may pass.
    pub(super) original: Option<LazyPattern>,
}

pub(super) static BUILTIN: [Builtin; 5] = [
    Builtin {
        action: Action::Deny,
        reason: "the command would delete the whole current directory or files outside it, or stop the machine",
        tag: "system:dangerous",
        pattern: None,
        original: Some(LazyPattern::new(
            concat!(
                rm_rf!(r#"["']?(?:/|~|\$\{?HOME|\$\{?CLAUDE_PROJECT_DIR)"#),
                r"|shutdown\b|halt\b|reboot\b"
            ),
            &["rm", "shutdown", "halt", "reboot"],
        )),
    },
    Builtin {
        action: Action::Ask,
        reason: "the command installs packages",
        tag: "package:install",
        pattern: None,
        original: Some(LazyPattern::new(
            r"pip3?\s+install|npm\s+install|uv\s+(?:pip|add|sync)|(?:pnpm|yarn|poetry)\s+(?:install|add|update)",
            &["pip", "npm", "uv", "yarn", "poetry"],
        )),
    },
    Builtin {
        action: Action::Deny,
        reason: "the file holds secrets",
        tag: "secrets:file",
        pattern: Some(LazyPattern::new(
            r"\.env(?:\.|$)|id_rsa|id_ed25519",
            &[".env", "id_"],
        )),
        original: None,
    },
    Builtin {
        action: Action::Ask,
        reason: "the file defines the dependencies of the project",
        tag: "dependency:lock",
        pattern: None,
        original: None,
    },
    Builtin {
        action: Action::Ask,
        reason: "the command discards work that git cannot restore",
        tag: "git:destructive",
        pattern: None,
        original: Some(LazyPattern::new(git_discards!(), &["git"])),
    },
];

/// The built-in rules.
pub(super) fn rules(is_original: bool) -> Vec<Option<Rule>> {
    let rule = |builtin: &'static Builtin| {
        let tag = tag(builtin.tag)?;
        let original = builtin.original.as_ref().filter(|_| is_original);
        let pattern = builtin.pattern.as_ref().or(original);
        Some(Rule {
            subject: tag.subject,
            action: builtin.action,
            tags_to_match: builtin
                .pattern
                .is_none()
                .then_some(tag)
                .into_iter()
                .collect(),
            pattern: pattern.map(RulePattern::BuiltIn),
            reason: builtin.reason.to_owned(),
            tags: vec![tag.name.to_owned()],
            severity: Some(tag.severity),
        })
    };
    BUILTIN.iter().map(rule).collect()
}

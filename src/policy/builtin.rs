//! What is known without any file: tags, each of which stands for a pattern, and the rules that
//! hold beside those of a policy file.

use super::rule::{Action, Rule, Severity, Subject, compile};

/// A name for a pattern that rules may use instead of one.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) subject: Subject,
    pub(super) severity: Severity,
    pub(super) pattern: &'static str,
}

/// Where a shell looks for the name of a program: at the start, after another command, or behind a
/// program that runs one.
macro_rules! command {
    ($($command:tt)*) => {
        concat!(
            r"(?:^|[\n;&|(`]|\b(?:sudo|doas|env|exec|nohup|time|xargs|then|do|else)\s)\s*(?:",
            $($command)*,
            ")"
        )
    };
}

/// `rm` with both `r` and `f` among its flags, and what may come before its first argument.
macro_rules! rm_rf {
    ($target:literal) => {
        concat!(
            r"rm\s+(?:-\S+\s+)*(?:-\w*(?:r\w*f|f\w*r)\w*|-r\s+-f|-f\s+-r",
            r"|--recursive\s+--force|--force\s+--recursive)\s+(?:-\S+\s+)*",
            $target
        )
    };
}

pub(super) static TAGS: [Tag; 6] = [
    Tag {
        name: "system:dangerous",
        subject: Subject::Command,
        severity: Severity::Critical,
        pattern: concat!(
            command!(r"(?:shutdown|halt|reboot|poweroff)\b"),
            "|",
            command!(rm_rf!(
                r#"["']?(?:/|~|\.|\$\{?(?:HOME|CLAUDE_PROJECT_DIR|PWD)\}?)["']?/?\*?["']?(?:$|[\s;&|)])"#
            )),
        ),
    },
    Tag {
        name: "package:install",
        subject: Subject::Command,
        severity: Severity::Medium,
        pattern: command!(
            r"(?:python\S*\s+-m\s+)?(?:npm|pnpm|yarn|bun|pip3?|pipx|poetry|uvx?(?:\s+pip)?)\s+(?:install|add|update|i|ci|sync)\b"
        ),
    },
    Tag {
        name: "package:remove",
        subject: Subject::Command,
        severity: Severity::Medium,
        pattern: command!(
            r"(?:python\S*\s+-m\s+)?(?:npm|pnpm|yarn|bun|pip3?|pipx|poetry|uvx?(?:\s+pip)?)\s+(?:uninstall|remove|rm)\b"
        ),
    },
    Tag {
        name: "git:destructive",
        subject: Subject::Command,
        severity: Severity::High,
        pattern: command!(
            r"git\s+(?:-\S+\s+(?:\S+\s+)?)*(?:reset\s+(?:\S+\s+)*--hard|clean\s+(?:-\S+\s+)*-\w*f|checkout\s+(?:\S+\s+)*--(?:\s|$)|restore\s+--source)"
        ),
    },
    Tag {
        name: "secrets:file",
        subject: Subject::Path,
        severity: Severity::High,
        pattern: r"\.env(?:\.|$)|credentials|secret|id_(?:rsa|ed25519)|\.pem$",
    },
    Tag {
        name: "dependency:lock",
        subject: Subject::Path,
        severity: Severity::Medium,
        pattern: r"(?:package(?:-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|poetry\.lock|uv\.lock|Cargo\.lock|requirements\.(?:txt|in))$",
    },
];

/// The tag called `name`.
pub(super) fn tag(name: &str) -> Option<&'static Tag> {
    TAGS.iter().find(|tag| tag.name == name)
}

/// A rule that holds beside those of a file.
struct Builtin {
    action: Action,
    reason: &'static str,
    tag: &'static str,
    /// Instead of the tag's.
    pattern: Option<&'static str>,
    /// What it looks for where replies are to be the original Herald's, which looked less closely:
    /// whatever no rule denies is allowed there, so nothing may be denied less.
    original: Option<&'static str>,
}

const BUILTIN: [Builtin; 5] = [
    Builtin {
        action: Action::Deny,
        reason: "the command would remove everything, or stop the machine",
        tag: "system:dangerous",
        pattern: None,
        original: Some(concat!(
            rm_rf!(r#"["']?(?:/|~|\$\{?HOME|\$\{?CLAUDE_PROJECT_DIR)"#),
            r"|shutdown\b|halt\b|reboot\b"
        )),
    },
    Builtin {
        action: Action::Ask,
        reason: "the command installs packages",
        tag: "package:install",
        pattern: None,
        original: Some(
            r"pip3?\s+install|npm\s+install|uv\s+(?:pip|add|sync)|(?:pnpm|yarn|poetry)\s+(?:install|add|update)",
        ),
    },
    Builtin {
        action: Action::Deny,
        reason: "the file holds secrets",
        tag: "secrets:file",
        pattern: Some(r"\.env(?:\.|$)|id_rsa|id_ed25519"),
        original: None,
    },
    Builtin {
        action: Action::Ask,
        reason: "the file says what the project depends on",
        tag: "dependency:lock",
        pattern: None,
        original: None,
    },
    Builtin {
        action: Action::Ask,
        reason: "the command discards work that git does not keep",
        tag: "git:destructive",
        pattern: None,
        original: Some(
            r"git\s+(?:-\S+\s+(?:\S+\s+)?)*(?:reset\s+(?:\S+\s+)*--hard|clean\s+(?:-\S+\s+)*-\w*f|checkout\s+(?:\S+\s+)*--(?:\s|$)|restore\s+--source)",
        ),
    },
];

/// The rules that hold beside those of a file.
pub(super) fn rules(is_original: bool) -> Vec<Rule> {
    let rule = |builtin: &Builtin| {
        let tag = tag(builtin.tag)?;
        let pattern = match is_original {
            true => builtin.original.or(builtin.pattern),
            false => builtin.pattern,
        };
        let pattern = compile(pattern.unwrap_or(tag.pattern), usize::MAX).ok()?;
        Some(Rule {
            subject: tag.subject,
            action: builtin.action,
            pattern,
            reason: builtin.reason.to_owned(),
            tags: vec![tag.name.to_owned()],
            severity: Some(tag.severity),
        })
    };
    BUILTIN.iter().filter_map(rule).collect()
}

//! Tags: names for patterns, which rules may use instead of one.

use serde::{Deserialize, Serialize};

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Subject {
    /// The command's text.
    Command,
    /// The paths that the call names.
    Path,
}

/// How grave a match is; for whoever reads of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "they say what they say")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// A name for a pattern.
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

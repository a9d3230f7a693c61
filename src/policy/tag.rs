//! Tags: names for kinds of calls, which rules can use instead of a pattern.

use serde::{Deserialize, Serialize};

use super::kind;
use super::lazy_pattern::LazyPattern;
use super::pattern::{Deadline, GaveUp};
use super::shell::Run;

/// The part of a call that a rule examines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Subject {
    /// The text of the command.
    Command,
    /// The paths of the call.
    Path,
}

/// The severity of a match, for information.
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

/// Whether a tag matches a program that runs.
type Matcher = fn(&Run<'_>) -> bool;

/// A name for a kind of calls.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) subject: Subject,
    pub(super) severity: Severity,
    /// For commands: matches the programs that a shell would run.
    matcher: Option<Matcher>,
    /// For paths, and for commands that cannot be parsed.
    pub(super) pattern: LazyPattern,
}

impl Tag {
    const fn command(
        name: &'static str,
        severity: Severity,
        matcher: Matcher,
        pattern: LazyPattern,
    ) -> Self {
        Self {
            name,
            subject: Subject::Command,
            severity,
            matcher: Some(matcher),
            pattern,
        }
    }

    const fn path(name: &'static str, severity: Severity, pattern: LazyPattern) -> Self {
        Self {
            name,
            subject: Subject::Path,
            severity,
            matcher: None,
            pattern,
        }
    }

    /// Whether it matches a program that runs.
    pub(super) fn matches_program(&self, run: &Run<'_>) -> bool {
        self.matcher.is_some_and(|matcher| matcher(run))
    }

    /// Whether one of `texts` matches: paths, or commands that cannot be parsed.
    pub(super) fn is_in<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t String>,
        deadline: &mut Deadline,
    ) -> Result<bool, GaveUp> {
        let texts = texts.into_iter().map(String::as_str);
        self.pattern.is_in(texts, deadline)
    }
}

/// Where a program name can be in a command that cannot be parsed: at the start, after another command, or
/// after a program that runs another.
macro_rules! command {
    ($($command:tt)*) => {
        concat!(
            r"(?:^|[\n;&|(`]|\b(?:sudo|doas|env|exec|nohup|time|xargs|then|do|else)\s)\s*(?:",
            $($command)*,
            ")"
        )
    };
}

/// `rm` with both `r` and `f` among its flags, up to its first argument.
macro_rules! rm_rf {
    ($target:literal) => {
        concat!(
            r"rm\s+(?:-\S+\s+)*(?:-\w*(?:r\w*f|f\w*r)\w*|-r\s+-f|-f\s+-r",
            r"|--recursive\s+--force|--force\s+--recursive)\s+(?:-\S+\s+)*",
            $target
        )
    };
}

/// `git` with arguments that discard work.
macro_rules! git_discards {
    () => {
        r"git\s+(?:-\S+\s+(?:\S+\s+)?)*(?:reset\s+(?:\S+\s+)*--hard|clean\s+(?:-\S+\s+)*-\w*f|checkout\s+(?:\S+\s+)*--(?:\s|$)|restore\s+--source)"
    };
}

/// Package managers whose commands are recognised where they cannot be parsed.
const MANAGERS: [&str; 6] = ["npm", "yarn", "bun", "pip", "poetry", "uv"];

pub(super) static TAGS: [Tag; 6] = [
    Tag::command(
        "system:dangerous",
        Severity::Critical,
        kind::is_dangerous,
        LazyPattern::new(
            concat!(
                command!(r"(?:shutdown|halt|reboot|poweroff)\b"),
                "|",
                command!(rm_rf!(
                    r#"["']?(?:/(?:$|[^tp]|t(?:$|[^m])|p(?:$|[^r]))|~|\$\{?(?:HOME|CLAUDE_PROJECT_DIR)\b|(?:\.|\$\{?PWD\}?)["']?/?\*?["']?(?:$|[\s;&|)]))"#
                )),
            ),
            &["shutdown", "halt", "reboot", "poweroff", "rm"],
        ),
    ),
    Tag::command(
        "package:install",
        Severity::Medium,
        kind::installs,
        LazyPattern::new(
            command!(
                r"(?:python\S*\s+-m\s+)?(?:npm|pnpm|yarn|bun|pip3?|pipx|poetry|uvx?(?:\s+pip)?)\s+(?:install|add|update|i|ci|sync)\b"
            ),
            &MANAGERS,
        ),
    ),
    Tag::command(
        "package:remove",
        Severity::Medium,
        kind::removes,
        LazyPattern::new(
            command!(
                r"(?:python\S*\s+-m\s+)?(?:npm|pnpm|yarn|bun|pip3?|pipx|poetry|uvx?(?:\s+pip)?)\s+(?:uninstall|remove|rm)\b"
            ),
            &MANAGERS,
        ),
    ),
    Tag::command(
        "git:destructive",
        Severity::High,
        kind::discards,
        LazyPattern::new(command!(git_discards!()), &["git"]),
    ),
    Tag::path(
        "secrets:file",
        Severity::High,
        LazyPattern::new(
            r"\.env(?:\.|$)|credentials|secret|id_(?:rsa|ed25519)|\.pem$",
            &[".env", "credentials", "secret", "id_", ".pem"],
        ),
    ),
    Tag::path(
        "dependency:lock",
        Severity::Medium,
        LazyPattern::new(
            r"(?:package(?:-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|poetry\.lock|uv\.lock|Cargo\.lock|requirements\.(?:txt|in))$",
            &["package", "-lock.yaml", ".lock", "requirements."],
        ),
    ),
];

pub(super) fn tag(name: &str) -> Option<&'static Tag> {
    TAGS.iter().find(|tag| tag.name == name)
}

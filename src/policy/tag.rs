//! Tags: names for what calls have in common, which rules may use instead of a pattern.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::kind;
use super::pattern::{Deadline, GaveUp, Pattern};
use super::shell::Run;

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

/// Whether a tag stands for a program that is run.
type Stands = fn(&Run<'_>) -> bool;

/// A name for what calls have in common.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) subject: Subject,
    pub(super) severity: Severity,
    /// Of commands: what a shell would run.
    stands: Option<Stands>,
    /// Of paths, and of commands that cannot be parsed.
    pattern: &'static str,
    /// The pattern's compiled form, which few calls need.
    compiled: OnceLock<Option<Pattern>>,
}

impl Tag {
    const fn command(
        name: &'static str,
        severity: Severity,
        stands: Stands,
        pattern: &'static str,
    ) -> Self {
        Self {
            name,
            subject: Subject::Command,
            severity,
            stands: Some(stands),
            pattern,
            compiled: OnceLock::new(),
        }
    }

    const fn path(name: &'static str, severity: Severity, pattern: &'static str) -> Self {
        Self {
            name,
            subject: Subject::Path,
            severity,
            stands: None,
            pattern,
            compiled: OnceLock::new(),
        }
    }

    /// Whether it stands for a program that is run.
    pub(super) fn stands_for(&self, run: &Run<'_>) -> bool {
        self.stands.is_some_and(|stands| stands(run))
    }

    /// Whether it is in one of `texts`, which are paths, or commands that cannot be parsed.
    pub(super) fn is_in<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t String>,
        deadline: &mut Deadline,
    ) -> Result<bool, GaveUp> {
        let mut texts = texts.into_iter().map(String::as_str).peekable();
        if texts.peek().is_none() {
            return Ok(false);
        }
        let compiled = self
            .compiled
            .get_or_init(|| Pattern::built_in(self.pattern));
        compiled
            .as_ref()
            .map_or(Ok(false), |pattern| pattern.is_in(texts, deadline))
    }
}

/// Where in a text that cannot be parsed the name of a program may be: at the start, after another
/// command, or behind a program that runs one.
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

/// `git` with what discards work.
macro_rules! git_discards {
    () => {
        r"git\s+(?:-\S+\s+(?:\S+\s+)?)*(?:reset\s+(?:\S+\s+)*--hard|clean\s+(?:-\S+\s+)*-\w*f|checkout\s+(?:\S+\s+)*--(?:\s|$)|restore\s+--source)"
    };
}

pub(super) static TAGS: [Tag; 6] = [
    Tag::command(
        "system:dangerous",
        Severity::Critical,
        kind::is_dangerous,
        concat!(
            command!(r"(?:shutdown|halt|reboot|poweroff)\b"),
            "|",
            command!(rm_rf!(
                r#"["']?(?:/(?:$|[^tp]|t(?:$|[^m])|p(?:$|[^r]))|~|\$\{?(?:HOME|CLAUDE_PROJECT_DIR)\b|(?:\.|\$\{?PWD\}?)["']?/?\*?["']?(?:$|[\s;&|)]))"#
            )),
        ),
    ),
    Tag::command(
        "package:install",
        Severity::Medium,
        kind::installs,
        command!(
            r"(?:python\S*\s+-m\s+)?(?:npm|pnpm|yarn|bun|pip3?|pipx|poetry|uvx?(?:\s+pip)?)\s+(?:install|add|update|i|ci|sync)\b"
        ),
    ),
    Tag::command(
        "package:remove",
        Severity::Medium,
        kind::removes,
        command!(
            r"(?:python\S*\s+-m\s+)?(?:npm|pnpm|yarn|bun|pip3?|pipx|poetry|uvx?(?:\s+pip)?)\s+(?:uninstall|remove|rm)\b"
        ),
    ),
    Tag::command(
        "git:destructive",
        Severity::High,
        kind::discards,
        command!(git_discards!()),
    ),
    Tag::path(
        "secrets:file",
        Severity::High,
        r"\.env(?:\.|$)|credentials|secret|id_(?:rsa|ed25519)|\.pem$",
    ),
    Tag::path(
        "dependency:lock",
        Severity::Medium,
        r"(?:package(?:-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|poetry\.lock|uv\.lock|Cargo\.lock|requirements\.(?:txt|in))$",
    ),
];

/// The tag called `name`.
pub(super) fn tag(name: &str) -> Option<&'static Tag> {
    TAGS.iter().find(|tag| tag.name == name)
}

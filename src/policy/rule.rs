//! A rule: what it looks at, what it looks for, and what is then to be done.

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::input::Input;
use super::tag::{Severity, Subject, TAGS, Tag, tag};

/// The longest pattern, in bytes, and the most memory that its compiled form may take: a rule
/// comes with a repository perhaps, and a hook compiles it at every call.
const MAX_PATTERN_LEN: usize = 1_000;
const MAX_COMPILED_LEN: usize = 256 << 10;

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
struct WrittenRule {
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
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WrittenRule")]
pub(super) struct Rule {
    pub(super) subject: Subject,
    pub(super) action: Action,
    pub(super) pattern: Regex,
    pub(super) reason: String,
    pub(super) tags: Vec<String>,
    pub(super) severity: Option<Severity>,
}

impl Rule {
    /// Whether it is about this call.
    pub(super) fn matches(&self, input: &Input) -> bool {
        match self.subject {
            Subject::Command => self.pattern.is_match(input.command.as_bytes()),
            Subject::Path => input
                .paths
                .iter()
                .any(|path| self.pattern.is_match(path.as_bytes())),
        }
    }
}

impl TryFrom<WrittenRule> for Rule {
    type Error = String;

    fn try_from(written: WrittenRule) -> Result<Self, String> {
        // Not `allow`, as in the original: whoever misspelt the member meant something else.
        let action = written.action.ok_or("expected a rule with an action")?;
        let tags: Vec<&Tag> = written.tags.iter().filter_map(|name| tag(name)).collect();
        let subject = written.subject.or_else(|| Some(tags.first()?.subject));
        let subject = subject.unwrap_or(Subject::Command);
        let of_tags = tags.iter().filter(|tag| tag.subject == subject);
        let of_tags: Vec<_> = of_tags.map(|tag| format!("(?:{})", tag.pattern)).collect();
        let pattern = match written.pattern {
            Some(pattern) if !pattern.is_empty() => compile(&pattern, MAX_PATTERN_LEN)?,
            _ if of_tags.is_empty() => {
                let known: Vec<_> = TAGS.iter().map(|tag| tag.name).collect();
                return Err(format!(
                    "expected a rule with a pattern, or with one of the tags {}",
                    known.join(", ")
                ));
            }
            _ => compile(&of_tags.join("|"), usize::MAX)?,
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

/// Compiles a pattern. Matching takes time in proportion to the text, whatever the pattern: there
/// is neither backtracking nor what would need it.
///
/// A pattern is one of bytes, since automata for all of Unicode take three times as long to make:
/// only ASCII letters are the same in either case, and a class holds ASCII characters.
pub(super) fn compile(pattern: &str, max_len: usize) -> Result<Regex, String> {
    if pattern.len() > max_len {
        return Err(format!("expected a pattern of at most {max_len} bytes"));
    }
    let compiled = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .unicode(false)
        .size_limit(MAX_COMPILED_LEN)
        .build();
    compiled.map_err(|error| {
        let why = error.to_string();
        // What comes before is the pattern, with a mark below it.
        let why = why.lines().last().unwrap_or_default();
        let why = why.trim_start_matches("error: ");
        format!("expected a regular expression that takes linear time: {why}")
    })
}

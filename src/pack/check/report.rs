//! Collects findings and phrases them.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::pack::MANIFEST;
use crate::pack::inside::Flaw;
use crate::severity::Severity;

/// The number of findings shown per severity, and the number of characters shown of a name.
const MAX_NAMED: usize = 100;
const MAX_SHOWN: usize = 80;
/// The number of categories and aliases that are checked.
pub(super) const MAX_MEMBERS: usize = 1000;

/// A broken rule of CESP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackIssue {
    /// An error makes the pack unusable; a warning costs at most one sound.
    pub severity: Severity,
    /// The place: a key of the manifest, or a file.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub hint: Option<Cow<'static, str>>,
}

/// `where: what; hint: how to fix it`
impl fmt::Display for PackIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The findings so far.
#[derive(Default)]
pub(super) struct Report {
    named: Vec<PackIssue>,
    errors: usize,
    warnings: usize,
}

impl Report {
    pub(super) fn error(&mut self, at: &str, what: impl fmt::Display, hint: &'static str) {
        self.add(Severity::Error, at, what, Some(hint.into()));
    }

    pub(super) fn warn(&mut self, at: &str, what: impl fmt::Display, hint: &'static str) {
        self.add(Severity::Warning, at, what, Some(hint.into()));
    }

    /// Reports `flaw` of the file called `name`.
    pub(super) fn flaw(&mut self, at: &str, name: &str, flaw: &Flaw) {
        let what = format!("{} {flaw}", quoted(name));
        match flaw.is_unsafe() {
            true => self.error(at, what, flaw.hint()),
            false => self.warn(at, what, flaw.hint()),
        }
    }

    /// Warns about members of `object` that are not `known`.
    pub(super) fn unknown(&mut self, at: &str, object: &Map<String, Value>, known: &[&str]) {
        let unknown = object.keys().filter(|name| !known.contains(&&***name));
        for name in unknown {
            let meant = meant(name, known.iter().copied());
            let what = format!("unknown key {}{meant}", quoted(name));
            self.warn(at, what, "remove it; the registry may refuse the pack");
        }
    }

    pub(super) fn add(
        &mut self,
        severity: Severity,
        at: &str,
        what: impl fmt::Display,
        hint: Option<Cow<'static, str>>,
    ) {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning | Severity::Note => &mut self.warnings,
        };
        *count += 1;
        if *count <= MAX_NAMED {
            self.named.push(PackIssue {
                severity,
                at: at.to_owned(),
                what: what.to_string(),
                hint,
            });
        }
    }

    pub(super) fn findings(self) -> Vec<PackIssue> {
        let more = |severity: Severity, count: usize| {
            let more = count.checked_sub(MAX_NAMED).filter(|more| *more > 0)?;
            Some(PackIssue {
                severity,
                at: MANIFEST.to_owned(),
                what: format!("and {more} more {severity}s"),
                hint: None,
            })
        };
        let more = [
            more(Severity::Error, self.errors),
            more(Severity::Warning, self.warnings),
        ];
        let mut findings = self.named;
        findings.extend(more.into_iter().flatten());
        findings
    }
}

/// Reports an object with more members than a person would write.
pub(super) fn too_many(report: &mut Report, key: &str, members: &Map<String, Value>) {
    if members.len() > MAX_MEMBERS {
        report.error(
            key,
            format_args!(
                "has {} members; only {MAX_MEMBERS} are checked",
                members.len()
            ),
            "CESP 1.0 has nine categories",
        );
    }
}

/// Warns about a text of more than `max_len` characters.
pub(super) fn at_most(report: &mut Report, key: &str, text: &str, max_len: usize) {
    let len = text.chars().count();
    if len > max_len {
        let what = format_args!("is too long: {len} characters (limit: {max_len})");
        report.warn(key, what, "shorten it");
    }
}

/// `text` in quotes, shortened.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Phrases a wrong type.
pub(super) fn instead(expected: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    format!("expected {expected}, found {found}")
}

/// `; did you mean …?`, if a similar name exists.
pub(super) fn meant<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match crate::nearest::nearest(name, names) {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}

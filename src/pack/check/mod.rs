//! Checking a pack against the rules of CESP 1.0.
//!
//! Every rule that is broken is a finding of its own, which says where, what, and how to mend it.
//! An error is what makes a pack or one of its sounds unusable; a warning is what other players
//! or the registry may not like. Nothing of the pack is run, every file is read up to a limit, and
//! of endless directories and endless manifests only the beginning is looked at.

mod fields;
mod sounds;
mod walk;

use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use super::inside::Located;
use super::{MANIFEST, Pack};
pub use crate::severity::Severity;

/// How many findings of each severity are named, and how much of a name is shown.
const MAX_NAMED: usize = 100;
const MAX_SHOWN: usize = 80;
/// How many categories, and how many aliases, are looked at.
const MAX_MEMBERS: usize = 1000;

/// A rule that a pack breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is: an error is what cannot be used, a warning what others may not accept.
    pub severity: Severity,
    /// Where: a key of the manifest, or a file.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: Option<&'static str>,
}

/// A pack, and what is wrong with it.
pub(super) struct Checked {
    pub(super) pack: Option<Pack>,
    pub(super) findings: Vec<Finding>,
    /// The sounds and pictures that the manifest names and that are as they should be.
    pub(super) files: Vec<Located>,
}

/// The rules that the pack in `dir` breaks, in the order of the manifest; none if it is fine.
pub fn check(dir: &Path) -> Vec<Finding> {
    checked(dir).findings
}

pub(super) fn checked(dir: &Path) -> Checked {
    let mut report = Report::default();
    let pack = match Pack::open(dir) {
        Ok(pack) => pack,
        Err(error) => {
            report.add(Severity::Error, MANIFEST, error, None);
            return Checked {
                pack: None,
                findings: report.findings(),
                files: Vec::new(),
            };
        }
    };
    fields::check(&mut report, &pack);
    let files = sounds::check(&mut report, &pack);
    walk::check(&mut report, pack.root());
    Checked {
        pack: Some(pack),
        findings: report.findings(),
        files,
    }
}

/// `where: what is wrong (how to mend it)`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)?;
        match self.mend {
            Some(mend) => write!(f, " ({mend})"),
            None => Ok(()),
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Report {
    named: Vec<Finding>,
    errors: usize,
    warnings: usize,
}

impl Report {
    fn error(&mut self, at: &str, what: impl fmt::Display, mend: &'static str) {
        self.add(Severity::Error, at, what, Some(mend));
    }

    fn warn(&mut self, at: &str, what: impl fmt::Display, mend: &'static str) {
        self.add(Severity::Warning, at, what, Some(mend));
    }

    fn add(
        &mut self,
        severity: Severity,
        at: &str,
        what: impl fmt::Display,
        mend: Option<&'static str>,
    ) {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning | Severity::Note => &mut self.warnings,
        };
        *count += 1;
        if *count <= MAX_NAMED {
            self.named.push(Finding {
                severity,
                at: at.to_owned(),
                what: what.to_string(),
                mend,
            });
        }
    }

    fn findings(self) -> Vec<Finding> {
        let more = |severity: Severity, count: usize| {
            let more = count.checked_sub(MAX_NAMED).filter(|more| *more > 0)?;
            Some(Finding {
                severity,
                at: MANIFEST.to_owned(),
                what: format!("and {more} more {severity}s"),
                mend: None,
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

/// An object of so many members is not what a person wrote.
fn too_many(report: &mut Report, key: &str, members: &Map<String, Value>) {
    if members.len() > MAX_MEMBERS {
        report.error(
            key,
            format_args!(
                "has {} members; only {MAX_MEMBERS} are looked at",
                members.len()
            ),
            "CESP 1.0 has nine categories",
        );
    }
}

/// `text` in quotes, not too much of it.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// What stands where something else was expected.
fn instead(expected: &str, found: &Value) -> String {
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

/// `did you mean …?`, if a name is much like `name`.
fn meant<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match crate::nearest::nearest(name, names) {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}

//! Checking a pack against the rules of CESP 1.0.
//!
//! Every rule that is broken is a finding of its own, which says where, what, and how to mend it.
//! An error is what makes a pack unusable, or unsafe to install; a warning is what costs one of its
//! sounds, or what other players or the registry may not like. Nothing of the pack is run, every file is
//! read up to a limit, and of endless directories and endless manifests only the beginning is looked at.

mod fields;
mod format;
mod sounds;
mod walk;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use super::inside::{Flaw, Located};
use super::{MANIFEST, Pack};
use crate::decodings::Decode;
pub use crate::severity::Severity;

/// How many findings of each severity are named, and how much of a name is shown.
const MAX_NAMED: usize = 100;
const MAX_SHOWN: usize = 80;
/// How many categories, and how many aliases, are looked at.
const MAX_MEMBERS: usize = 1000;

/// A rule that a pack breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is: an error is why the pack cannot be used, a warning costs one of its sounds at most.
    pub severity: Severity,
    /// Where: a key of the manifest, or a file.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: Option<Cow<'static, str>>,
}

/// A pack, and what is wrong with it.
pub(super) struct Checked {
    pub(super) pack: Option<Pack>,
    pub(super) findings: Vec<Finding>,
    /// The sounds and pictures that the manifest names and that can be used.
    pub(super) files: Vec<Located>,
    /// How many sounds it names that cannot.
    pub(super) left_out: usize,
}

/// The rules that the pack in `dir` breaks, in the order of the manifest, and then what `decode` finds
/// in its sounds; none if it is fine.
pub fn check(dir: &Path, decode: Decode<'_>) -> Vec<Finding> {
    checked(dir, decode).findings
}

pub(super) fn checked(dir: &Path, decode: Decode<'_>) -> Checked {
    let mut report = Report::default();
    let pack = match Pack::open(dir) {
        Ok(pack) => pack,
        Err(error) => {
            report.add(Severity::Error, MANIFEST, error, None);
            return Checked {
                pack: None,
                findings: report.findings(),
                files: Vec::new(),
                left_out: 0,
            };
        }
    };
    fields::check(&mut report, &pack);
    let (files, left_out) = sounds::check(&mut report, &pack, decode);
    walk::check(&mut report, pack.root());
    Checked {
        pack: Some(pack),
        findings: report.findings(),
        files,
        left_out,
    }
}

/// `where: what is wrong (how to mend it)`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)?;
        match &self.mend {
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
        self.add(Severity::Error, at, what, Some(mend.into()));
    }

    fn warn(&mut self, at: &str, what: impl fmt::Display, mend: &'static str) {
        self.add(Severity::Warning, at, what, Some(mend.into()));
    }

    /// What `flaw` makes of the file that is called `name`.
    fn flaw(&mut self, at: &str, name: &str, flaw: &Flaw) {
        let what = format!("{} {flaw}", quoted(name));
        match flaw.is_unsafe() {
            true => self.error(at, what, flaw.mend()),
            false => self.warn(at, what, flaw.mend()),
        }
    }

    /// Warns of members of `object` that are none of `known`.
    fn unknown(&mut self, at: &str, object: &Map<String, Value>, known: &[&str]) {
        let unknown = object.keys().filter(|name| !known.contains(&&***name));
        for name in unknown {
            let meant = meant(name, known.iter().copied());
            let what = format!("{} is no member that CESP 1.0 knows{meant}", quoted(name));
            self.warn(at, what, "take it out: validators may refuse the pack");
        }
    }

    fn add(
        &mut self,
        severity: Severity,
        at: &str,
        what: impl fmt::Display,
        mend: Option<Cow<'static, str>>,
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

/// Warns of a text of more than `max_len` characters.
fn at_most(report: &mut Report, key: &str, text: &str, max_len: usize) {
    let len = text.chars().count();
    if len > max_len {
        let what = format_args!("has {len} characters, more than {max_len}");
        report.warn(key, what, "shorten it");
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

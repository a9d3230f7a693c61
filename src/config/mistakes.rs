//! Collects problems of a file and phrases them.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::path::Path;

use jsonc_parser::ast::Value;
use serde::de;

use super::issue::{ConfigIssue, Position, Severity};
use super::time_of_day::TimeOfDay;
use crate::nearest::nearest;

/// The number of problems shown per file, and the number of characters shown of a wrong value.
const MAX_ISSUES: usize = 20;
const MAX_SHOWN: usize = 60;

/// Any key, in a list of paths.
pub(super) const ANY: &str = "*";

/// The path of a value as written, and its offset in bytes.
pub(super) type Place = (Vec<String>, usize);

/// The problems so far.
pub(super) struct Issues<'t> {
    text: &'t str,
    named: RefCell<Vec<(usize, Severity, String, String)>>,
    more: Cell<usize>,
    places: RefCell<Vec<Place>>,
    /// The document's keys, to recognise one in the wrong place.
    keys: &'static [&'static str],
    /// Unused keys that cause no warning.
    passed_over: &'static [&'static str],
}

impl<'t> Issues<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self {
            text,
            named: RefCell::new(Vec::new()),
            more: Cell::new(0),
            places: RefCell::new(Vec::new()),
            keys: &[],
            passed_over: &[],
        }
    }

    /// Sets the document's keys.
    pub(super) const fn among(mut self, keys: &'static [&'static str]) -> Self {
        self.keys = keys;
        self
    }

    /// The message for a key that is not in `known`, the keys allowed there.
    pub(super) fn unknown_key(&self, name: &str, known: &[&str]) -> String {
        let is_it = |key: &&&str| key.rsplit('.').next() == Some(name);
        match self.keys.iter().find(is_it) {
            Some(meant) => format!("unknown key; did you mean {meant}?"),
            None => unknown(["key", "keys"], name, known),
        }
    }

    /// Sets unused keys that cause no warning.
    pub(super) const fn passing_over(mut self, keys: &'static [&'static str]) -> Self {
        self.passed_over = keys;
        self
    }

    /// Whether `key` is unused and causes no warning.
    pub(super) fn passes_over(&self, key: impl fmt::Display) -> bool {
        !self.passed_over.is_empty() && self.passed_over.contains(&&*key.to_string())
    }

    /// Whether the next problem is shown, or only counted.
    pub(super) fn has_room(&self) -> bool {
        self.named.borrow().len() < MAX_ISSUES
    }

    /// Adds a problem of `key` at `offset` bytes into the text. `key` and `what` are evaluated only if the
    /// problem is shown.
    pub(super) fn note(
        &self,
        severity: Severity,
        offset: usize,
        key: impl fmt::Display,
        what: impl FnOnce() -> String,
    ) {
        if self.has_room() {
            let named = (offset, severity, shortened(&key.to_string()), what());
            self.named.borrow_mut().push(named);
        } else {
            self.more.set(self.more.get() + 1);
        }
    }

    /// Records the place of a valid value.
    pub(super) fn place(&self, path: Vec<String>, offset: usize) {
        self.places.borrow_mut().push((path, offset));
    }

    /// The places of valid values, except those at the `excepted` paths and below.
    pub(super) fn places(&self, excepted: &[&[&str]]) -> Vec<Place> {
        let mut places = self.places.take();
        places.retain(|(path, _)| !is_among(excepted, path));
        places
    }

    /// All problems of the file `source`, in the order of their positions.
    pub(super) fn of(self, source: &Path) -> Vec<ConfigIssue> {
        let mut named = self.named.into_inner();
        named.sort_by_key(|(offset, ..)| *offset);
        let issue = |(offset, severity, key, what)| ConfigIssue {
            severity,
            source: source.to_owned(),
            position: Some(Position::in_text(self.text, offset)),
            key,
            what,
        };
        let more = self.more.into_inner();
        let more = (more > 0)
            .then(|| ConfigIssue::of_file(source, None, format!("and {more} more problems")));
        named.into_iter().map(issue).chain(more).collect()
    }
}

/// Whether the key at `path` is at one of the `listed` paths, or below.
fn is_among(listed: &[&[&str]], path: &[String]) -> bool {
    let is_it = |listed: &&[&str]| {
        let mut pairs = listed.iter().zip(path);
        listed.len() <= path.len() && pairs.all(|(name, key)| *name == ANY || name == key)
    };
    listed.iter().any(is_it)
}

/// What was expected, and where, once that is known.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) what: String,
    pub(super) at: Option<(usize, String)>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self {
            what: what.to_string(),
            at: None,
        }
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        match expected.to_string().as_str() {
            "a boolean" => Self::custom("expected true or false"),
            expected => Self::custom(format_args!("expected {expected}")),
        }
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("expected {}", listed(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("expected an object with {field:?}"))
    }
}

/// The object with some of `fields` that `value`, which is not an object, probably means.
pub(super) fn object_like(value: &Value<'_>, fields: &[&str]) -> Option<String> {
    let has = |field| fields.contains(&field);
    match value {
        Value::BooleanLit(found) if has("enabled") => {
            Some(format!("{{\"enabled\": {}}}", found.value))
        }
        Value::StringLit(text) if has("from") && has("to") => hours_like(&text.value),
        _ => None,
    }
}

/// Parses times such as `22:00-07:00`; returns them as a JSON object.
pub(super) fn hours_like(text: &str) -> Option<String> {
    let (from, to) = text.split_once(['-', '–'])?;
    let time = |text: &str| TimeOfDay::parse(text.trim());
    Some(format!(
        "{{\"from\": \"{}\", \"to\": \"{}\"}}",
        time(from)?,
        time(to)?
    ))
}

/// The message for a `name` that is not in `known`.
pub(super) fn unknown([kind, kinds]: [&str; 2], name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(meant) => format!("unknown {kind}; did you mean {meant}?"),
        None => format!("unknown {kind}; valid {kinds}: {}", known.join(", ")),
    }
}

/// `a, b or c`
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [first @ .., second_last, last] => {
            let first: String = first.iter().map(|name| format!("{name}, ")).collect();
            format!("{first}{second_last} or {last}")
        }
        names => names.concat(),
    }
}

/// `text`, shortened for messages.
pub(super) fn shortened(text: &str) -> String {
    plain(text, MAX_SHOWN)
}

/// The first `most` characters of `text` without control characters, which a terminal would obey.
pub(super) fn plain(text: &str, most: usize) -> String {
    let mut chars = text.chars();
    let shown = chars.by_ref().take(most);
    let plain = shown.map(|c| if c.is_control() { ' ' } else { c });
    let mut plain: String = plain.collect();
    if chars.next().is_some() {
        plain.push('…');
    }
    plain
}

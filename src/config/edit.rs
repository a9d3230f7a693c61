//! Changes one key of a config file and preserves everything else: comments, order and indentation.
//!
//! A file is replaced as a whole: readers see the old text or the new one, also after an interruption or on a
//! full disk.

use std::path::{Path, PathBuf};

use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::issue::{ConfigIssue, Position};
use super::names::BY_EVENT;
use super::{key, text};
use crate::error::{Error, ErrorKind, Result};
use crate::system::env::Env;
use crate::system::file::to_write;
use crate::system::replace::Replacement;

const TO_BE_OBJECT: &str = "replace it with {}, or remove it";

/// The user's config file to change: the one named in `HERALD_CONFIG`, else the user's own.
pub fn user_file(env: &Env) -> Option<PathBuf> {
    env.path("HERALD_CONFIG").or_else(|| super::user_file(env))
}

/// The path of a dotted key. The name of an event in it is spelled as in the config `text`, else as Herald
/// spells it.
pub fn path_of(text: &str, dotted: &str) -> Vec<String> {
    let parts: Vec<&str> = dotted.split('.').collect();
    let last = parts.len() - 1;
    // Details of events may contain dots.
    let name = match parts[..] {
        ["events", _, ..] => 1..last.max(2),
        [outer, inner, _, ..] if BY_EVENT.contains(&(outer, inner)) => 2..last + 1,
        _ => last..last + 1,
    };
    let (above, below) = (&parts[..name.start], &parts[name.end..]);
    let mut event = parts[name].join(".");
    if matches!(above, ["events"] | [_, _]) {
        event = spelling(text, above, &event).unwrap_or_else(|| key::shown(&event));
    }
    let (above, below) = (above.iter().copied(), below.iter().copied());
    above
        .chain([&*event])
        .chain(below)
        .map(str::to_owned)
        .collect()
}

/// How the config `text` spells the event called `name` in the object at `path`.
fn spelling(text: &str, path: &[&str], name: &str) -> Option<String> {
    let root = CstRootNode::parse(text.trim_start_matches('\u{feff}'), &text::OPTIONS).ok()?;
    let inner = |object: CstObject, key: &&str| last(&object, key)?.object_value();
    let object = path.iter().try_fold(root.object_value()?, inner)?;
    let names = object.properties().into_iter().rev();
    let mut names = names.filter_map(|property| property.decoded_name());
    names.find(|known| key::compared(known) == key::compared(name))
}

/// Sets the key at `path` in `text`, the content of the config `file`, to `value`, or removes it for `None`.
/// Returns the new text.
///
/// Creates missing objects on the path, and removes objects that become empty.
///
/// # Errors
///
/// [`ErrorKind::Config`] if the text is not JSON (comments and trailing commas are allowed), or if a value on
/// the path is not an object.
pub fn set(
    file: &Path,
    text: &str,
    path: &[impl AsRef<str>],
    value: Option<&Value>,
) -> Result<String> {
    let wrong = |position: Option<Position>, what: String, hint: &'static str| {
        let issue = ConfigIssue::of_file(file, position, what);
        Error::new(ErrorKind::Config, issue.to_string()).with_hint(hint)
    };
    let (mark, text) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    let text = match value {
        Some(_) if text.trim().is_empty() => "",
        _ => text,
    };
    let root = CstRootNode::parse(text, &text::OPTIONS).map_err(|error| {
        let why = text::not_json(text, &error);
        wrong(
            why.position(),
            why.what(),
            "correct that line, then run the command again",
        )
    })?;
    let object = match root.value() {
        Some(CstNode::Container(container)) => container.as_object(),
        Some(_) => None,
        None if value.is_none() => return Ok(format!("{mark}{text}")),
        None => Some(root.object_value_or_set()),
    };
    let no_object = || wrong(None, "not a JSON object".to_owned(), TO_BE_OBJECT);
    let object = object.ok_or_else(no_object)?;
    let path: Vec<_> = path.iter().map(AsRef::as_ref).collect();
    match value {
        Some(value) => {
            put(&object, &path, value).map_err(|key| {
                let what = format!("{key:?} is not an object");
                wrong(None, what, TO_BE_OBJECT)
            })?;
        }
        None => {
            remove(&object, &path);
        }
    }
    Ok(format!("{mark}{root}"))
}

/// # Errors
///
/// The key on the path whose value is not an object.
fn put<'p>(
    object: &CstObject,
    path: &[&'p str],
    value: &Value,
) -> std::result::Result<(), &'p str> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(());
    };
    let found = last(object, key);
    if rest.is_empty() {
        match found {
            Some(property) => property.set_value(input(value)),
            None => drop(object.append(key, input(value))),
        }
        return Ok(());
    }
    let Some(property) = found else {
        let new = rest.iter().rev().fold(input(value), |inner, key| {
            CstInputValue::Object(vec![((*key).to_owned(), inner)])
        });
        object.append(key, new);
        return Ok(());
    };
    let inner = match property.value() {
        Some(CstNode::Container(container)) => container.as_object(),
        Some(other) if other.as_null_keyword().is_some() => Some(property.object_value_or_set()),
        _ => None,
    };
    match inner {
        Some(inner) => put(&inner, rest, value),
        None => Err(key),
    }
}

/// Returns whether the key existed.
fn remove(object: &CstObject, path: &[&str]) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    let mut removed = false;
    // Removes all properties of this name, because removing only the last, which is used, would activate
    // another.
    let named = |property: &CstObjectProp| property.decoded_name().as_deref() == Some(*key);
    for property in object.properties().into_iter().filter(named) {
        let is_done = match property.object_value() {
            _ if rest.is_empty() => true,
            Some(inner) => {
                let removed_inner = remove(&inner, rest);
                removed |= removed_inner;
                removed_inner && is_bare(&inner)
            }
            None => false,
        };
        if is_done {
            property.remove();
            removed = true;
        }
    }
    removed
}

/// Whether the object has neither members nor comments.
fn is_bare(object: &CstObject) -> bool {
    let children = object.children();
    let is_space = |child: &CstNode| child.is_whitespace() || child.is_newline();
    // Only the two braces remain.
    children.iter().filter(|child| !is_space(child)).count() == 2
}

/// The last property of this name, which is the one used.
fn last(object: &CstObject, key: &str) -> Option<CstObjectProp> {
    let is_it = |property: &CstObjectProp| property.decoded_name().as_deref() == Some(key);
    object.properties().into_iter().rev().find(is_it)
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(value) => CstInputValue::Number(value.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(members) => CstInputValue::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone(), input(value)))
                .collect(),
        ),
    }
}

/// Replaces the content of the file at `path`, following links, with `text`, if it still is `before`; none
/// is a missing file. Returns false if it is not.
///
/// Keeps the permissions, and creates missing directories.
///
/// # Errors
///
/// [`ErrorKind::Config`] if it cannot be written; then it is unchanged.
pub fn replace(path: &Path, before: Option<&str>, text: &str) -> Result<bool> {
    let written = Replacement::prepare(path, text.as_bytes())
        .and_then(|new| new.put_over(before.map(str::as_bytes)));
    written.map_err(|error| {
        let what = format!("cannot write {}", path.display());
        let hint = to_write(path, &error);
        Error::new(ErrorKind::Config, what)
            .because(error)
            .with_hint(hint)
    })
}

#[cfg(test)]
mod tests;

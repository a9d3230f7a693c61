//! Changing one key of a config file that a person wrote: everything else stays as it is written,
//! comments, order and indentation.
//!
//! A file is replaced as a whole: whoever reads it meanwhile sees the old text or the new one, and
//! an interruption or a full disk leaves the old one.

use std::path::{Path, PathBuf};

use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::text;
use crate::error::{Error, ErrorKind, Result};
use crate::system::env::Env;
use crate::system::replace::Replacement;

/// The config file to change for the user: the one that `HERALD_CONFIG` names, else the user's own.
pub fn user_file(env: &Env) -> Option<PathBuf> {
    env.path("HERALD_CONFIG").or_else(|| super::user_file(env))
}

/// Sets the key at `path` in a config's `text` to `value`, or removes it, and returns the new text.
///
/// Objects on the way are made as they are needed, and go when nothing is left in them.
///
/// # Errors
///
/// [`ErrorKind::Config`] if the text is not JSON (comments and trailing commas are allowed), or
/// if something else than an object is in the way.
pub fn set(text: &str, path: &[&str], value: Option<&Value>) -> Result<String> {
    let (mark, text) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    let text = match value {
        Some(_) if text.trim().is_empty() => "",
        _ => text,
    };
    let root = CstRootNode::parse(text, &text::OPTIONS).map_err(|error| {
        Error::new(ErrorKind::Config, "the config is not valid JSON").because(error)
    })?;
    let object = match root.value() {
        Some(CstNode::Container(container)) => container.as_object(),
        Some(_) => None,
        None if value.is_none() => return Ok(format!("{mark}{text}")),
        None => Some(root.object_value_or_set()),
    };
    let no_object = || Error::new(ErrorKind::Config, "the config is not a JSON object");
    let object = object.ok_or_else(no_object)?;
    match value {
        Some(value) => put(&object, path, value)?,
        None => {
            remove(&object, path);
        }
    }
    Ok(format!("{mark}{root}"))
}

fn put(object: &CstObject, path: &[&str], value: &Value) -> Result<()> {
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
        None => {
            let what = format!("{key:?} in the config is not an object");
            Err(Error::new(ErrorKind::Config, what).with_hint("replace it with {}, or remove it"))
        }
    }
}

/// Whether there was something to remove.
fn remove(object: &CstObject, path: &[&str]) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    let mut removed = false;
    // Of a key that is there twice, readers take the last: removing that alone would bring back
    // the other.
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

/// Whether nothing is left in it, not even a comment.
fn is_bare(object: &CstObject) -> bool {
    let children = object.children();
    let is_space = |child: &CstNode| child.is_whitespace() || child.is_newline();
    // What is left are the two braces.
    children.iter().filter(|child| !is_space(child)).count() == 2
}

/// The property that readers take, if there are several of one name.
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

/// Replaces the file at `path`, or the file that a link there leads to, by `text`.
///
/// Its permissions stay. Directories are made as they are needed.
///
/// # Errors
///
/// [`ErrorKind::Config`] if it cannot be written; then it is as it was.
pub fn write_atomically(path: &Path, text: &str) -> Result<()> {
    let written = Replacement::prepare(path, text.as_bytes()).and_then(Replacement::put);
    written.map_err(|error| {
        let what = format!("cannot write {}", path.display());
        Error::new(ErrorKind::Config, what).because(error)
    })
}

#[cfg(test)]
mod tests;

//! Reads and parses config files.
//!
//! The format is JSON with comments, trailing commas and an optional byte order mark.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use jsonc_parser::ast::Value;
use jsonc_parser::errors::ParseError;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::issue::Position;
use crate::system::file;
use crate::trust::beneath::Links;
use crate::trust::project::{Distrust, Project, TO_TRUST};

/// The largest config file, in bytes.
pub const MAX_LEN: u64 = 256 << 10;
/// The largest config file of a project: a hook reads it at every event.
pub(super) const MAX_PROJECTS_LEN: u64 = 64 << 10;

/// JSON with comments and trailing commas, and no other extension.
pub(super) const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Why a file cannot be used.
#[derive(Debug)]
pub enum Unreadable {
    /// It does not exist.
    Absent(io::Error),
    /// It is a project's and not trusted.
    Untrusted(Distrust),
    /// It cannot be read completely.
    Io(io::Error),
    /// It is not UTF-8 or not JSON.
    Wrong(Option<Position>, String),
}

impl Unreadable {
    /// The position of the problem.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Wrong(position, _) => *position,
            Self::Absent(_) | Self::Untrusted(_) | Self::Io(_) => None,
        }
    }

    /// The problem.
    pub fn what(&self) -> String {
        match self {
            Self::Absent(error) | Self::Io(error) => format!("cannot be read: {error}"),
            Self::Untrusted(why) => format!("ignored: {why}"),
            Self::Wrong(_, what) => what.clone(),
        }
    }

    /// How to fix it, unless [`Self::what`] says it.
    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Absent(_) => "create it, or name another file",
            Self::Untrusted(_) => TO_TRUST,
            Self::Io(_) => "make it a small file that you can read",
            Self::Wrong(..) => "correct that line, then run `herald config check`",
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Absent(error),
            _ => match error.downcast() {
                Ok(why) => Self::Untrusted(why),
                Err(error) => Self::Io(error),
            },
        }
    }
}

/// Reads the user's file at `path`, without its byte order mark.
pub(super) fn read(path: &Path) -> Result<String, Unreadable> {
    read_open(file::open_regular(path, MAX_LEN)?)
}

/// As [`read`], for a file of `project`, of at most `max_len` bytes.
pub(super) fn read_in(
    project: &Project,
    path: &Path,
    links: Links,
    max_len: u64,
) -> Result<String, Unreadable> {
    read_open(project.open(path, links, max_len)?)
}

fn read_open(file: File) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    file.take(MAX_LEN).read_to_end(&mut bytes)?;
    if matches!(bytes[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        let what = "the file is UTF-16; hint: save it as UTF-8".to_owned();
        return Err(Unreadable::Wrong(None, what));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        let position = Position::in_text(&good, good.len());
        Unreadable::Wrong(
            Some(position),
            "the file is not UTF-8; hint: save it as UTF-8".to_owned(),
        )
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Parses `text`.
///
/// # Errors
///
/// The position and the problem, if it is not JSON with comments.
pub fn parse(text: &str) -> Result<Value<'_>, Unreadable> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS);
    let parsed = parsed.map_err(|error| not_json(text, &error))?;
    parsed.value.ok_or_else(|| {
        Unreadable::Wrong(
            None,
            "the file is empty; hint: use {} for \"no settings\"".to_owned(),
        )
    })
}

/// Why `text` cannot be parsed.
pub(super) fn not_json(text: &str, error: &ParseError) -> Unreadable {
    let position = Position::in_text(text, error.range().start);
    let kind = error.kind().to_string();
    let what = format!("not valid JSON: {}", lowered(&kind));
    Unreadable::Wrong(Some(position), what)
}

/// The first position at which `text`, which [`parse`] accepts, is not strict JSON, and what is there.
pub fn deviation(text: &str) -> Option<(Position, &'static str)> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let (line, column) = (error.line(), error.column().max(1));
    let rest = text.lines().nth(line - 1)?;
    let rest = rest.get(column - 1..).unwrap_or_default();
    let what = match rest.starts_with('/') {
        true => "comment",
        false => "trailing comma",
    };
    Some((Position { line, column }, what))
}

fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_lowercase);
    first.chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use crate::system::env::Env;

    #[test]
    fn a_projects_config_is_read_up_to_64_kib_and_the_users_up_to_256() {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join(".claude/herald.json");
        std::fs::create_dir(project.path().join(".claude")).unwrap();
        let text = r#"{"audio_settings": {"volume": 0.25}}"#;
        let spaces = |len: u64| " ".repeat(len as usize - text.len());
        let home = Env::of([("HOME", project.path())]);
        let asked_for = Env::of([("HERALD_CONFIG", &file)]);
        for (len, of_project, of_user) in [
            (MAX_PROJECTS_LEN, true, true),
            (MAX_PROJECTS_LEN + 1, false, true),
            (MAX_LEN, false, true),
            (MAX_LEN + 1, false, false),
        ] {
            std::fs::write(&file, text.to_owned() + &spaces(len)).unwrap();
            for (env, is_read) in [(&home, of_project), (&asked_for, of_user)] {
                let config = load(env, Some(project.path()));
                assert_eq!(config.volume() == 0.25, is_read, "{len}");
                let issues = config.issues().iter().map(ToString::to_string);
                let issues = issues.collect::<String>();
                assert_eq!(issues.contains("larger than"), !is_read, "{issues}");
            }
        }
    }
}

//! Problems of configs.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use crate::severity::Severity;

/// A position in a text. Lines and columns count from 1, columns in characters.
///
/// See [`ConfigIssue`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Position {
    #[doc(hidden)]
    /// The position at `offset` bytes into `text`.
    pub fn in_text(text: &str, offset: usize) -> Self {
        Self::START.after(text.get(..offset).unwrap_or(text))
    }

    /// The beginning of a text.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The position at the end of `text`, which begins here.
    pub(super) fn after(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            Some((lines, rest)) => Self {
                line: self.line + 1 + lines.bytes().filter(|byte| *byte == b'\n').count(),
                column: 1 + rest.chars().count(),
            },
            None => Self {
                column: self.column + text.chars().count(),
                ..self
            },
        }
    }
}

/// A problem of a config.
///
/// ```
/// use herald_audio::{AudioManager, Options, Severity};
///
/// # let dir = tempfile::tempdir()?;
/// let file = dir.path().join("herald.json");
/// std::fs::write(&file, r#"{"audio_settings": {"volume": "loud"}}"#)?;
/// let config = AudioManager::open(Options::new().config(&file))?.config();
/// let issue = &config.issues()[0];
/// assert_eq!(issue.severity, Severity::Error);
/// assert_eq!(issue.key, "audio_settings.volume");
/// let position = issue.position.expect("it is in the file");
/// assert_eq!((position.line, position.column), (1, 31));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigIssue {
    /// How bad it is.
    pub severity: Severity,
    /// The file or environment variable.
    pub source: PathBuf,
    /// The position in the file; none for a file that cannot be read.
    #[serde(flatten)]
    pub position: Option<Position>,
    /// The dotted key; empty for the whole file.
    pub key: String,
    /// The problem, followed by the hint in parentheses.
    pub what: String,
}

impl ConfigIssue {
    /// An error about all of `source`.
    pub(crate) fn of_file(source: &Path, position: Option<Position>, what: String) -> Self {
        Self {
            severity: Severity::Error,
            source: source.to_owned(),
            position,
            key: String::new(),
            what,
        }
    }
}

/// `FILE:LINE:COLUMN: KEY: what (hint)`
impl fmt::Display for ConfigIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, "{line}:{column}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let text = "{\n  \"ü\": 1\n}";
        let at = text.find('1').unwrap();
        assert_eq!(Position::in_text(text, at), Position { line: 2, column: 8 });
        assert_eq!(Position::in_text(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::in_text(text, 1_000).line, 3);
    }
}

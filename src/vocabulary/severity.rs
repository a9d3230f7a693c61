//! How bad something is that somebody wrote.

use std::fmt;

use serde::Serialize;

/// How bad an issue of a config, or of a sound pack, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is wrong; somebody may want to know.
    Note,
    /// Something has no effect, or perhaps not the one that was meant.
    Warning,
    /// A value was left out: what held before it holds.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

//! Severities of problems in configs and packs.

use std::fmt;

use serde::Serialize;

/// How bad a problem of a config or a sound pack is.
///
/// ```
/// use herald_audio::Severity;
///
/// assert!(Severity::Note < Severity::Warning && Severity::Warning < Severity::Error);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Not a problem, but worth knowing.
    Note,
    /// Something has no effect, or not the intended one.
    Warning,
    /// A value is ignored; the previous value stays in effect.
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

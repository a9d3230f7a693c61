//! The one error type: what the user reads, and the exit code.

use std::fmt;
use std::process::ExitCode;

/// Why a task stopped. Its text reads "what happened: why (hint)".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    text: String,
    code: u8,
}

impl Failure {
    /// The task failed: exit code 1.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            code: 1,
        }
    }

    /// The command line is invalid: exit code 2.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            code: 2,
        }
    }

    /// The failure was already shown.
    pub(crate) fn shown() -> Self {
        Self::new("")
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "herald: {}", self.text)
    }
}

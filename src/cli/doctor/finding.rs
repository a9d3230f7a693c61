//! What `herald doctor` finds.

use serde::Serialize;

/// What was looked at, and how it is.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) part: &'static str,
    pub(super) state: State,
    /// How it is; if something is wrong, with its mend.
    pub(super) what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Good,
    /// Herald does without, or may do something else than was meant.
    Doubtful,
    Wrong,
}

impl Finding {
    pub(super) fn good(part: &'static str, what: impl Into<String>) -> Self {
        Self {
            part,
            state: State::Good,
            what: what.into(),
        }
    }

    pub(super) fn doubtful(part: &'static str, what: impl ToString) -> Self {
        Self {
            part,
            state: State::Doubtful,
            what: what.to_string(),
        }
    }

    pub(super) fn wrong(part: &'static str, what: impl ToString) -> Self {
        Self {
            part,
            state: State::Wrong,
            what: what.to_string(),
        }
    }
}

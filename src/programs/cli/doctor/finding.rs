//! What `herald doctor` finds.

use serde::Serialize;

use crate::cli::paint;
use herald_audio::config::{ConfigIssue, Severity};
use herald_audio::error::Error;
use herald_audio::system::printable::printable;

/// What was looked at, and how it is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) part: &'static str,
    pub(super) state: State,
    /// How it is.
    pub(super) what: String,
    /// What to do about it; a line for each thing to run or write.
    pub(super) hint: Option<String>,
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
    fn new(part: &'static str, state: State, what: String) -> Self {
        Self {
            part,
            state,
            what,
            hint: None,
        }
    }

    pub(super) fn good(part: &'static str, what: impl Into<String>) -> Self {
        Self::new(part, State::Good, what.into())
    }

    pub(super) fn doubtful(part: &'static str, what: impl ToString) -> Self {
        Self::new(part, State::Doubtful, what.to_string())
    }

    pub(super) fn wrong(part: &'static str, what: impl ToString) -> Self {
        Self::new(part, State::Wrong, what.to_string())
    }

    /// As [`Self::wrong`], with the hint that the error knows.
    pub(super) fn error(part: &'static str, error: &Error) -> Self {
        Self {
            hint: error.hint().map(str::to_owned),
            ..Self::wrong(part, error.without_hint())
        }
    }

    /// A mistake in a file of the user's.
    pub(super) fn issue(part: &'static str, issue: &ConfigIssue) -> Self {
        match issue.severity {
            Severity::Error => Self::wrong(part, issue),
            Severity::Warning | Severity::Note => Self::doubtful(part, issue),
        }
    }

    #[must_use]
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// For people: a line, and each line of the hint below it.
    pub(super) fn lines(&self) -> String {
        let mark = match self.state {
            State::Good => paint::good("ok   "),
            State::Doubtful => paint::doubtful("note "),
            State::Wrong => paint::wrong("WRONG"),
        };
        let what = printable(&self.what);
        let mut text = format!("{mark}  {:8}  {what}\n", self.part);
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            let line = printable(line);
            text += &format!("{:17}{line}\n", "");
        }
        text
    }
}

/// What all of it comes to.
pub(super) fn sum(findings: &[Finding]) -> String {
    let is_wrong = |finding: &&Finding| finding.state == State::Wrong;
    match findings.iter().filter(is_wrong).count() {
        0 => "nothing is wrong\n".to_owned(),
        1 => "1 thing is wrong\n".to_owned(),
        count => format!("{count} things are wrong\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herald_audio::error::ErrorKind;

    #[test]
    fn a_finding_has_its_mend_below_it() {
        let finding = Finding::wrong("player", "it is gone").with_hint("call it\nor do without");
        let lines = paint::plain(&finding.lines());
        assert_eq!(
            lines,
            "WRONG  player    it is gone\n                 call it\n                 or do without\n"
        );
        let error = Error::new(ErrorKind::Output, "no device").because("gone");
        let finding = Finding::error("output", &error.with_hint("plug it in"));
        assert_eq!(finding.what, "no device: gone");
        assert_eq!(finding.hint.as_deref(), Some("plug it in"));
    }

    #[test]
    fn what_is_wrong_is_counted() {
        let good = || Finding::good("a", "");
        let wrong = || Finding::wrong("b", "");
        for (findings, expected) in [
            (
                vec![good(), Finding::doubtful("c", "")],
                "nothing is wrong\n",
            ),
            (vec![good(), wrong()], "1 thing is wrong\n"),
            (vec![wrong(), good(), wrong()], "2 things are wrong\n"),
        ] {
            assert_eq!(sum(&findings), expected);
        }
    }
}

//! What `herald doctor` finds.

use serde::{Deserialize, Serialize};

use crate::cli::answer::counted;
use crate::cli::paint;
use crate::cli::terminal::{in_lines, split_hint};
use herald_audio::internals::config::{ConfigIssue, Severity};
use herald_audio::internals::system::printable::printable;

/// The result of one check.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was checked.
    pub(super) part: &'static str,
    pub(super) state: State,
    /// The result.
    pub(super) what: String,
    /// How to fix it; one command or change per line.
    pub(super) hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Herald works, but perhaps not as intended.
    Warning,
    Error,
}

impl Finding {
    fn new(part: &'static str, state: State, text: &str) -> Self {
        let (what, hint) = split_hint(text);
        Self {
            part,
            state,
            what: what.to_owned(),
            hint: hint.map(str::to_owned),
        }
    }

    pub(super) fn ok(part: &'static str, what: impl Into<String>) -> Self {
        Self::new(part, State::Ok, &what.into())
    }

    pub(super) fn warning(part: &'static str, what: impl ToString) -> Self {
        Self::new(part, State::Warning, &what.to_string())
    }

    pub(super) fn error(part: &'static str, what: impl ToString) -> Self {
        Self::new(part, State::Error, &what.to_string())
    }

    /// A mistake in a config or policy file.
    pub(super) fn issue(part: &'static str, issue: &ConfigIssue) -> Self {
        match issue.severity {
            Severity::Error => Self::error(part, issue),
            _ => Self::warning(part, issue),
        }
    }

    #[must_use]
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A line of text, with the lines of the hint below it.
    pub(super) fn lines(&self) -> String {
        let mark = match self.state {
            State::Ok => paint::good("ok     "),
            State::Warning => paint::doubtful("warning"),
            State::Error => paint::wrong("error  "),
        };
        let what = in_lines(&printable(&self.what), 19);
        let mut text = format!("{mark}  {:8}  {what}\n", self.part);
        let mut label = "hint: ";
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            let line = printable(line);
            text += &format!("{:19}{label:6}{line}\n", "");
            label = "";
        }
        text
    }
}

/// The number of errors and warnings.
pub(super) fn sum(findings: &[Finding]) -> String {
    let count = |state| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    let errors = counted(count(State::Error), "error");
    let warnings = counted(count(State::Warning), "warning");
    format!("{errors}, {warnings}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use herald_audio::{Error, ErrorKind};

    #[test]
    fn a_finding_has_its_hint_below_it() {
        let finding = Finding::error("player", "it is gone").with_hint("call it\nor do without");
        let lines = paint::plain(&finding.lines());
        assert_eq!(
            lines,
            "error    player    it is gone\n                   hint: call it\n                         or do without\n"
        );
        let error = Error::new(ErrorKind::Output, "no device").because("gone");
        let finding = Finding::error("output", error.with_hint("plug it in"));
        assert_eq!(finding.what, "no device: gone");
        assert_eq!(finding.hint.as_deref(), Some("plug it in"));
    }

    #[test]
    fn errors_and_warnings_are_counted() {
        let good = || Finding::ok("a", "");
        let wrong = || Finding::error("b", "");
        for (findings, expected) in [
            (
                vec![good(), Finding::warning("c", "")],
                "0 errors, 1 warning\n",
            ),
            (vec![good(), wrong()], "1 error, 0 warnings\n"),
            (vec![wrong(), good(), wrong()], "2 errors, 0 warnings\n"),
        ] {
            assert_eq!(sum(&findings), expected);
        }
    }
}

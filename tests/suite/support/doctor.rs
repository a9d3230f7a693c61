//! Findings of `herald doctor`.

use serde_json::Value;

use super::sandbox::{Sandbox, run};

/// The findings about `part`, without the test sound.
pub(crate) fn found(sandbox: &Sandbox, part: &str) -> Vec<Value> {
    of(&examined(sandbox, &["--no-sound"]), part)
}

/// All findings; checks that the exit code matches.
pub(crate) fn examined(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let output = run(sandbox.herald(&[&["doctor", "--json"], args].concat()), b"");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let wrong = findings.iter().any(|finding| finding["state"] == "error");
    assert_eq!(output.status.code(), Some(i32::from(wrong)));
    findings
}

pub(crate) fn of(findings: &[Value], part: &str) -> Vec<Value> {
    let of_part = findings.iter().filter(|finding| finding["part"] == part);
    of_part.cloned().collect()
}

/// Asserts that a finding has `state`, and contains `what` and `hint`.
#[track_caller]
pub(crate) fn assert_found(findings: &[Value], state: &str, what: &str, hint: &str) {
    let says = |finding: &&Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        text("state") == state && text("what").contains(what) && text("hint").contains(hint)
    };
    assert!(
        findings.iter().any(|finding| says(&finding)),
        "{findings:#?}"
    );
}

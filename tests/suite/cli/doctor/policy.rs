//! The decision policy.

use std::fs;

use crate::support::doctor::{assert_found, found};
use crate::support::sandbox::Sandbox;

#[test]
fn a_policy_and_what_is_wrong_with_it_are_told() {
    let sandbox = Sandbox::new();
    assert_found(
        &found(&sandbox, "policy"),
        "ok",
        "hooks make no decisions",
        "",
    );
    let file = sandbox.path("home/.config/herald/decision_policy.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "{}").unwrap();
    assert_found(&found(&sandbox, "policy"), "ok", file.to_str().unwrap(), "");
    let nothing_is_checked = "the whole file is ignored, so tool calls are not checked";
    for (text, state, what, hint) in [
        ("{", "error", nothing_is_checked, "fix it"),
        ("", "error", nothing_is_checked, "use {}"),
        (
            r#"{"pre_tool_use": {"rules": [{"action": "dney"}]}}"#,
            "error",
            "found \"dney\"",
            "that part of decision_policy.json is ignored",
        ),
        (
            r#"{"pre_tool_us": {}}"#,
            "warning",
            "did you mean pre_tool_use?",
            "correct or remove it",
        ),
    ] {
        fs::write(&file, text).unwrap();
        assert_found(&found(&sandbox, "policy"), state, what, hint);
    }
    // The project's file checks calls meanwhile.
    fs::write(&file, "{").unwrap();
    let of_project = sandbox.path("project/.claude/hooks/utils/decision_policy.json");
    fs::create_dir_all(of_project.parent().unwrap()).unwrap();
    fs::write(&of_project, "{}").unwrap();
    let findings = found(&sandbox, "policy");
    assert_found(&findings, "error", "the whole file is ignored", "fix it");
    assert!(
        !findings[0]["what"]
            .as_str()
            .unwrap()
            .contains(nothing_is_checked),
        "{findings:?}"
    );
    fs::remove_file(&of_project).unwrap();
    let rules = vec![r#"{"action": "deny", "pattern": "x"}"#; 101].join(",");
    fs::write(
        &file,
        format!("{{\"pre_tool_use\": {{\"rules\": [{rules}]}}}}"),
    )
    .unwrap();
    let what = "your policy exceeds the limits";
    assert_found(
        &found(&sandbox, "policy"),
        "error",
        what,
        "write fewer rules",
    );
    fs::write(&file, "{}").unwrap();
    let sandbox = sandbox.with("HERALD_POLICY", "original");
    let hint = "unset HERALD_POLICY";
    assert_found(
        &found(&sandbox, "policy"),
        "warning",
        "without asking you",
        hint,
    );
}

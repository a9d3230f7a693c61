//! Rules of the user's config that the player asks about.

use std::fs;

use serde_json::{Value, json};

use super::sandbox::{Sandbox, run};
use test_support::wait_until;

/// Writes the user's config: `rules`, and no event that suppresses another.
pub(crate) fn with_rules(sandbox: &Sandbox, rules: &Value) {
    let config = json!({"rules": rules, "events": {"Stop": {"scope": "session"}}});
    with_user_config(sandbox, &config);
}

pub(crate) fn with_user_config(sandbox: &Sandbox, config: &Value) {
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.json"), config.to_string()).unwrap();
}

/// The whole lines of the log so far.
pub(crate) fn log(sandbox: &Sandbox) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap_or_default();
    let whole_lines = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole_lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Sends a Stop of a session of its own, and returns the player's line in the log.
pub(crate) fn stop(sandbox: &Sandbox) -> Value {
    let before = sandbox.record().len();
    let session = format!("session {before}");
    let payload = json!({"hook_event_name": "Stop", "session_id": session}).to_string();
    let output = run(sandbox.herald(&["hook"]), payload.as_bytes());
    assert!(output.status.success());
    sandbox.wait_for_record(before + 1).swap_remove(before)
}

/// Sends events until one ends with `status`. On a busy machine an answer may be late, but counts for the next
/// event.
#[track_caller]
pub(crate) fn becomes(sandbox: &Sandbox, status: &str) -> Value {
    wait_until(&format!("an event is {status}"), || {
        Some(stop(sandbox)).filter(|line| line["status"] == status)
    })
}

/// What `herald doctor` says about rules.
pub(crate) fn doctor_about_rules(sandbox: &Sandbox) -> Vec<String> {
    let output = run(sandbox.herald(&["doctor", "--no-sound", "--json"]), b"");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let about_rules = findings.iter().filter(|found| found["part"] == "rules");
    let texts = about_rules.map(|found| found["what"].as_str().unwrap().to_owned());
    texts.collect()
}

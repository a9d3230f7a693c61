//! Events that sound only after a long turn: through real hooks.

use std::time::{Duration, SystemTime};

use herald_audio::Throttle;
use serde_json::{Value, json};

use crate::support::sandbox::{REPLY, Sandbox, run};

fn sandbox() -> Sandbox {
    Sandbox::new().with_config(&json!({"events": {
        "Stop": {"min_turn": "30s", "scope": "session"},
        "SubagentStop": {"enabled": true, "min_turn": "30s", "scope": "session"},
    }}))
}

/// The line of the hook for `event` of `session`.
fn hook(sandbox: &Sandbox, event: &str, session: &str) -> String {
    let payload = json!({"hook_event_name": event, "session_id": session, "tool_name": "Bash"});
    let output = run(
        sandbox.herald(&["--hook", event]),
        payload.to_string().as_bytes(),
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY, "{event}");
    String::from_utf8(output.stderr).unwrap()
}

/// As if the turn of `session` had started a minute ago.
fn start_earlier(sandbox: &Sandbox, session: &str) {
    let throttle = Throttle::open_or_fall_back(sandbox.state_dir());
    let start = SystemTime::now() - Duration::from_secs(60);
    let marked = throttle.mark(&*format!("turn/{session}"), start);
    assert!(marked.is_some());
}

fn status(sandbox: &Sandbox) -> Value {
    let output = run(sandbox.herald(&["status", "--json"]), b"");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn only_a_long_turn_is_heard() {
    let sandbox = sandbox().with("HERALD_LOG", "debug");
    for start in ["UserPromptSubmit", "SessionStart", "PreToolUse"] {
        hook(&sandbox, start, start);
        // A hook that is registered twice runs twice.
        for _ in 0..2 {
            let line = hook(&sandbox, "Stop", start);
            assert!(line.contains("notes=short turn"), "{start}: {line}");
        }
        assert!(hook(&sandbox, "Notification", start).contains("played=True"));
        run(sandbox.herald(&["throttle", "reset", "Notification"]), b"");
    }
    start_earlier(&sandbox, "long");
    hook(&sandbox, "PreToolUse", "long");
    for event in ["SubagentStop", "Stop"] {
        let line = hook(&sandbox, event, "long");
        assert!(line.contains("played=True"), "{event}: {line}");
    }
    // The next turn is a new one.
    hook(&sandbox, "PreToolUse", "long");
    assert!(hook(&sandbox, "SubagentStop", "long").contains("notes=short turn"));
    let unknown = hook(&sandbox, "Stop", "unknown");
    assert!(unknown.contains("played=True"), "{unknown}");
    let log = run(sandbox.herald(&["log", "--json"]), b"");
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("short turn"), "{log}");
}

#[test]
fn a_turn_that_was_reset_or_has_ended_has_no_length() {
    let sandbox = sandbox();
    hook(&sandbox, "UserPromptSubmit", "reset");
    run(sandbox.herald(&["throttle", "reset", "turn/reset"]), b"");
    let line = hook(&sandbox, "Stop", "reset");
    assert!(line.contains("played=True"), "{line}");
    hook(&sandbox, "UserPromptSubmit", "ended");
    let line = hook(&sandbox, "Stop", "ended");
    assert!(line.contains("notes=short turn"), "{line}");
    // As if it had ended a minute ago.
    run(sandbox.herald(&["throttle", "reset", "end/ended"]), b"");
    let line = hook(&sandbox, "Stop", "ended");
    assert!(line.contains("played=True"), "{line}");
}

#[test]
fn a_subagent_starts_no_turn() {
    let sandbox = sandbox();
    let payload = json!({"hook_event_name": "PreToolUse", "session_id": "s", "agent_id": "a"});
    run(sandbox.herald(&["hook"]), payload.to_string().as_bytes());
    let line = hook(&sandbox, "Stop", "s");
    assert!(line.contains("played=True"), "{line}");
}

#[test]
fn the_status_shows_what_the_rule_did() {
    let sandbox = sandbox();
    let rule = |last: &Value| {
        json!({
            "key": "events.Stop.min_turn", "value": "30s", "lastEffect": last,
            "lastFailure": null, "failure": null,
        })
    };
    assert_eq!(status(&sandbox)["rules"][0], rule(&Value::Null));
    hook(&sandbox, "UserPromptSubmit", "s");
    hook(&sandbox, "Stop", "s");
    let told = status(&sandbox);
    let last = &told["rules"][0]["lastEffect"];
    assert!(last.is_u64(), "{told}");
    assert_eq!(told["rules"][0], rule(last));
    let words = run(sandbox.herald(&["status"]), b"").stdout;
    let words = String::from_utf8(words).unwrap();
    assert!(
        words.contains("rule    events.Stop.min_turn 30s: last kept quiet "),
        "{words}"
    );
}

#[test]
fn mistakes_are_told_and_cost_only_themselves() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {
        "Stop": {"min_turn": 30}, "Notification": {"min_turn": "30s"},
    }}));
    let said = run(sandbox.herald(&["config", "check"]), b"").stdout;
    let said = String::from_utf8(said).unwrap();
    for message in [
        r#"events.Stop.min_turn: expected a time up to 24h, such as "30s" or "5m", found 30"#,
        "events.Notification.min_turn: no effect: only for events that finish something",
    ] {
        assert!(said.contains(message), "{said}");
    }
    hook(&sandbox, "UserPromptSubmit", "s");
    assert!(hook(&sandbox, "Stop", "s").contains("played=True"));
}

#[test]
fn the_event_that_starts_a_turn_is_registered_and_missed() {
    let sandbox = Sandbox::new();
    let said = |sandbox: &Sandbox, args: &[&str]| {
        let output = run(sandbox.herald(args), b"");
        String::from_utf8(output.stdout).unwrap()
    };
    said(&sandbox, &["install"]);
    let sandbox = sandbox.with_config(&json!({"events": {"Stop": {"min_turn": "30s"}}}));
    let missing = "not registered with Claude Code: UserPromptSubmit";
    let doctor = said(&sandbox, &["doctor", "--no-sound"]);
    assert!(doctor.contains(missing), "{doctor}");
    said(&sandbox, &["install"]);
    let doctor = said(&sandbox, &["doctor", "--no-sound"]);
    assert!(!doctor.contains(missing), "{doctor}");
}

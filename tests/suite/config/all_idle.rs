//! The event that the last of several sessions has stopped: through real hooks.

use serde_json::json;

use crate::support::sandbox::{REPLY, Sandbox, run};

fn hook(sandbox: &Sandbox, event: &str, session: &str) -> String {
    let payload = json!({"hook_event_name": event, "session_id": session});
    let output = run(
        sandbox.herald(&["--hook", event]),
        payload.to_string().as_bytes(),
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY, "{event}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn it_sounds_when_the_last_of_several_sessions_stops() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {
        "AllIdle": {"enabled": true, "throttle_seconds": 0}, "Stop": {"enabled": false},
    }}));
    let is_heard = |event: &str, session: &str| {
        let line = hook(&sandbox, event, session);
        assert!(
            line.contains("played=True") || line.contains("notes=disabled"),
            "{line}"
        );
        line.contains("played=True")
    };
    // One alone is not several.
    hook(&sandbox, "UserPromptSubmit", "a");
    assert!(!is_heard("Stop", "a"));
    for (first, last) in [("a", "b"), ("b", "a")] {
        for session in ["a", "b"] {
            hook(&sandbox, "UserPromptSubmit", session);
            // Of a hook that is registered twice, one counts.
            hook(&sandbox, "UserPromptSubmit", session);
        }
        assert!(!is_heard("Stop", first));
        assert!(!is_heard("Stop", first));
        let end = if last == "a" { "SessionEnd" } else { "Stop" };
        assert!(is_heard(end, last));
        assert!(!is_heard(end, last));
    }
    let record = sandbox.wait_for_record(2);
    assert!(
        record.iter().all(|line| line["event"] == "AllIdle"),
        "{record:?}"
    );
}

#[test]
fn it_is_off_by_default_and_leaves_no_mark() {
    let sandbox = Sandbox::new();
    for session in ["a", "b"] {
        let prompt = json!({"hook_event_name": "UserPromptSubmit", "session_id": session});
        run(sandbox.herald(&["hook"]), prompt.to_string().as_bytes());
    }
    assert!(!sandbox.state_dir().join("throttle.v1").exists());
    hook(&sandbox, "Stop", "a");
    hook(&sandbox, "Stop", "b");
    let record = sandbox.wait_for_record(1);
    assert!(
        record.iter().all(|line| line["event"] == "Stop"),
        "{record:?}"
    );
}

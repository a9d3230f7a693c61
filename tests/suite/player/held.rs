//! Permission requests that are held until it is clear that somebody has to answer.

use std::fs;

use herald_audio::Throttle;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::process::{player, signal, wait_for_end};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, run, wait_until};

/// So long that no test has to be quicker.
const LONG_MS: u32 = 5_000;

fn with_settle(ms: u32) -> Sandbox {
    configured(Sandbox::new(), ms)
}

/// A second request of a session is suppressed for as long as the test runs.
fn configured(sandbox: Sandbox, ms: u32) -> Sandbox {
    sandbox.with_config(&json!({"audio_settings": {
        "settle_ms": ms,
        "throttle_seconds": {"PermissionRequest": 3_600, "Stop": 0},
    }}))
}

/// Runs the hook for `event`. Returns whether its sound was sent.
fn hook(sandbox: &Sandbox, event: &str, more: &Value) -> bool {
    let mut payload = json!({"hook_event_name": event, "session_id": "s"});
    for (key, value) in more.as_object().unwrap() {
        payload[key] = value.clone();
    }
    let payload = payload.to_string();
    let output = run(sandbox.herald(&["--hook", event]), payload.as_bytes());
    let line = String::from_utf8(output.stderr).unwrap();
    line.contains(" played=True ")
}

fn call(command: &str) -> Value {
    json!({"tool_name": "Bash", "tool_input": {"command": command}})
}

fn request(sandbox: &Sandbox) -> bool {
    hook(sandbox, "PermissionRequest", &call("make"))
}

/// The status and the reason of each sound in the log, once there are `len`.
fn told(sandbox: &Sandbox, len: usize) -> Vec<(String, String)> {
    let record = sandbox.wait_for_record(len);
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let both = |line: &Value| (text(line, "status"), text(line, "reason"));
    record.iter().map(both).collect()
}

fn needless() -> (String, String) {
    let why = "nobody has to answer: the call went on";
    ("skipped".to_owned(), why.to_owned())
}

fn played() -> (String, String) {
    ("played".to_owned(), String::new())
}

#[test]
fn a_request_that_nobody_has_to_answer_makes_no_sound_and_leaves_no_mark() {
    in_real_time(|| {
        for after in [
            "PostToolUse",
            "PostToolUseFailure",
            "PermissionDenied",
            "PermissionReplied",
        ] {
            let sandbox = with_settle(LONG_MS);
            assert!(request(&sandbox));
            assert!(!request(&sandbox), "its mark stands");
            hook(&sandbox, after, &call("another call"));
            hook(&sandbox, "PostToolUse", &json!({"tool_name": "Bash"}));
            assert!(!request(&sandbox), "other calls say nothing about it");
            hook(&sandbox, after, &call("make"));
            assert_eq!(told(&sandbox, 1), [needless()], "{after}");
            // The end of the turn answers all.
            assert!(request(&sandbox));
            assert!(hook(&sandbox, "Stop", &json!({"agent_id": "a"})));
            assert_eq!(told(&sandbox, 2)[1], played(), "a subagent's end does not");
            assert!(hook(&sandbox, "Stop", &json!({})));
            let mut rest = told(&sandbox, 4)[2..].to_vec();
            rest.sort();
            assert_eq!(rest, [played(), needless()], "{after}");
        }
    });
}

#[test]
fn a_request_is_heard_after_a_moment_or_when_its_player_is_stopped() {
    in_real_time(|| {
        let sandbox = with_settle(300);
        assert!(request(&sandbox));
        let record = sandbox.wait_for_record(1);
        assert_eq!(record[0]["status"], "played");
        assert!(record[0]["took_ms"].as_u64().unwrap() >= 300, "{record:?}");
        // Too late to change anything.
        hook(&sandbox, "PostToolUse", &call("make"));
        assert!(!request(&sandbox));

        let sandbox = with_settle(LONG_MS);
        assert!(request(&sandbox));
        let stopped = run(sandbox.herald(&["player", "stop"]), b"");
        assert!(stopped.status.success());
        assert_eq!(told(&sandbox, 1), [played()]);
    });
}

#[test]
fn a_control_takes_a_held_request_back() {
    in_real_time(|| {
        let sandbox = with_settle(LONG_MS);
        assert!(request(&sandbox));
        assert!(run(sandbox.herald(&["mute"]), b"").status.success());
        let [(status, reason)] = &told(&sandbox, 1)[..] else {
            panic!()
        };
        assert!(status == "skipped" && reason.contains("muted"), "{reason}");
        assert!(run(sandbox.herald(&["unmute"]), b"").status.success());
        assert!(request(&sandbox));
    });
}

/// Under a config of the original, and without a wait, nothing is held back.
#[test]
fn nothing_is_held_where_the_config_says_so() {
    in_real_time(|| {
        let original = Sandbox::new();
        let dir = original.path("project/.claude/hooks/utils");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("audio_config.json"), "{}").unwrap();
        for sandbox in [with_settle(0), original] {
            assert!(request(&sandbox));
            hook(&sandbox, "PermissionDenied", &call("make"));
            assert_eq!(told(&sandbox, 1), [played()]);
        }
    });
}

/// The notification that follows is heard instead of the request, once.
#[test]
fn a_player_that_dies_while_it_holds_a_request_loses_nothing() {
    in_real_time(|| {
        let prompt = json!({"notification_type": "permission_prompt", "message": "m"});
        let notification = |sandbox: &Sandbox| hook(sandbox, "Notification", &prompt);
        let sandbox = with_settle(LONG_MS);
        assert!(request(&sandbox));
        let dead = player(&sandbox);
        signal(&dead, Signal::KILL);
        wait_for_end(&dead);
        let sandbox = configured(sandbox, 1);
        wait_until("the notification sounds", || {
            notification(&sandbox).then_some(())
        });
        assert!(!notification(&sandbox));
        // One that was heard is not lost.
        let heard = with_settle(1);
        assert!(request(&heard));
        assert_eq!(told(&heard, 1), [played()]);
        let throttle = Throttle::open(heard.state_dir()).unwrap();
        assert!(throttle.recall("held/s").unwrap().is_cancelled);
    });
}

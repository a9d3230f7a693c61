//! The original Herald's replies.

use serde_json::json;

use super::{ORIGINAL, USER, dispatch, dispatcher};
use crate::dispatcher::*;

#[test]
fn the_originals_replies() {
    let dir = tempfile::tempdir().unwrap();
    let dispatcher = dispatcher(dir.path(), &ORIGINAL, &[]);
    let call = |command: &str| json!({"tool_name": "Bash", "tool_input": {"command": command}});
    let permission = |action: &str, reason: Option<&str>| {
        let mut output = json!({"hookEventName": "PreToolUse", "permissionDecision": action});
        if let Some(reason) = reason {
            output["permissionDecisionReason"] = json!(reason);
        }
        json!({"continue": action == "allow", "hookSpecificOutput": output})
    };
    let go_on = json!({"continue": true});
    let unsure = "Herald cannot determine what this call does";
    for (event, payload, expected, decision) in [
        (
            "Notification",
            json!({"message": "hi"}),
            go_on.clone(),
            None,
        ),
        ("SubagentStop", json!({}), go_on.clone(), Some("approve")),
        (
            "SubagentStop",
            json!({"loopDetected": true}),
            go_on.clone(),
            Some("block"),
        ),
        (
            "Stop",
            json!({"summary": "It LOOPS"}),
            go_on.clone(),
            Some("block"),
        ),
        (
            "PreCompact",
            json!({"trigger": "auto"}),
            go_on.clone(),
            None,
        ),
        ("Surprise", json!({}), go_on.clone(), None),
        ("Stop", json!({}), go_on.clone(), Some("approve")),
        ("Stop", json!({"loopDetected": true}), go_on, Some("block")),
        (
            "PreToolUse",
            call("ls"),
            permission("allow", None),
            Some("allow"),
        ),
        (
            "PreToolUse",
            call("rm -rf /"),
            permission(
                "deny",
                Some(
                    "the command would delete the whole current directory or files outside it, or stop the machine",
                ),
            ),
            Some("deny"),
        ),
        (
            "PreToolUse",
            json!({"tool": "bash", "toolInput": {"command": "npm install"}}),
            permission("ask", Some("the command installs packages")),
            Some("ask"),
        ),
        (
            "PreToolUse",
            json!({"tool": "bash", "tool_input": "{not-json"}),
            permission("ask", Some(unsure)),
            Some("ask"),
        ),
    ] {
        let report = dispatch(&dispatcher, event, payload.clone());
        let reply: Value = serde_json::from_str(report.reply()).unwrap();
        assert_eq!(reply, expected, "{event} {payload}");
        assert_eq!(Value::Object(report.response.clone()), expected);
        assert_eq!(report.decision(), decision, "{event} {payload}");
        let blocked = matches!(decision, Some("deny" | "ask" | "block"));
        assert_eq!(report.blocked, blocked, "{event} {payload}");
    }
    let invalid = dispatch(
        &dispatcher,
        "PreToolUse",
        json!({"tool": "x", "tool_input": "{"}),
    );
    let decision = invalid.decision_payload.unwrap();
    assert_eq!(
        decision["additionalContext"],
        json!({"tool": "x", "severity": "medium", "issues": ["invalid_tool_input_json"]})
    );
}

/// Each member that the original told and that can be had: the times are those of the payload, or now.
#[test]
fn the_originals_context() {
    let dir = tempfile::tempdir().unwrap();
    let dispatcher = dispatcher(dir.path(), &ORIGINAL, &[]);
    let long = "ü".repeat(601);
    let failed = json!({"exit_code": "3", "output": long, "stderr": " bad ", "success": 0});
    for (event, payload, expected, goes_on) in [
        (
            "PostToolUse",
            json!({"name": "bash", "result": {"exitCode": 0, "output": " hi\n", "success": true}, "duration": "1.5"}),
            json!({"tool": "bash", "exitCode": 0, "duration": 1.5, "shouldAlert": false,
                "result": {"success": true, "outputPreview": "hi", "exitCode": 0}}),
            true,
        ),
        (
            "PostToolUse",
            json!({"tool_name": "Bash", "tool_response": failed}),
            json!({"tool": "Bash", "exitCode": 3, "duration": null, "shouldAlert": true, "errorMessage": "bad",
                "result": {"success": false, "outputPreview": "ü".repeat(600), "outputTruncated": true,
                    "errorMessage": "bad", "exitCode": 3, "stderr": "<redacted>",
                    "alerts": ["decision_blocked", "error_detected"]}}),
            false,
        ),
        (
            "PostToolUse",
            json!({"tool": "x", "tool_response": {"status": "Started"}}),
            json!({"tool": "x", "exitCode": null, "duration": null, "shouldAlert": true,
                "result": {"alerts": ["execution_failed"]}}),
            true,
        ),
        (
            "SessionStart",
            json!({"session_id": "s", "source": "resume", "start_time": "then", "user_id": 7,
                "environment": {"working_directory": "/"}, "preferences": {"audio_enabled": false}}),
            json!({"sessionId": "s", "userId": 7, "startedAt": "then",
                "setupChecks": ["working_directory_exists"],
                "warnings": ["sounds_directory_missing", "audio_disabled_by_user"],
                "environment": {"working_directory": "/"}, "preferences": {"audio_enabled": false}}),
            true,
        ),
        (
            "SessionStart",
            json!({}),
            json!({"sessionId": "unknown-session", "userId": null, "setupChecks": [],
                "warnings": ["sounds_directory_missing"]}),
            true,
        ),
        (
            "SessionEnd",
            json!({"session_id": "s", "reason": "clear", "duration": 5, "statistics": {"tools": 1},
                "resources_to_cleanup": ["/etc", 5]}),
            json!({"sessionId": "s", "termination": "clear", "durationSeconds": 5.0,
                "statistics": {"tools": 1}, "removedResources": [], "skippedResources": ["/etc"]}),
            true,
        ),
        (
            "SessionEnd",
            json!({"termination_reason": "timeout", "end_time": "then"}),
            json!({"sessionId": "unknown-session", "endedAt": "then", "termination": "timeout",
                "durationSeconds": null, "statistics": {}, "removedResources": [], "skippedResources": []}),
            true,
        ),
        (
            "UserPromptSubmit",
            json!({"session_id": "s", "prompt": format!(" {}\r\n", "ü".repeat(300)), "metadata": {"a": 1}}),
            json!({"sessionId": "s", "promptPreview": "ü".repeat(240), "prompt": "ü".repeat(300),
                "issues": [], "truncated": false, "length": 300, "metadata": {"a": 1}}),
            true,
        ),
        (
            "UserPromptSubmit",
            json!({"prompt": format!("rm -rf /{}", "\nx".repeat(2_500)), "userId": "u", "timestamp": "then"}),
            json!({"userId": "u", "timestamp": "then", "length": 4_000, "truncated": true,
                "issues": ["excessive_newlines", "prompt_truncated"]}),
            true,
        ),
        (
            "UserPromptSubmit",
            json!({}),
            json!({"promptPreview": null, "prompt": "", "length": 0, "truncated": false,
                "issues": ["missing_prompt", "empty_prompt"]}),
            true,
        ),
    ] {
        let report = dispatch(&dispatcher, event, payload.clone());
        assert_eq!(report.response["continue"], goes_on, "{event} {payload}");
        assert_eq!(report.blocked, !goes_on, "{event} {payload}");
        let output = &report.response["hookSpecificOutput"];
        assert_eq!(output["hookEventName"], event);
        let context = output["additionalContext"].as_str().unwrap();
        let mut context: Value = serde_json::from_str(context).unwrap();
        let members = context.as_object_mut().unwrap();
        let mut times = 0;
        for name in ["timestamp", "startedAt", "endedAt"] {
            if expected.get(name).is_none()
                && let Some(time) = members.remove(name)
            {
                let time = time.as_str().unwrap();
                assert!(time.ends_with("+00:00"), "{time}");
                let _: jiff::Timestamp = time.parse().unwrap();
                times += 1;
            }
        }
        let has_time = ["timestamp", "startedAt", "endedAt"]
            .iter()
            .any(|name| expected.get(*name).is_some());
        assert_eq!(times == 1, !has_time, "{event} {payload}");
        if payload["userId"] == "u" {
            for name in ["prompt", "promptPreview"] {
                assert!(
                    members
                        .remove(name)
                        .unwrap()
                        .as_str()
                        .unwrap()
                        .starts_with("rm -rf /")
                );
            }
        }
        assert_eq!(context, expected, "{event} {payload}");
    }
}

/// What the original allowed, for it read a call in more ways, and passed over an input of nothing.
#[test]
fn calls_are_read_as_the_original_read_them() {
    let dir = tempfile::tempdir().unwrap();
    let original = dispatcher(dir.path(), &ORIGINAL, &[]);
    let other = tempfile::tempdir().unwrap();
    let with_file = dispatcher(other.path(), &[], &[(USER, json!({}))]);
    for (payload, decision, otherwise) in [
        (
            json!({"name": "bash", "tool_input": {"command": "ls"}}),
            "allow",
            Some("ask"),
        ),
        (
            json!({"name": "bash", "tool_input": {"command": "rm -rf /"}}),
            "deny",
            Some("deny"),
        ),
        (
            json!({"tool": "bash", "tool_input": ""}),
            "allow",
            Some("ask"),
        ),
        (json!({"tool": "bash", "tool_input": {}}), "allow", None),
        (json!({"tool": "bash", "tool_input": []}), "allow", None),
        (
            json!({"tool": "bash", "tool_input": 0}),
            "allow",
            Some("ask"),
        ),
        (
            json!({"tool": "bash", "tool_input": " "}),
            "ask",
            Some("ask"),
        ),
        // What is empty hides nothing.
        (
            json!({"tool": "bash", "tool_input": "", "toolInput": {"command": "rm -rf /"}}),
            "deny",
            Some("ask"),
        ),
        (
            json!({"tool": "bash", "tool_input": "", "command": "rm -rf /"}),
            "deny",
            Some("ask"),
        ),
        (json!({"tool_input": {"command": "ls"}}), "ask", Some("ask")),
        (
            json!({"name": 7, "tool_input": {"command": "ls"}}),
            "ask",
            Some("ask"),
        ),
    ] {
        let report = dispatch(&original, "PreToolUse", payload.clone());
        assert_eq!(report.decision(), Some(decision), "{payload}");
        let report = dispatch(&with_file, "PreToolUse", payload.clone());
        assert_eq!(report.decision(), otherwise, "{payload}");
    }
}

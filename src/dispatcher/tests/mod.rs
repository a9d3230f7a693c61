mod original;

use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::original::Record;
use crate::system::env::Env;

/// A dispatcher with directories of its own, and `files` in them.
fn dispatcher(dir: &Path, vars: &[(&str, &str)], files: &[(&str, Value)]) -> Dispatcher {
    for (name, content) in files {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content.to_string()).unwrap();
    }
    let state = dir.join("state");
    let mut env = vec![
        ("HERALD_STATE_DIR", state.to_str().unwrap()),
        ("HERALD_OUTPUT", "null"),
        ("XDG_CONFIG_HOME", dir.to_str().unwrap()),
    ];
    env.extend(vars);
    let project = dir.join("project");
    fs::create_dir_all(project.join(".git")).unwrap();
    Dispatcher::new(AudioManager::with_env(Env::of(env), Some(&project)))
}

fn dispatch(dispatcher: &Dispatcher, event: &str, payload: Value) -> DispatchReport {
    let mut context = DispatchContext::of(event, payload.to_string().as_bytes());
    context.enable_audio = false;
    dispatcher.dispatch_context(&context)
}

const PROJECT: &str = "project/.claude/hooks/utils/decision_policy.json";
const USER: &str = "herald/decision_policy.json";
const ORIGINAL: [(&str, &str); 1] = [("HERALD_POLICY", "original")];

#[test]
fn a_report_has_the_originals_members() {
    let dir = tempfile::tempdir().unwrap();
    let report = dispatch(&dispatcher(dir.path(), &[], &[]), "stop", json!({}));
    assert_eq!(
        serde_json::to_value(Record::of(&report)).unwrap(),
        json!({
            "event_type": "stop", "handler_name": "Stop", "handled": true, "audio_type": "Stop",
            "audio_played": false, "audio_path": null, "throttled": false,
            "response": {"continue": true}, "notes": ["disabled"], "errors": [],
            "decision_payload": null, "blocked": false,
        })
    );
    assert_eq!(report.reply(), REPLY_LINE);
    let unknown = dispatch(&dispatcher(dir.path(), &[], &[]), "Surprise", json!({}));
    let unknown = serde_json::to_value(Record::of(&unknown)).unwrap();
    assert_eq!(unknown["handled"], false);
    assert_eq!(unknown["handler_name"], Value::Null);
}

const REPLY_LINE: &str = "{\"continue\": true}\n";

#[test]
fn with_a_policy_file_only_rules_speak() {
    let dir = tempfile::tempdir().unwrap();
    let rules = json!({"pre_tool_use": {"rules": [
        {"action": "allow", "pattern": "^make$"},
        {"action": "ask", "pattern": "deploy", "reason": "sure?"},
    ]}});
    let of_user = dispatcher(dir.path(), &[], &[(USER, rules.clone())]);
    let call = |command: &str| json!({"tool_name": "Bash", "tool_input": {"command": command}});
    let output = |action: &str, reason: &str| {
        json!({"hookEventName": "PreToolUse",
        "permissionDecision": action, "permissionDecisionReason": reason})
    };
    for (event, payload, expected) in [
        ("PreToolUse", call("ls"), json!({"continue": true})),
        (
            "PreToolUse",
            call("make"),
            json!({"continue": true, "hookSpecificOutput":
                {"hookEventName": "PreToolUse", "permissionDecision": "allow"}}),
        ),
        // An agent that is told to stop would not ask.
        (
            "PreToolUse",
            call("deploy"),
            json!({"continue": true, "hookSpecificOutput": output("ask", "sure?")}),
        ),
        (
            "PreToolUse",
            call("reboot"),
            json!({"hookSpecificOutput":
                output("deny", "the command would delete the whole current directory or files outside it, or stop the machine")}),
        ),
        (
            "PostToolUse",
            json!({"tool_name": "Bash"}),
            json!({"continue": true}),
        ),
        (
            "PostToolUse",
            json!({"tool_name": "Bash", "tool_response": {"error": "no"}}),
            json!({"continue": true, "decision": "block", "reason": "no"}),
        ),
        ("SessionStart", json!({}), json!({"continue": true})),
        (
            "Stop",
            json!({"loopDetected": true}),
            json!({"continue": true}),
        ),
    ] {
        let report = dispatch(&of_user, event, payload.clone());
        assert_eq!(
            Value::Object(report.response),
            expected,
            "{event} {payload}"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let of_project = dispatcher(dir.path(), &[], &[(PROJECT, rules)]);
    let made = dispatch(&of_project, "PreToolUse", call("make"));
    assert_eq!(made.reply(), REPLY_LINE, "a project allows nothing");
    assert!(dispatch(&of_project, "PreToolUse", call("deploy")).blocked);
}

/// Codex takes `continue: false`, an ask and a bare allow for a failed hook, and runs the call.
#[test]
fn each_agent_gets_a_decision_that_it_obeys() {
    let rules = |action: &str, pattern: &str, reason: &str| {
        json!({"pre_tool_use": {"rules": [
        {"action": action, "pattern": pattern, "reason": reason}]}})
    };
    let deploy = rules("ask", "deploy|npm install --global", "sure?");
    let make = rules("allow", "^make$", "");
    let blank = rules("deny", "publish", " ");
    let denied = |reason: &str| {
        json!({"hookSpecificOutput": {"hookEventName": "PreToolUse",
        "permissionDecision": "deny", "permissionDecisionReason": reason}})
    };
    let go_on = json!({"continue": true});
    let built_in = "the command would delete the whole current directory or files outside it, or stop the machine";
    let unsure = "Herald cannot determine what this call does";
    let too_long = "a".repeat(65 << 10);
    for (file, policy) in [
        (USER, &deploy),
        (PROJECT, &deploy),
        (USER, &make),
        (USER, &blank),
    ] {
        let is_deploy = policy == &deploy;
        for vars in [&[][..], &ORIGINAL] {
            let dir = tempfile::tempdir().unwrap();
            let dispatcher = dispatcher(dir.path(), vars, &[(file, policy.clone())]);
            for (command, of_codex, decision) in [
                ("ls", go_on.clone(), None),
                ("make", go_on.clone(), None),
                ("reboot", denied(built_in), Some("deny")),
                // It has an approval of its own.
                ("npm install", go_on.clone(), None),
                (&*too_long, denied(unsure), Some("deny")),
                match is_deploy {
                    true => ("deploy", denied("sure?"), Some("deny")),
                    false => ("deploy", go_on.clone(), None),
                },
                match is_deploy {
                    true => ("npm install --global x", denied("sure?"), Some("deny")),
                    false => ("npm install --global x", go_on.clone(), None),
                },
                match policy == &blank {
                    true => (
                        "publish",
                        denied("a rule of the decision policy"),
                        Some("deny"),
                    ),
                    false => ("publish", go_on.clone(), None),
                },
            ] {
                let mut call = json!({"tool_name": "Bash", "tool_input": {"command": command}});
                if vars.is_empty() && decision == Some("deny") && of_codex != denied(unsure) {
                    // Claude Code goes on after a deny, too, with its reason; it can ask.
                    let report = dispatch(&dispatcher, "PreToolUse", call.clone());
                    match report.decision() {
                        Some("deny") => assert_eq!(Value::Object(report.response), of_codex),
                        said => assert_eq!((said, is_deploy), (Some("ask"), true), "{command}"),
                    }
                }
                call["turn_id"] = json!("1");
                let report = dispatch(&dispatcher, "PreToolUse", call);
                let reply: Value = serde_json::from_str(report.reply()).unwrap();
                let shown = &command[..command.len().min(40)];
                assert_eq!(reply, of_codex, "{shown} {vars:?}");
                assert_eq!(Value::Object(report.response.clone()), reply);
                assert_eq!(report.decision(), decision, "{shown}");
                assert_eq!(report.blocked, decision.is_some(), "{shown}");
            }
            // What the original told of other events, Codex is not told.
            let started = dispatch(&dispatcher, "SessionStart", json!({"turn_id": "1"}));
            assert_eq!(started.reply(), REPLY_LINE);
        }
    }
}

/// A call that nobody can read is asked about, and so is what may be one.
#[test]
fn unreadable_calls_under_a_policy_lead_to_an_ask() {
    let dir = tempfile::tempdir().unwrap();
    let with = dispatcher(dir.path(), &[], &[(PROJECT, json!({}))]);
    let other = tempfile::tempdir().unwrap();
    let original = dispatcher(other.path(), &ORIGINAL, &[]);
    let without = tempfile::tempdir().unwrap();
    let without = dispatcher(without.path(), &[], &[]);
    let cut = br#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"comm"#;
    let stop = br#"{"hook_event_name":"Stop","last_assistant_mess"#;
    for (name, payload, is_asked) in [
        (None, &b""[..], true),
        (None, b"no payload", true),
        (None, b"{\"hook_event_name\":\"PreTo", true),
        (None, cut, true),
        (None, b"{}", true),
        (None, b"{\"hook_event_name\":[\"Stop\"]}", true),
        (Some("PreToolUse"), b"", true),
        // Half a character.
        (
            Some("PreToolUse"),
            br#"{"tool_name": "Bash", "tool_input": {"command": "\ud83d"}}"#,
            true,
        ),
        (Some("pre-tool-use"), cut, true),
        (Some("Stop"), cut, false),
        (None, stop, false),
        (Some("Surprise"), cut, false),
        (None, b"{\"type\":\"agent-turn-complete\"}", false),
    ] {
        let shown = String::from_utf8_lossy(payload);
        let context = || {
            let bytes = Some(payload.to_vec());
            let mut context = DispatchContext::new(name, None, Payload::read(payload), bytes);
            context.enable_audio = false;
            context
        };
        for dispatcher in [&with, &original] {
            let report = dispatcher.dispatch_context(&context());
            let expected = is_asked.then_some("ask");
            let decision = report.decision().filter(|decision| *decision != "approve");
            assert_eq!(decision, expected, "{name:?} {shown}");
            if is_asked {
                assert_eq!(report.errors.len(), 1, "{:?}", report.errors);
            } else {
                assert_eq!(report.reply(), REPLY_LINE, "{name:?} {shown}");
            }
        }
        assert_eq!(without.dispatch_context(&context()).reply(), REPLY_LINE);
    }
}

/// The test of the ADR, with a thread for each of many more events.
#[test]
fn events_are_dispatched_by_many_threads_at_once() {
    let dir = tempfile::tempdir().unwrap();
    // Sounds are decided about, and nobody plays them.
    let vars = [("HERALD_POLICY", "original"), ("PATH", "")];
    let dispatcher = dispatcher(dir.path(), &vars, &[(PROJECT, json!({}))]);
    let events = ["Notification", "Stop", "PreToolUse", "PostToolUse"];
    let reports: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|number| {
                let dispatcher = dispatcher.clone();
                scope.spawn(move || dispatcher.dispatch(events[number % 4], "{}"))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for report in reports {
        assert!(report.errors.is_empty(), "{report:?}");
        assert!(
            serde_json::from_str::<Value>(report.reply())
                .unwrap()
                .is_object()
        );
    }
}

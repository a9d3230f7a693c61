//! The original Herald's command line, and its policy.

use std::fs;

use serde_json::{Value, json};

use super::hook;
use crate::support::sandbox::{REPLY, Sandbox, payload, wav};

/// The original Herald's scripts for each event: the same reply, marker line and exit code, and the marker of
/// a suppressed event within the window.
#[test]
fn the_originals_command_line_goes_on_working() {
    let sandbox = Sandbox::new().with("HERALD_POLICY", "original");
    let config = include_str!("../../../fixtures/original/audio_config.json");
    fs::create_dir_all(sandbox.path("project/.claude/hooks/utils")).unwrap();
    fs::write(
        sandbox.path("project/.claude/hooks/utils/audio_config.json"),
        config,
    )
    .unwrap();
    // It was silent without a file.
    for name in ["task_complete", "agent_complete", "user_prompt"] {
        let file = sandbox.path(&format!("project/.claude/sounds/{name}.wav"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, wav(&[1, 1])).unwrap();
    }
    let permission =
        |decision: &str| json!({"hookEventName": "PreToolUse", "permissionDecision": decision});
    let allow = json!({"continue": true, "hookSpecificOutput": permission("allow")});
    let go_on = json!({"continue": true});
    for (event, sample, window, expected, markers) in [
        (
            "Notification",
            "Notification-idle_prompt",
            30,
            Some(&go_on),
            "",
        ),
        ("Stop", "Stop", 120, Some(&go_on), " decision=approve"),
        (
            "SubagentStop",
            "SubagentStop",
            120,
            Some(&go_on),
            " decision=approve",
        ),
        ("PreCompact", "PreCompact-auto", 0, Some(&go_on), ""),
        (
            "PreToolUse",
            "PreToolUse-Bash",
            60,
            Some(&allow),
            " decision=allow",
        ),
        (
            "PostToolUse",
            "PostToolUse-Bash",
            45,
            None,
            " decision=allow",
        ),
        ("SessionStart", "SessionStart-startup", 5, None, ""),
        ("SessionEnd", "SessionEnd-clear", 5, None, ""),
        ("UserPromptSubmit", "UserPromptSubmit", 10, None, ""),
    ] {
        for round in 0..2 {
            let (reply, line) = hook(
                &sandbox,
                &["--hook", event, "--enable-audio"],
                &payload(sample),
            );
            let reply: Value = serde_json::from_str(&reply).unwrap();
            match expected {
                Some(expected) => assert_eq!(&reply, expected, "{event}"),
                None => {
                    let output = &reply["hookSpecificOutput"];
                    assert_eq!(output["hookEventName"], event);
                    let context = output["additionalContext"].as_str().unwrap();
                    assert!(serde_json::from_str::<Value>(context).unwrap().is_object());
                }
            }
            let handler = match event {
                "Stop" | "SubagentStop" => "<lambda>",
                "PreCompact" => "_noop_handler",
                _ => "handler",
            };
            let begin =
                format!("[Herald] event={event} handler={handler} handled=True audio={event} ");
            assert!(line.starts_with(&begin), "{line}");
            assert!(line.ends_with(&format!("{markers}\n")), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
            let happened = match (window, round) {
                (0, _) => "played=False throttled=False notes=disabled".to_owned(),
                (_, 0) => "played=True throttled=False".to_owned(),
                _ => format!("played=False throttled=True notes=Throttled (<= {window}s)"),
            };
            assert!(line.contains(&happened), "{event}, {round}: {line}");
        }
    }
    for (sample, markers) in [
        ("PreToolUse-Bash-dangerous", " decision=deny blocked=True\n"),
        ("PostToolUse-Bash-failed", " decision=block blocked=True\n"),
    ] {
        let event = sample.split('-').next().unwrap();
        let (reply, line) = hook(&sandbox, &["--hook", event], &payload(sample));
        assert!(line.ends_with(markers), "{line}");
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["continue"], false);
        let (json_only, line) = hook(
            &sandbox,
            &["--hook", event, "--json-only"],
            &payload(sample),
        );
        let json_only: Value = serde_json::from_str(&json_only).unwrap();
        // The context of a call that has run contains the time.
        for member in ["continue", "decision", "reason"] {
            assert_eq!(json_only[member], reply[member], "{sample}");
        }
        assert_eq!(line, "");
    }
    for (event, looped) in [
        ("Stop", json!({"loopDetected": true})),
        ("Stop", json!({"summary": "The agent is in a Loop."})),
        ("SubagentStop", json!({"loopDetected": true})),
    ] {
        let (reply, line) = hook(&sandbox, &["--hook", event], looped.to_string().as_bytes());
        assert_eq!(reply, REPLY);
        assert!(line.contains(" decision=block blocked=True"), "{line}");
    }
    let (reply, line) = hook(&sandbox, &["--hook", "InvalidHookName"], b"{}");
    assert_eq!(reply, REPLY);
    assert!(line.contains("handler=none handled=False"), "{line}");
    let (reply, line) = hook(&sandbox, &["--hook", "PreToolUse"], b"no payload");
    let reply: Value = serde_json::from_str(&reply).unwrap();
    assert_eq!(reply["hookSpecificOutput"]["permissionDecision"], "ask");
    assert!(line.contains("errors=payload: not a JSON object"), "{line}");
}

/// An original in the user's home directory applies to all projects.
#[test]
fn an_original_of_the_users_is_found_in_every_project() {
    let sandbox = Sandbox::new();
    let utils = sandbox.path("home/.claude/hooks/utils");
    fs::create_dir_all(&utils).unwrap();
    let config = include_str!("../../../fixtures/original/audio_config.json");
    fs::write(utils.join("audio_config.json"), config).unwrap();
    let rules = json!({"pre_tool_use": {"rules": [{"action": "allow", "pattern": "^cargo"}]}});
    fs::write(utils.join("decision_policy.json"), rules.to_string()).unwrap();
    let (reply, line) = hook(&sandbox, &["--hook", "Stop"], &payload("Stop"));
    assert_eq!(reply, REPLY);
    let silent = "played=False throttled=False notes=file_not_found\n";
    assert!(line.ends_with(silent), "{line}");
    let sound = sandbox.path("home/.claude/sounds/task_complete.wav");
    fs::create_dir_all(sound.parent().unwrap()).unwrap();
    fs::write(&sound, wav(&[1, 1])).unwrap();
    let (_, line) = hook(&sandbox, &["--hook", "Stop"], &payload("Stop"));
    let path = line.split_once("path=").map(|(_, path)| path.trim_end());
    assert!(line.contains("played=True"), "{line}");
    let path = fs::canonicalize(path.unwrap()).unwrap();
    assert_eq!(path, fs::canonicalize(&sound).unwrap());
    let allowed = super::reply(&sandbox, "PreToolUse-Bash");
    assert_eq!(allowed["hookSpecificOutput"]["permissionDecision"], "allow");
}

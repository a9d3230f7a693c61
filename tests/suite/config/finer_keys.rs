//! Keys with a command or an agent, and excluded directories: through real hooks.

use std::fs;

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, run};

/// A sandbox whose user has this config.
fn sandbox(config: &Value) -> Sandbox {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.json"), config.to_string()).unwrap();
    sandbox
}

/// The line of the hook for `payload`.
fn hook(sandbox: &Sandbox, payload: &Value) -> String {
    let event = payload["hook_event_name"].as_str().unwrap();
    let output = run(
        sandbox.herald(&["--hook", event]),
        payload.to_string().as_bytes(),
    );
    String::from_utf8(output.stderr).unwrap()
}

fn said(sandbox: &Sandbox, args: &[&str]) -> String {
    String::from_utf8(run(sandbox.herald(args), b"").stdout).unwrap()
}

#[test]
fn a_tool_has_keys_by_the_first_words_of_its_command() {
    in_real_time(|| {
        let sandbox = sandbox(&json!({"events": {
            "PreToolUse/Bash:git commit*": {"enabled": true, "throttle_seconds": 0},
            "PreToolUse/Bash:git commit --amend*": {"enabled": false},
            "PreToolUse/Bash:git commit*@codex": {"enabled": false},
        }}));
        let call = |tool: &str, command: &str| {
            json!({
                "hook_event_name": "PreToolUse",
                "tool_name": tool,
                "tool_input": {"description": "\"command\": \"ls\"", "command": command},
            })
        };
        for (payload, is_played) in [
            (call("Bash", "git commit -m 'it works'"), true),
            (call("bash", "  git\n commit"), true),
            (call("Bash", "git commit --amend --no-edit"), false),
            (call("Bash", "git push"), false),
            (call("Bash", "cd x && git commit"), false),
            (call("Write", "git commit"), false),
            (
                json!({"hook_event_name": "PreToolUse", "tool_name": "Bash"}),
                false,
            ),
        ] {
            let line = hook(&sandbox, &payload);
            let expected = if is_played {
                "played=True"
            } else {
                "notes=disabled"
            };
            assert!(line.contains(expected), "{payload}: {line}");
        }
        let record = sandbox.wait_for_record(2);
        assert_eq!(record[0]["event"], "PreToolUse/Bash:git commit*");
        let of_key = said(&sandbox, &["log", "--event", "PreToolUse/Bash", "--json"]);
        assert!(of_key.contains("git commit*"), "{of_key}");
        let test = said(
            &sandbox,
            &["test", "PreToolUse/Bash:git commit -a", "--json"],
        );
        let test: Value = serde_json::from_str(&test).unwrap();
        assert_eq!(test["key"], "PreToolUse/Bash:git commit*");
        assert_eq!(test["heard"], true, "{test}");
    });
}

#[test]
fn an_agent_has_keys_of_its_own() {
    in_real_time(|| {
        let sandbox = sandbox(&json!({"events": {
            "Stop": {"throttle_seconds": 0},
            "Stop@codex": {"sound": "builtin:started"},
            "Notification@codex": {"enabled": false},
        }}));
        let stop = |agent: &str| {
            let payload = json!({"hook_event_name": "Stop", "session_id": agent});
            let hook = sandbox.herald(&["hook", "--agent", agent]);
            assert!(run(hook, payload.to_string().as_bytes()).status.success());
        };
        stop("codex");
        sandbox.wait_for_record(1);
        stop("claude");
        let record = sandbox.wait_for_record(2);
        let heard: Vec<_> = record
            .iter()
            .map(|line| (&line["event"], &line["sound"]))
            .collect();
        assert_eq!(
            heard,
            [
                (&json!("Stop@codex"), &json!("builtin:started")),
                (&json!("Stop"), &json!("builtin:finished")),
            ]
        );
        for (key, count) in [("Stop", 2), ("Stop@codex", 1)] {
            let log = said(&sandbox, &["log", "--event", key, "--json"]);
            let played = log.matches("\"status\":\"played\"");
            assert_eq!(played.count(), count, "{key}: {log}");
        }
        let status: Value = serde_json::from_str(&said(&sandbox, &["status", "--json"])).unwrap();
        let events = status["events"].as_array().unwrap();
        assert!(
            events.iter().any(|event| event["name"] == "Stop@codex"),
            "{status}"
        );
        let stops = events.iter().find(|event| event["name"] == "Stop").unwrap();
        assert_eq!(stops["admitted"], 2, "it is counted with its event");
        let test = said(&sandbox, &["test", "stop@codex", "--json"]);
        let test: Value = serde_json::from_str(&test).unwrap();
        assert_eq!(
            (&test["heard"], &test["sound"]),
            (&json!(true), &json!("builtin:started"))
        );
    });
}

#[test]
fn nothing_sounds_in_an_excluded_directory() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home/.config/herald");
    fs::create_dir_all(&home).unwrap();
    let below = sandbox.path("project/generated");
    let pattern = sandbox.path("*/gen*");
    let config = json!({"rules": {"exclude": [pattern]}});
    fs::write(home.join("config.json"), config.to_string()).unwrap();
    let stop = |cwd| json!({"hook_event_name": "Stop", "cwd": cwd});
    let line = hook(&sandbox, &stop(below.join("deep")));
    assert!(line.contains("notes=excluded directory"), "{line}");
    let line = hook(&sandbox, &stop(sandbox.path("project")));
    assert!(line.contains("played=True"), "{line}");
    let status: Value = serde_json::from_str(&said(&sandbox, &["status", "--json"])).unwrap();
    let rules = status["rules"].as_array().unwrap();
    let rule = rules
        .iter()
        .find(|rule| rule["key"] == "rules.exclude")
        .unwrap();
    assert!(rule["lastEffect"].is_u64(), "{rule}");
}

#[test]
fn mistakes_are_told_and_a_project_excludes_nothing() {
    let sandbox = Sandbox::new().with_config(&json!({
        "rules": {"exclude": ["/"]},
        "packs": {"by_agent": {"claude": "none"}, "by_path": {"/": "none"}},
    }));
    let line = hook(&sandbox, &json!({"hook_event_name": "Stop"}));
    assert!(line.contains("played=True"), "{line}");
    let check = said(&sandbox, &["config", "check"]);
    for key in ["rules.exclude", "packs.by_agent", "packs.by_path"] {
        let message = format!("{key}: only allowed in your own config");
        assert!(check.contains(&message), "{check}");
    }
    let file = sandbox.path("project/own.json");
    for (config, message) in [
        (
            json!({"events": {"Stop@codx": {}}}),
            "events.Stop@codx: unknown agent; did you mean codex?",
        ),
        (
            json!({"events": {"Stpo@codex": {}}}),
            "unknown event; did you mean Stop?",
        ),
        (
            json!({"events": {"PreToolUse/Bash:": {}}}),
            "expected a command after the colon",
        ),
        (
            json!({"rules": {"exclude": ["work"]}}),
            "rules.exclude: expected an absolute path or one from ~",
        ),
        (
            json!({"rules": {"exclude": ["/code/../home"]}}),
            "rules.exclude: expected an absolute path or one from ~",
        ),
        (
            json!({"packs": {"by_path": {"../x": "peon"}}}),
            "packs.by_path.../x: expected an absolute path or one from ~",
        ),
        (
            json!({"packs": {"by_agent": {"codx": "peon"}}}),
            "packs.by_agent.codx: unknown agent; did you mean codex?",
        ),
        (
            json!({"packs": {"rotation": "often"}}),
            "packs.rotation: expected random, in_turn or session",
        ),
        (json!({"packs": {"active": [7]}}), "packs.active"),
        (
            json!({"packs": {"active": 7}}),
            "expected the name of a pack, or a list of them, found 7",
        ),
    ] {
        fs::write(&file, config.to_string()).unwrap();
        let check = said(&sandbox, &["config", "check", file.to_str().unwrap()]);
        assert!(check.contains(message), "{config}: {check}");
    }
}

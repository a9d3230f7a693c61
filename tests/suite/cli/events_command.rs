//! `herald events`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run};

/// Exit code, standard output and standard error of `herald` with `args`.
fn herald(sandbox: &Sandbox, args: &[&str]) -> (i32, String, String) {
    let output = run(sandbox.herald(args), b"");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[track_caller]
fn said(sandbox: &Sandbox, args: &[&str]) -> String {
    let (code, said, error) = herald(sandbox, args);
    assert_eq!((code, &*error), (0, ""), "{args:?}");
    said
}

fn config(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.config/herald/config.json")
}

/// The events with hooks in a settings file.
fn hooks(sandbox: &Sandbox, file: &str) -> Vec<String> {
    let text = fs::read(sandbox.path(file)).unwrap();
    let settings: Value = serde_json::from_slice(&text).unwrap();
    settings["hooks"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[test]
fn each_event_is_listed_with_its_sound_and_its_hooks() {
    let sandbox = Sandbox::new();
    said(
        &sandbox,
        &["install", "--agent", "claude", "--agent", "gemini"],
    );
    let sandbox = sandbox.with_config(&json!({"events": {
        "PreToolUse/Bash": {"enabled": true},
        "PreToolUse/Bash:git commit*@codex": {"enabled": false},
        "Stop@gemini": {"sound": "builtin:started"},
        "Stop": {"sound": ["builtin:failed", "builtin:started"]},
    }}));
    let list = said(&sandbox, &["events"]);
    let row = |name: &str| {
        let mut rows = list.lines().filter(|line| line.starts_with(name));
        let row = rows.next().unwrap_or_else(|| panic!("no {name} in {list}"));
        row.split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        row("Notification"),
        ["Notification", "on", "attention", "Claude Code, Gemini CLI"]
    );
    assert_eq!(
        row("Stop"),
        ["Stop", "on", "2 sounds", "Claude Code, Gemini CLI"]
    );
    assert_eq!(
        row("StopFailure"),
        ["StopFailure", "on", "failed", "Claude Code"]
    );
    assert_eq!(row("PreToolUse"), ["PreToolUse", "off", "started"]);
    assert_eq!(row("  Bash  "), ["Bash", "on", "started"]);
    assert_eq!(
        row("  Bash:git"),
        ["Bash:git commit*@codex", "off", "started"]
    );
    let of_gemini = ["@gemini", "on", "started", "Gemini CLI"];
    assert_eq!(row("  @gemini"), of_gemini);
    let list: Value = serde_json::from_str(&said(&sandbox, &["events", "--json"])).unwrap();
    let stop_failure = list
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["event"] == "StopFailure");
    let file = sandbox.path("home/.claude/settings.json");
    let place = json!({"agent": "Claude Code", "scope": "user", "file": file});
    let expected = json!({
        "event": "StopFailure",
        "enabled": true,
        "sounds": ["builtin:failed"],
        "registered": [place],
    });
    assert_eq!(stop_failure, Some(&expected));
}

#[test]
fn switching_on_edits_the_config_and_registers_what_is_missing() {
    let sandbox = Sandbox::new();
    said(
        &sandbox,
        &["install", "--agent", "claude", "--agent", "gemini"],
    );
    let before = hooks(&sandbox, "home/.gemini/settings.json");
    let told = said(
        &sandbox,
        &["events", "on", "session_start", "PostToolUseFailure"],
    );
    let path = config(&sandbox);
    let first = format!(
        "on: SessionStart and PostToolUseFailure (saved in {})\n",
        path.display()
    );
    assert!(told.starts_with(&first), "{told}");
    assert!(
        told.contains("\ninstalled: Claude Code and Gemini CLI will run Herald\n"),
        "{told}"
    );
    assert!(told.contains("Gemini CLI has no event for "), "{told}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({"events": {"SessionStart": {"enabled": true}, "PostToolUseFailure": {"enabled": true}}})
    );
    let of_claude = hooks(&sandbox, "home/.claude/settings.json");
    for event in ["SessionStart", "PostToolUseFailure"] {
        assert!(of_claude.iter().any(|name| name == event), "{of_claude:?}");
    }
    let mut after = hooks(&sandbox, "home/.gemini/settings.json");
    after.retain(|event| !before.contains(event));
    assert_eq!(after, ["SessionStart"]);
    // Again: nothing changes.
    let answer = said(&sandbox, &["events", "on", "SessionStart", "--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["changed"], false);
    assert_eq!(
        answer["events"],
        json!([{"event": "SessionStart", "enabled": true}])
    );
    assert_eq!(answer["agents"][0]["changed"], false);
    let told = said(&sandbox, &["events", "off", "SessionStart"]);
    assert_eq!(
        told,
        format!("off: SessionStart (saved in {})\n", path.display())
    );
    assert_eq!(hooks(&sandbox, "home/.claude/settings.json"), of_claude);
}

#[test]
fn a_key_for_a_command_or_an_agent_is_switched_on_and_registered_where_it_is_needed() {
    let sandbox = Sandbox::new();
    said(
        &sandbox,
        &["install", "--agent", "claude", "--agent", "gemini"],
    );
    let keys = [
        "pre_tool_use/Bash:git commit*@gemini",
        "session_start@claude",
    ];
    let told = said(&sandbox, &[&["events", "on"][..], &keys].concat());
    let first = "on: PreToolUse/Bash:git commit*@gemini and SessionStart@claude (";
    assert!(told.starts_with(first), "{told}");
    let of_claude = hooks(&sandbox, "home/.claude/settings.json");
    assert!(of_claude.iter().any(|event| event == "SessionStart"));
    let of_gemini = hooks(&sandbox, "home/.gemini/settings.json");
    assert!(of_gemini.iter().any(|event| event == "BeforeTool"));
    assert!(of_gemini.iter().all(|event| event != "SessionStart"));
    let settings = fs::read_to_string(sandbox.path("home/.claude/settings.json")).unwrap();
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let matcher = &settings["hooks"]["PreToolUse"][0]["matcher"];
    assert_eq!(matcher, "AskUserQuestion|ExitPlanMode", "as before");
    said(&sandbox, &["events", "on", "PreToolUse/Bash:git push*"]);
    let settings = fs::read_to_string(sandbox.path("home/.claude/settings.json")).unwrap();
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let groups = settings["hooks"]["PreToolUse"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0]["matcher"], Value::Null, "it is for every call");
    let (_, _, warning) = herald(&sandbox, &["events", "off", "SessionStart"]);
    let still = "warning: still on: SessionStart@claude, set in ";
    assert!(warning.starts_with(still), "{warning}");
    let (code, _, error) = herald(&sandbox, &["events", "on", "Stop@codx"]);
    assert_eq!(code, 1);
    assert!(error.contains("did you mean codex?"), "{error}");
}

/// An agent whose hooks are in the project gets no second one for the user.
#[test]
fn hooks_are_registered_where_the_agent_has_some() {
    let herald_dir = PathBuf::from(env!("CARGO_BIN_EXE_herald"));
    let sandbox = Sandbox::new().with("PATH", herald_dir.parent().unwrap());
    said(
        &sandbox,
        &["install", "--scope", "project", "--agent", "claude"],
    );
    said(&sandbox, &["events", "on", "SessionEnd"]);
    let of_project = hooks(&sandbox, "project/.claude/settings.json");
    assert!(of_project.iter().any(|event| event == "SessionEnd"));
    assert!(!sandbox.path("home/.claude/settings.json").exists());
}

#[test]
fn what_stays_as_it_was_is_told() {
    let sandbox = Sandbox::new();
    let (code, _, warning) = herald(&sandbox, &["events", "on", "SessionStart"]);
    assert_eq!(code, 0);
    assert_eq!(
        warning,
        "warning: no agent has a hook of Herald\nhint: herald install\n"
    );
    let sandbox = sandbox.with_config(&json!({"events": {"Stop": {"enabled": true}}}));
    let (code, _, warning) = herald(&sandbox, &["events", "off", "Stop"]);
    assert_eq!(code, 0);
    let project = sandbox.path("project/.claude/herald.json");
    let still = format!("warning: still on: Stop, set in {}:1\n", project.display());
    assert_eq!(warning, still);
    said(&sandbox, &["events", "off", "Notification/idle_prompt"]);
    let (_, _, warning) = herald(
        &sandbox,
        &["events", "on", "Notification/idle_prompt", "--json"],
    );
    assert!(warning.contains("no agent has a hook"), "{warning}");
    let (_, _, warning) = herald(&sandbox, &["events", "off", "notification"]);
    assert!(
        warning.starts_with("warning: still on: Notification/idle_prompt, set in "),
        "{warning}"
    );
}

#[test]
fn an_event_that_nobody_knows_is_refused() {
    let sandbox = Sandbox::new();
    for (name, code, hint) in [
        ("Stpo", 1, "did you mean Stop?"),
        ("qqqqqqqqqqqqqqqqqqqqqq", 1, "`herald events` lists them"),
        ("Notification/idle_promt", 1, "did you mean idle_prompt?"),
    ] {
        let (exit, out, error) = herald(&sandbox, &["events", "on", "Stop", name]);
        assert_eq!((exit, &*out), (code, ""), "{name}: {error}");
        assert!(error.contains(hint), "{error}");
        assert!(!config(&sandbox).exists());
    }
}

#[test]
fn a_preset_writes_the_settings_of_several_events_and_registers_them() {
    let sandbox = Sandbox::new();
    said(&sandbox, &["install", "--agent", "claude"]);
    let words = said(&sandbox, &["events", "preset", "screen-reader"]);
    assert!(words.starts_with("on: PreToolUse, PostToolUse,"), "{words}");
    let hooks = hooks(&sandbox, "home/.claude/settings.json");
    for event in ["PreToolUse", "PostToolUse", "PostToolUseFailure"] {
        assert!(hooks.contains(&event.to_owned()), "{hooks:?}");
    }
    let get = |key: &str| said(&sandbox, &["config", "get", key]);
    assert_eq!(get("sound_files.mappings.PreToolUse"), "builtin:tick\n");
    assert_eq!(get("sound_files.mappings.PostToolUse"), "builtin:tock\n");
    assert_eq!(get("events.PostToolUse.volume"), "0.5\n");
    assert!(said(&sandbox, &["config", "check"]).contains("0 errors, 0 warnings"));

    let (code, _, error) = herald(&sandbox, &["events", "preset", "screen"]);
    assert_eq!(code, 1);
    assert!(error.contains("unknown preset \"screen\""), "{error}");
    assert!(
        error.contains("hint: did you mean screen-reader?"),
        "{error}"
    );
}

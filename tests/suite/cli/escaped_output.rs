//! Untrusted text is escaped for terminals: names in a repository could move the cursor, clear the screen or
//! reverse the text direction.

use std::fs;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run};

/// An escape sequence, a bell, DEL, a C1 control, and bidirectional controls.
const HOSTILE: &str = "x\u{1b}]0;t\u{7}\u{1b}[2J\u{7f}\u{9b}2J\u{202e}\u{2066}\u{200f}\u{61c}\r\ny";

/// Characters that must not reach a terminal, except for Herald's own colours.
fn is_raw(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() && character != '\n' || turns
}

/// A project with hostile names everywhere.
fn hostile() -> Sandbox {
    let sandbox = Sandbox::new();
    let claude = sandbox.path("project/.claude");
    fs::create_dir_all(claude.join("hooks/utils")).unwrap();
    let herald = format!("{} hook", env!("CARGO_BIN_EXE_herald"));
    let settings = json!({"hooks": {
        HOSTILE: [{"hooks": [{"type": "command", "command": herald}]}],
        format!("Stop{HOSTILE}"): [{"hooks": [{"type": "command", "command": "/gone/herald hook"}]}],
    }});
    fs::write(claude.join("settings.json"), settings.to_string()).unwrap();
    let policy = json!({"pre_tool_use": {"rules": [{"action": HOSTILE}], HOSTILE: 1}});
    fs::write(
        claude.join("hooks/utils/decision_policy.json"),
        policy.to_string(),
    )
    .unwrap();
    sandbox.with_config(&json!({
        HOSTILE: 1,
        "events": {
            HOSTILE: {"sound": HOSTILE, HOSTILE: 1},
            format!("Stopp{HOSTILE}"): {"enabled": true},
            format!("PreToolUse/{HOSTILE}"): {"sound": format!("{HOSTILE}.wav"), "enabled": true},
        },
        "packs": {"active": HOSTILE},
        "audio_settings": {"overlap": HOSTILE, "throttle_seconds": {HOSTILE: 1}},
    }))
}

fn commands() -> Vec<Vec<&'static str>> {
    let plain = [
        "config show",
        "config check",
        "config path",
        "doctor --no-sound",
        "install --scope project --dry-run",
        "install --scope project",
        "uninstall --scope project --dry-run",
        "uninstall --scope project",
        "status",
        "status --all",
        "throttle list",
        "pack list",
        "log",
    ];
    let mut commands: Vec<Vec<_>> = plain.iter().map(|line| line.split(' ').collect()).collect();
    commands.extend([
        vec!["config", "show", HOSTILE],
        vec!["config", "check", HOSTILE],
        vec!["test", HOSTILE],
        vec!["test", "Stoppx"],
        vec!["play", HOSTILE],
        vec!["throttle", "check", HOSTILE, "--window", "1h"],
        vec!["throttle", "list"],
        vec!["throttle", "reset", HOSTILE],
        vec!["throttle", "check", HOSTILE],
        vec!["pack", "use", HOSTILE],
        vec!["pack", "check", HOSTILE],
        vec!["pack", "remove", HOSTILE],
        vec!["--hook", HOSTILE],
        vec!["hook", HOSTILE],
        vec!["snooze", HOSTILE],
        vec![HOSTILE],
    ]);
    commands
}

#[test]
fn untrusted_text_moves_no_cursor() {
    for colours in ["0", "1"] {
        let sandbox = hostile()
            .with("CLICOLOR_FORCE", colours)
            .with("TERM", "xterm-256color");
        let mut raw = Vec::new();
        let mut escaped = 0;
        for args in commands() {
            let payload =
                json!({"hook_event_name": HOSTILE, "message": HOSTILE, "session_id": "s"});
            let output = run(sandbox.herald(&args), payload.to_string().as_bytes());
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            escaped += said.matches("\\u{1b}]0;t").count();
            // Herald's own colours.
            let mut text = said.clone();
            for colour in [
                "\u{1b}[0m",
                "\u{1b}[1m",
                "\u{1b}[31m",
                "\u{1b}[32m",
                "\u{1b}[33m",
                "\u{1b}[4m",
            ] {
                text = text.replace(colour, "");
            }
            if text.contains(is_raw) || text.contains("\ny") {
                raw.push(format!("{args:?}: {said:?}"));
            }
        }
        assert!(raw.is_empty(), "raw:\n{}", raw.join("\n"));
        assert!(escaped >= 20, "only {escaped} are shown");
    }
}

/// For programs, every character is preserved, and none of them is raw.
#[test]
fn json_stays_json() {
    let sandbox = hostile();
    for (args, holds) in [
        (&["config", "show", "--json"][..], true),
        (&["config", "check", "--json"], false),
        (&["config", "path", "--json"], false),
        (&["doctor", "--no-sound", "--json"], true),
        (
            &["install", "--scope", "project", "--dry-run", "--json"],
            true,
        ),
        (&["status", "--all", "--json"], true),
        (&["throttle", "list", "--json"], false),
        (&["pack", "list", "--json"], true),
    ] {
        let output = run(sandbox.herald(args), b"");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains(is_raw), "{args:?}: {text:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        let all = strings(&value).join("\n");
        let found = all.contains("\u{9b}2J\u{202e}\u{2066}\u{200f}\u{61c}");
        assert_eq!(found, holds, "{args:?}: {text}");
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(strings).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let each =
                members.flat_map(|(name, value)| [vec![name.clone()], strings(value)].concat());
            each.collect()
        }
        _ => Vec::new(),
    }
}

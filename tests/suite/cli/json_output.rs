//! `--json`: every command with an answer has it, with keys in camelCase.

use serde_json::Value;

use crate::support::sandbox::{Sandbox, run};

/// Commands without an answer, and one whose answer always is JSON.
const WITHOUT: [&str; 7] = [
    "choose",
    "completions",
    "config edit",
    "config schema",
    "fleet examine",
    "hook",
    "player run",
];

fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, bool)>) {
    for command in command.get_subcommands() {
        let path = format!("{path} {}", command.get_name()).trim().to_owned();
        if command.has_subcommands() {
            leaves(command, &path, found);
        } else {
            let has_json = command.get_arguments().any(|arg| arg.get_id() == "json");
            found.push((path, has_json));
        }
    }
}

#[test]
fn every_command_that_answers_something_has_it() {
    let mut found = Vec::new();
    leaves(&herald_cli::cli::command(), "", &mut found);
    let (with, mut without): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, json)| *json);
    without.sort();
    let without: Vec<_> = without.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(without, WITHOUT);
    assert!(with.len() > 20, "{with:?}");
}

/// Members whose keys are names: of events, payload fields, categories, and steps.
const NAMES: [&str; 4] = ["events", "payload", "categories", "slow"];

fn check_keys(value: &Value, args: &[&str]) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| check_keys(value, args)),
        Value::Object(members) => {
            for (key, value) in members {
                let is_camel = key.starts_with(|c: char| c.is_ascii_lowercase())
                    && key.chars().all(|c| c.is_ascii_alphanumeric());
                assert!(is_camel, "{args:?}: {key}");
                if !NAMES.contains(&key.as_str()) || value.is_array() {
                    check_keys(value, args);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn keys_are_in_camel_case_and_the_exit_code_is_that_of_the_words() {
    let sandbox = Sandbox::new();
    let pack = sandbox.path("project/good");
    std::fs::create_dir_all(&pack).unwrap();
    let manifest = serde_json::json!({
        "cesp_version": "1.0", "name": "good", "display_name": "Good", "version": "1.0.0",
        "categories": {"task.complete": {"sounds": [{"file": "a.wav", "label": "a"}]}},
    });
    std::fs::write(pack.join("openpeon.json"), manifest.to_string()).unwrap();
    std::fs::write(pack.join("a.wav"), crate::support::sandbox::wav(&[1, 2])).unwrap();
    let stop = br#"{"hook_event_name": "Stop"}"#;
    for (args, code) in [
        (&["hook"][..], None),
        (&["pack", "check", "good"], Some(0)),
        (&["pack", "install", "good"], Some(0)),
        (&["pack", "use", "good"], Some(0)),
        (&["pack", "list"], Some(0)),
        (&["pack", "preview", "good"], Some(0)),
        (&["sounds"], Some(0)),
        (&["output"], Some(0)),
        (&["output", "null"], Some(0)),
        (&["pack", "remove", "good"], Some(0)),
        (&["config", "check"], Some(0)),
        (&["config", "path"], Some(0)),
        (&["config", "show"], Some(0)),
        (&["config", "set", "rules.mute_headless", "true"], Some(0)),
        (&["config", "get", "rules.mute_headless"], Some(0)),
        (&["config", "unset", "rules.mute_headless"], Some(0)),
        (&["doctor", "--no-sound"], Some(0)),
        (&["install", "--dry-run"], Some(0)),
        (&["uninstall", "--dry-run"], Some(0)),
        (&["events"], Some(0)),
        (&["events", "on", "Stop"], Some(0)),
        (&["events", "off", "Stop"], Some(0)),
        (&["events", "on", "Stop"], Some(0)),
        (&["demo"], Some(0)),
        (&["play", "Stop"], Some(0)),
        (&["voices"], Some(0)),
        (&["mute"], Some(0)),
        (&["unmute"], Some(0)),
        (&["snooze"], Some(0)),
        (&["volume"], Some(0)),
        (&["status"], Some(0)),
        (&["test"], Some(0)),
        (&["throttle", "peek", "a", "--window", "1h"], Some(0)),
        (&["throttle", "check", "a", "--window", "1h"], Some(0)),
        (&["throttle", "check", "a", "--window", "1h"], Some(1)),
        (&["throttle", "list"], Some(0)),
        (&["throttle", "reset", "a"], Some(0)),
        (&["throttle", "reset", "--all"], Some(0)),
        (&["player", "status"], Some(0)),
        (&["player", "stop"], Some(0)),
    ] {
        let json: &[&str] = if code.is_some() { &["--json"] } else { &[] };
        let all = [args, json].concat();
        let output = run(sandbox.herald(&all), stop);
        let Some(code) = code else { continue };
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        check_keys(&answer, args);
    }
}

#[test]
fn a_hint_has_a_member_of_its_own() {
    let sandbox = Sandbox::new();
    let config = sandbox.path("project/config.json");
    std::fs::write(&config, "").unwrap();
    for (args, list, what, hint) in [
        (
            &["config", "check", "config.json", "--json"],
            "issues",
            "the file is empty",
            "use {} for \"no settings\"",
        ),
        (
            &["pack", "check", ".", "--json"],
            "findings",
            "no openpeon.json in .",
            "give the directory of a sound pack",
        ),
    ] {
        let output = run(sandbox.herald(args), b"");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let issue = &answer[list][0];
        assert_eq!(
            (&issue["what"], &issue["hint"]),
            (&what.into(), &hint.into())
        );
    }
}

/// A program that reads the log can identify the format of its lines.
#[test]
fn log_lines_carry_their_version() {
    let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
    run(
        sandbox.herald(&["hook"]),
        br#"{"hook_event_name": "Setup"}"#,
    );
    let output = run(sandbox.herald(&["log", "--json"]), b"");
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["v"], &line["event"]), (&1.into(), &"Setup".into()));
}

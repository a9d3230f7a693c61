//! `herald config get`, `set`, `unset` and `edit`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, at_once, run};

const TEXT: &str = "{\n  // mine\n  \"audio_settings\": {\"volume\": 0.3}, // soft\n  \"events\": {\n    \"stop\": {\n      \"volume\": 1.0\n    }\n  }\n}\n";

fn file(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.config/herald/config.json")
}

fn with_text(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(file(&sandbox).parent().unwrap()).unwrap();
    fs::write(file(&sandbox), text).unwrap();
    sandbox
}

fn text(sandbox: &Sandbox) -> String {
    fs::read_to_string(file(sandbox)).unwrap()
}

/// Exit code, standard output and standard error of `herald config` with `args`.
fn config(sandbox: &Sandbox, args: &[&str]) -> (i32, String, String) {
    let output = run(sandbox.herald(&[&["config"], args].concat()), b"");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[track_caller]
fn said(sandbox: &Sandbox, args: &[&str]) -> String {
    let (code, said, error) = config(sandbox, args);
    assert_eq!((code, &*error), (0, ""), "{args:?}");
    said
}

#[test]
fn keys_are_set_and_unset_and_all_else_stays() {
    let sandbox = with_text(TEXT);
    let told = said(&sandbox, &["set", "audio_settings.volume", "0.4"]);
    let path = file(&sandbox);
    assert_eq!(
        told,
        format!("audio_settings.volume is 0.4, in {}\n", path.display())
    );
    assert_eq!(text(&sandbox), TEXT.replace("0.3", "0.4"));
    assert_eq!(said(&sandbox, &["get", "audio_settings.volume"]), "0.4\n");
    // In the spelling of the file.
    said(&sandbox, &["set", "events.Stop.min_turn", "30s"]);
    let with_turn = TEXT
        .replace("0.3", "0.4")
        .replace("1.0", "1.0,\n      \"min_turn\": \"30s\"");
    assert_eq!(text(&sandbox), with_turn);
    assert_eq!(said(&sandbox, &["get", "events.stop.min_turn"]), "30s\n");
    said(&sandbox, &["unset", "events.STOP.min_turn"]);
    assert_eq!(text(&sandbox), TEXT.replace("0.3", "0.4"));
    let told = said(&sandbox, &["unset", "rules.mute_headless"]);
    assert!(told.starts_with("nothing to do: "), "{told}");
    let answer = said(&sandbox, &["set", "rules.skip_subagents", "true", "--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["value"], true);
    assert_eq!(answer["changed"], true);
}

#[test]
fn a_file_is_made_for_the_user_or_the_project() {
    let sandbox = Sandbox::new();
    said(&sandbox, &["set", "events.Stop.enabled", "false"]);
    assert_eq!(
        serde_json::from_str::<Value>(&text(&sandbox)).unwrap(),
        json!({"events": {"Stop": {"enabled": false}}})
    );
    said(
        &sandbox,
        &["set", "--project", "events.Stop.enabled", "true"],
    );
    let project = sandbox.path("project/.claude/herald.json");
    assert!(project.is_file());
    // The project's file has more weight.
    let (code, _, warning) = config(&sandbox, &["set", "events.Stop.enabled", "false"]);
    assert_eq!(code, 0);
    let still = format!("warning: still true, set in {}:", project.display());
    assert!(warning.starts_with(&still), "{warning}");
}

#[test]
fn what_check_refuses_is_not_written() {
    let sandbox = with_text(TEXT);
    for (args, why) in [
        (
            &["audio_settings.volume", "loud"][..],
            "audio_settings.volume: expected a number from 0 to 1, found \"loud\"",
        ),
        (
            &["audio_settings.volumne", "0.4"],
            "audio_settings.volumne: unknown key; did you mean volume?",
        ),
        (
            &["events.Stpo.enabled", "true"],
            "events.Stpo: unknown event; did you mean Stop?",
        ),
        (&["Stop", "done.wav"], "Stop: unknown key; "),
        (&["events.Stop", "5"], "events.stop: expected "),
        (
            &["audio_settings.volume.left", "5"],
            "\"volume\" is not an object",
        ),
        (
            &["--project", "events.Stop.run", "[\"rm\"]"],
            "only allowed in your own config",
        ),
    ] {
        let (code, out, error) = config(&sandbox, &[&["set"], args].concat());
        assert_eq!((code, &*out), (1, ""), "{args:?}");
        assert!(
            error.starts_with("error: ") && error.contains(why),
            "{error}"
        );
        assert_eq!(text(&sandbox), TEXT, "{args:?}");
    }
    assert!(!sandbox.path("project/.claude").exists());
    // Mistakes that were there before are no reason to refuse another key.
    let sandbox = with_text(&TEXT.replace("0.3", "\"loud\""));
    said(&sandbox, &["set", "rules.skip_subagents", "true"]);
    // A remark of check is shown, and the value is written.
    let sandbox = with_text(TEXT);
    let (code, _, warning) = config(&sandbox, &["set", "audio_settings.volume", "40"]);
    assert_eq!(code, 0);
    assert!(
        warning.contains(": audio_settings.volume: read as 0.4"),
        "{warning}"
    );
    // A file that is no JSON is for its author to fix.
    let sandbox = with_text("{");
    let (code, _, error) = config(&sandbox, &["set", "audio_settings.volume", "0.4"]);
    assert_eq!((code, text(&sandbox)), (1, "{".to_owned()));
    assert!(error.contains(":1:1: not valid JSON"), "{error}");
}

#[test]
fn what_is_not_set_is_told_with_a_near_name() {
    let sandbox = Sandbox::new();
    let (code, out, error) = config(&sandbox, &["get", "audio_settings.volum"]);
    assert_eq!((code, &*out), (1, ""));
    assert_eq!(
        error,
        "error: no setting \"audio_settings.volum\"\nhint: did you mean audio_settings.volume?\n"
    );
    let answer = said(&sandbox, &["get", "audio_settings.overlap", "--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let expected = json!({"key": "audio_settings.overlap", "value": "mix", "source": "built in"});
    assert_eq!(answer, expected);
}

/// Each reads what the other has written.
#[test]
fn changes_at_the_same_moment_are_all_kept() {
    let sandbox = with_text(TEXT);
    let events = ["SessionStart", "SessionEnd", "PreToolUse", "PostToolUse"];
    at_once(events.len(), |number| {
        let key = format!("events.{}.enabled", events[number]);
        said(&sandbox, &["set", &key, "true"]);
    });
    for event in events {
        let key = format!("events.{event}.enabled");
        assert_eq!(said(&sandbox, &["get", &key]), "true\n", "{event}");
    }
}

#[cfg(unix)]
#[test]
fn an_editor_gets_a_copy_that_counts_once_it_has_no_mistakes() {
    let sandbox = with_text(TEXT);
    let edit = |script: &str| {
        let mut command = sandbox.herald(&["config", "edit"]);
        command.env("VISUAL", "").env("EDITOR", script);
        let output = run(command, b"");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let saved = format!("saved {}\n", file(&sandbox).display());
    assert_eq!(edit("sed -i s/0.3/0.4/"), (Some(0), saved));
    let changed = TEXT.replace("0.3", "0.4");
    assert_eq!(text(&sandbox), changed);
    let nothing = (Some(0), "nothing changed\n".to_owned());
    assert_eq!(edit("true"), nothing);
    let (code, said) = edit("sed -i s/0.4/loud/");
    assert_eq!(code, Some(1));
    assert!(said.contains(" stays as it was: "), "{said}");
    let (code, said) = edit("/nowhere/editor");
    assert_eq!(code, Some(1));
    assert!(said.contains("hint: set EDITOR"), "{said}");
    assert_eq!(text(&sandbox), changed);
}

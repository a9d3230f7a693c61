//! `herald config` for people and scripts.

use std::fs;

use serde_json::Value;

use crate::support::repository;
use crate::support::sandbox::{Sandbox, run};

/// The command's output, and its exit code.
fn herald(sandbox: &Sandbox, args: &[&str]) -> (String, i32) {
    let output = run(sandbox.herald(args), b"");
    let said = [output.stdout, output.stderr].concat();
    (
        String::from_utf8(said).unwrap(),
        output.status.code().unwrap(),
    )
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let output = run(sandbox.herald(args), b"");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn with_user_config(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.json"), text).unwrap();
    sandbox
}

#[test]
fn each_setting_is_shown_with_where_it_comes_from() {
    let sandbox = with_user_config(
        "{\n  \"audio_settings\": {\"volume\": 0.3, \"max_voices\": \"9\"},\n  \"events\": {\"pre_tool_use/bash\": {\"sound\": \"b.wav\"}}\n}",
    );
    let project = sandbox.path("project/.claude/hooks/utils");
    fs::create_dir_all(&project).unwrap();
    let original = repository().join("tests/fixtures/original/audio_config.json");
    fs::copy(original, project.join("audio_config.json")).unwrap();
    let sandbox = sandbox.with_config(&serde_json::json!({"audio_settings": {"overlap": "queue"}}));
    let sandbox = sandbox.with("CLAUDE_SOUNDS_DIR", "/sounds");

    let settings = json(&sandbox, &["config", "show", "--json"]);
    let from = |key: &str| {
        let setting = settings
            .as_array()
            .unwrap()
            .iter()
            .find(|setting| setting["key"] == key);
        let setting = setting.unwrap_or_else(|| panic!("no {key} in {settings:#}"));
        (
            setting["value"].clone(),
            setting["source"].as_str().unwrap().to_owned(),
        )
    };
    let ends = |key: &str, value: Value, end: &str| {
        let (found, source) = from(key);
        assert_eq!(found, value, "{key}");
        assert!(
            source.ends_with(end),
            "{key} comes from {source}, not {end}"
        );
    };
    ends("audio_settings.volume", 0.2.into(), "audio_config.json:16");
    ends("audio_settings.overlap", "queue".into(), "herald.json:1");
    ends("audio_settings.max_voices", 8.into(), "built in");
    ends(
        "audio_settings.throttle_seconds.Stop",
        120.0.into(),
        "audio_config.json:18",
    );
    ends(
        "audio_settings.throttle_seconds.StopFailure",
        30.0.into(),
        "built in",
    );
    ends(
        "sound_files.mappings.PreToolUse/bash",
        "b.wav".into(),
        "config.json:3",
    );
    ends(
        "events.PreToolUse/bash.enabled",
        true.into(),
        "config.json:3",
    );
    ends(
        "sound_files.base_path",
        "/sounds".into(),
        "$CLAUDE_SOUNDS_DIR",
    );
    ends("rules.mute_headless", true.into(), "built in");

    let (one, code) = herald(&sandbox, &["config", "show", "audio_settings.overlap"]);
    assert_eq!(code, 0);
    assert!(one.contains("audio_settings.overlap  queue  "), "{one}");
    let (unknown, code) = herald(&sandbox, &["config", "show", "audio_settings.volum"]);
    assert_eq!(code, 1);
    assert!(
        unknown.contains("did you mean audio_settings.volume?"),
        "{unknown}"
    );
}

#[test]
fn what_differs_is_shown_and_the_rest_if_asked_for() {
    let sandbox = Sandbox::new();
    let (none, code) = herald(&sandbox, &["config", "show"]);
    let expected = "every setting has its default; `herald config show --all` lists them\n";
    assert_eq!((&*none, code), (expected, 0));
    let sandbox = with_user_config(r#"{"audio_settings": {"volume": 0.3}}"#);
    let (shown, _) = herald(&sandbox, &["config", "show"]);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(
        shown.contains("\naudio_settings.volume  0.3    "),
        "{shown}"
    );
    let (all, _) = herald(&sandbox, &["config", "show", "--all"]);
    assert!(all.contains("\naudio_settings.overlap "), "{all}");
    let rest = herald(&sandbox, &["config", "show", "audio_settings.overlap"]).0;
    assert!(rest.contains("built in"), "{rest}");
}

#[test]
fn a_check_tells_each_mistake_by_its_place_and_fails() {
    let sandbox = with_user_config(
        "{\n  // louder\n  \"audio_settings\": {\"volumne\": 1, \"overlap\": \"mixed\"},\n  \"sound_files\": {\"mappings\": {\"Stop\": \"gone.wav\"}},\n}\n",
    );
    let file = sandbox.path("home/.config/herald/config.json");
    let file = file.display();
    let sounds = sandbox.path("home/.config/herald/sounds/gone.wav");
    let (told, code) = herald(&sandbox, &["config", "check"]);
    assert_eq!(code, 1);
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            format!("note: {file}:2:3: comment: accepted here, but not valid JSON"),
            format!(
                "warning: {file}:3:22: audio_settings.volumne: unknown key; did you mean volume?"
            ),
            format!(
                "error: {file}:3:47: audio_settings.overlap: expected mix, replace, queue or drop, found \"mixed\""
            ),
            format!(
                "warning: {file}:4:40: sound_files.mappings.Stop: file {} does not exist; the built-in sound is played",
                sounds.display()
            ),
        ]
    );
    let issues = json(&sandbox, &["config", "check", "--json"]);
    assert_eq!(issues["issues"][2]["line"], 3);
    assert_eq!(issues["issues"][2]["key"], "audio_settings.overlap");
}

#[test]
fn a_check_of_good_files_or_none_passes() {
    let (told, code) = herald(&Sandbox::new(), &["config", "check"]);
    assert_eq!(
        (told.as_str(), code),
        ("no config file; built-in defaults apply\n", 0)
    );
    let sandbox = with_user_config("{}");
    let (told, code) = herald(&sandbox, &["config", "check"]);
    assert!(
        code == 0 && told.starts_with("0 errors, 0 warnings in "),
        "{told}"
    );
    let (told, code) = herald(&sandbox, &["config", "check", "nowhere.json"]);
    assert!(
        code == 1 && told.contains("nowhere.json: cannot be read"),
        "{told}"
    );
    let (told, _) = herald(&sandbox, &["config", "path"]);
    let states: Vec<_> = told
        .lines()
        .map(|line| line.rsplit("  ").next().unwrap())
        .collect();
    assert_eq!(states, ["STATE", "used", "missing", "missing"]);
}

/// The schema is generated from the format; this checks it against the config.
#[test]
fn the_schema_names_every_setting_and_its_range() {
    let schema = json(&Sandbox::new(), &["config", "schema"]);
    let at = |path: &str| {
        let mut part = &schema;
        for name in path.split('.') {
            part = &part["properties"][name];
            if let Some(reference) = part["$ref"].as_str() {
                let name = reference.rsplit('/').next().unwrap();
                part = &schema["$defs"][name];
            }
            assert!(!part.is_null(), "{path} in {schema:#}");
        }
        part
    };
    assert_eq!(at("audio_settings.volume")["maximum"], 1.0);
    assert_eq!(at("audio_settings.max_voices")["maximum"], 32);
    assert_eq!(
        at("audio_settings")["additionalProperties"],
        false,
        "an editor names typos"
    );
    assert_eq!(
        at("audio_settings.overlap")["description"]
            .as_str()
            .map(str::is_empty),
        Some(false)
    );
    let settings = json(&Sandbox::new(), &["config", "show", "--json"]);
    for setting in settings.as_array().unwrap() {
        let key = setting["key"].as_str().unwrap();
        let by_event = ["events.", "audio_settings.throttle_seconds."];
        if by_event.iter().all(|by_event| !key.starts_with(by_event)) {
            at(key);
        }
    }
}

//! Packs with real hooks, each a separate process.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{aliased, flat, pack, user_packs};
use crate::support::sandbox::{Sandbox, run};

/// A sandbox with both packs installed, and the user's `config`.
fn with_packs(config: Value) -> Sandbox {
    let sandbox = Sandbox::new();
    flat(&user_packs(&sandbox));
    aliased(&user_packs(&sandbox));
    let file = user_config(&sandbox);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, config.to_string()).unwrap();
    sandbox
}

fn user_config(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.config/herald/config.json")
}

/// The file name of the next hook's sound, or why there is none.
fn heard(sandbox: &Sandbox, payload: &Value) -> String {
    let before = sandbox.record().len();
    let mut payload = payload.clone();
    // Byte-identical payloads within a second would sound once.
    payload["number"] = json!(before);
    let event = payload["hook_event_name"].as_str().unwrap().to_owned();
    let output = run(
        sandbox.herald(&["--hook", &event]),
        payload.to_string().as_bytes(),
    );
    let line = String::from_utf8(output.stderr).unwrap();
    if !line.contains("played=True") {
        let notes = line.split("notes=").nth(1).unwrap_or_default();
        return notes
            .split(" errors=")
            .next()
            .unwrap()
            .trim_end()
            .to_owned();
    }
    let record = sandbox.wait_for_record(before + 1);
    assert_eq!(record[before]["status"], "played", "{}", record[before]);
    let sound = record[before]["sound"].as_str().unwrap();
    let name = Path::new(sound).file_name().unwrap();
    name.to_str().unwrap().to_owned()
}

fn event(name: &str) -> Value {
    json!({ "hook_event_name": name })
}

const NO_WINDOWS: &str =
    r#"{"Stop": 0, "Notification": 0, "PermissionRequest": 0, "StopFailure": 0}"#;

fn config(packs: Value) -> Value {
    let windows: Value = serde_json::from_str(NO_WINDOWS).unwrap();
    json!({ "packs": packs, "audio_settings": { "throttle_seconds": windows } })
}

#[test]
fn events_sound_like_their_category_at_random_and_not_twice_in_a_row() {
    let sandbox = with_packs(config(json!({"active": "flat"})));
    assert_eq!(heard(&sandbox, &event("Stop")), "done.wav");
    let asked: Vec<_> = (0..12)
        .map(|_| heard(&sandbox, &event("PermissionRequest")))
        .collect();
    assert!(asked.windows(2).all(|two| two[0] != two[1]), "{asked:?}");
    assert!(
        asked.iter().all(|name| name.starts_with("ask")),
        "{asked:?}"
    );
    assert_eq!(
        heard(&sandbox, &event("StopFailure")),
        "builtin:failed",
        "the pack has none"
    );
}

#[test]
fn the_user_says_which_category_an_event_has_and_which_are_not_heard() {
    let mut config_of_user = config(json!({
        "active": "flat",
        "categories": {"Stop": "input.required", "Notification/idle_prompt": "none", "StopFailure": "task.complete"},
    }));
    config_of_user["events"] = json!({"Notification/idle_prompt": {"enabled": true}});
    let sandbox = with_packs(config_of_user);
    assert!(heard(&sandbox, &event("Stop")).starts_with("ask"));
    assert_eq!(heard(&sandbox, &event("StopFailure")), "done.wav");
    let mut idle = event("Notification");
    idle["notification_type"] = json!("idle_prompt");
    assert_eq!(heard(&sandbox, &idle), "builtin:attention");
    assert!(heard(&sandbox, &event("Notification")).starts_with("ask"));

    let muted = config(json!({"active": "flat", "muted": ["task.complete"]}));
    fs::write(user_config(&sandbox), muted.to_string()).unwrap();
    assert_eq!(heard(&sandbox, &event("Stop")), "category is muted");
}

#[test]
fn a_muted_sound_of_a_pack_is_never_played() {
    for muted in ["ask1.wav", "flat/ask1.wav"] {
        let sandbox = with_packs(config(json!({"active": "flat", "muted_sounds": [muted]})));
        let heard: Vec<_> = (0..6)
            .map(|_| heard(&sandbox, &event("PermissionRequest")))
            .collect();
        assert!(heard.iter().all(|name| name != "ask1.wav"), "{heard:?}");
    }
    let all = json!(["done.wav", "another/ask1.wav"]);
    let sandbox = with_packs(config(json!({"active": "flat", "muted_sounds": all})));
    assert_eq!(heard(&sandbox, &event("Stop")), "builtin:finished");
}

#[test]
fn what_an_event_is_about_has_a_category_without_any_key_of_its_own() {
    let mut config = config(json!({"active": "flat"}));
    config["events"] = json!({"Notification/agent_completed": {"enabled": true}});
    let sandbox = with_packs(config);
    let mut done = event("Notification");
    done["notification_type"] = json!("agent_completed");
    assert_eq!(heard(&sandbox, &done), "done.wav");
}

#[test]
fn an_alias_is_heard_and_a_file_that_is_mapped_comes_first() {
    let mut config = config(json!({"active": "aliased"}));
    config["events"] = json!({"SessionStart": {"enabled": true, "throttle_seconds": 0}});
    let sandbox = with_packs(config.clone());
    assert_eq!(heard(&sandbox, &event("SessionStart")), "hello.mp3");
    let sounds = user_config(&sandbox).with_file_name("sounds");
    fs::create_dir_all(&sounds).unwrap();
    fs::write(
        sounds.join("mine.wav"),
        crate::support::sandbox::wav(&[1, 1]),
    )
    .unwrap();
    config["sound_files"] = json!({"mappings": {"Stop": "mine.wav"}});
    fs::write(user_config(&sandbox), config.to_string()).unwrap();
    assert_eq!(heard(&sandbox, &event("Stop")), "mine.wav");
}

#[test]
fn a_pack_that_is_used_is_heard_at_the_next_event() {
    let sandbox = with_packs(config(json!({})));
    assert_eq!(heard(&sandbox, &event("Stop")), "builtin:finished");
    assert_eq!(pack(&sandbox, &["use", "flat"]).0, 0);
    assert_eq!(heard(&sandbox, &event("Stop")), "done.wav");
    assert_eq!(pack(&sandbox, &["use", "none"]).0, 0);
    assert_eq!(heard(&sandbox, &event("Stop")), "builtin:finished");
}

#[test]
fn no_pack_is_saved_where_none_was_set() {
    let sandbox = Sandbox::new();
    let (code, out, err) = pack(&sandbox, &["use", "none"]);
    let file = user_config(&sandbox);
    let told = format!("nothing to do: no pack is set in {}\n", file.display());
    assert_eq!((code, out, err), (0, told, String::new()));
    let (_, json, _) = pack(&sandbox, &["use", "none", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json, json!({"name": null, "file": null, "active": null}));
    assert!(!file.exists());
}

/// A project can select its own packs and the user's, and nothing else.
#[test]
fn a_project_names_packs_and_nothing_else() {
    let sandbox = with_packs(config(json!({})));
    let elsewhere = flat(&sandbox.path("home/elsewhere"));
    let own = sandbox.path("project/.openpeon/packs");
    flat(&own);
    std::os::unix::fs::symlink(&elsewhere, own.join("linked")).unwrap();
    fs::remove_dir_all(user_packs(&sandbox).join("flat")).unwrap();
    let project = sandbox.path("project/.claude/herald.json");
    fs::create_dir_all(project.parent().unwrap()).unwrap();
    for (name, sound) in [
        ("flat", "done.wav"),
        ("aliased", "done.mp3"),
        ("linked", "builtin:finished"),
        ("../../../home/elsewhere/flat", "builtin:finished"),
        ("../packs/flat", "builtin:finished"),
        ("", "builtin:finished"),
    ] {
        for packs in [
            json!({"active": name}),
            json!({"active": [name, name], "rotation": "in_turn"}),
        ] {
            fs::write(&project, json!({ "packs": packs }).to_string()).unwrap();
            assert_eq!(heard(&sandbox, &event("Stop")), sound, "{packs}");
        }
    }
    let doctor = run(sandbox.herald(&["doctor"]), b"");
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        doctor.contains("packs.active: pack \"\" is not installed"),
        "{doctor}"
    );
}

/// The pack of each of `count` Stops: of the flat one `done.wav`, of the other `done.mp3`.
fn stops(sandbox: &Sandbox, count: usize) -> Vec<String> {
    (0..count).map(|_| heard(sandbox, &event("Stop"))).collect()
}

#[test]
fn several_packs_take_turns() {
    let packs = json!({"active": ["flat", "aliased"], "rotation": "in_turn"});
    let sandbox = with_packs(config(packs));
    let in_turn = ["done.wav", "done.mp3", "done.wav", "done.mp3"];
    assert_eq!(stops(&sandbox, 4), in_turn);
    let status = run(sandbox.herald(&["status"]), b"").stdout;
    let status = String::from_utf8(status).unwrap();
    assert!(
        status.contains("pack    flat, aliased (in_turn)"),
        "{status}"
    );
    let list = pack(&sandbox, &["list", "--json"]).1;
    assert_eq!(list.matches("\"active\": true").count(), 2, "{list}");

    let sandbox = with_packs(config(json!({"active": ["flat", "aliased"]})));
    let heard = stops(&sandbox, 6);
    assert!(heard.windows(2).all(|two| two[0] != two[1]), "{heard:?}");
}

#[test]
fn a_session_keeps_its_pack() {
    let packs = json!({"active": ["flat", "aliased"], "rotation": "session"});
    let sandbox = with_packs(config(packs));
    let mut of_sessions = Vec::new();
    for session in 0..12 {
        let mut stop = event("Stop");
        stop["session_id"] = json!(format!("session {session}"));
        let first = heard(&sandbox, &stop);
        assert_eq!(heard(&sandbox, &stop), first, "session {session}");
        of_sessions.push(first);
    }
    of_sessions.sort();
    of_sessions.dedup();
    assert_eq!(of_sessions, ["done.mp3", "done.wav"]);
}

#[test]
fn a_directory_and_an_agent_have_packs_of_their_own() {
    let sandbox = with_packs(json!({}));
    let project = sandbox.path("project");
    let around = project.parent().unwrap().to_str().unwrap();
    let codex = |sandbox: &Sandbox| {
        let before = sandbox.record().len();
        let payload = json!({"hook_event_name": "Stop", "number": before});
        let hook = sandbox.herald(&["hook", "--agent", "codex"]);
        assert!(run(hook, payload.to_string().as_bytes()).status.success());
        let sound = sandbox.wait_for_record(before + 1)[before]["sound"].clone();
        let name = Path::new(sound.as_str().unwrap()).file_name().unwrap();
        name.to_str().unwrap().to_owned()
    };
    for (packs, claudes, codexs) in [
        (
            json!({"active": "flat", "by_agent": {"codex": "aliased"}}),
            "done.wav",
            "done.mp3",
        ),
        (
            json!({"by_path": {format!("{around}/*"): "aliased", around: "flat"}}),
            "done.mp3",
            "done.mp3",
        ),
        (
            json!({"active": "flat", "by_path": {format!("{around}/another"): "aliased"}, "by_agent": {"codex": "none"}}),
            "done.wav",
            "builtin:finished",
        ),
    ] {
        fs::write(user_config(&sandbox), config(packs.clone()).to_string()).unwrap();
        assert_eq!(heard(&sandbox, &event("Stop")), claudes, "{packs}");
        assert_eq!(codex(&sandbox), codexs, "{packs}");
    }
    let gone = json!({"active": ["flat", "gone"], "by_agent": {"codex": "lost"}});
    fs::write(user_config(&sandbox), config(gone).to_string()).unwrap();
    let doctor = String::from_utf8(run(sandbox.herald(&["doctor"]), b"").stdout).unwrap();
    for missing in [
        "packs.active: pack \"gone\" is not installed",
        "packs.by_agent.codex: pack \"lost\" is not installed",
    ] {
        assert!(doctor.contains(missing), "{doctor}");
    }
}

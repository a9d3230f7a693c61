//! Values as people write them: paths, disabled sounds, numbers.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, payload, run, wav};

/// Sets the user's own config.
fn with_own_config(sandbox: &Sandbox, config: &Value) {
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.json"), config.to_string()).unwrap();
}

fn write_sound(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, wav(&[0; 96])).unwrap();
}

/// The line about a Stop, and the sound's file in it.
fn stop(sandbox: &Sandbox) -> (String, Option<PathBuf>) {
    let hook = sandbox.herald(&["--hook", "Stop"]);
    let line = String::from_utf8(run(hook, &payload("Stop")).stderr).unwrap();
    let path = line.trim_end().split(" path=").nth(1);
    let path = path.and_then(|rest| rest.split(" errors=").next());
    let path = path.map(PathBuf::from);
    (line, path)
}

/// The output of `herald` with `args`, on both streams.
fn said(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = run(sandbox.herald(args), b"");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn paths_of_the_users_config_may_begin_at_home_or_be_urls() {
    let sandbox = Sandbox::new();
    let (home, spaced) = (sandbox.path("home/a.wav"), sandbox.path("home/snd/a b.wav"));
    write_sound(&home);
    write_sound(&spaced);
    let url = format!("file://{}", spaced.display()).replace(' ', "%20");
    let mapped = |name: &str| json!({"sound_files": {"mappings": {"Stop": name}}});
    let based =
        |dir: &str| json!({"sound_files": {"base_path": dir, "mappings": {"Stop": "a.wav"}}});
    for (config, file) in [
        (mapped("~/a.wav"), &home),
        (mapped("$HOME/a.wav"), &home),
        (mapped("${HOME}/a.wav"), &home),
        (mapped(&format!("file://{}", home.display())), &home),
        (
            mapped(&format!("file://localhost{}", home.display())),
            &home,
        ),
        (mapped(&url), &spaced),
        (json!({"events": {"Stop": {"sound": "~/a.wav"}}}), &home),
        (
            json!({"events": {"Stop": {"sound": ["$HOME/a.wav"]}}}),
            &home,
        ),
        (based("~"), &home),
        (based("~/"), &home),
        (based("$HOME"), &home),
    ] {
        with_own_config(&sandbox, &config);
        said(&sandbox, &["throttle", "reset", "--all"]);
        let (line, path) = stop(&sandbox);
        assert_eq!(path.as_ref(), Some(file), "{config}: {line}");
        let check = said(&sandbox, &["config", "check"]);
        assert!(
            check.starts_with("0 errors, 0 warnings in "),
            "{config}: {check}"
        );
    }
}

#[test]
fn a_projects_path_does_not_leave_it_by_way_of_home() {
    let sandbox = Sandbox::new();
    let outside = sandbox.path("home/a.wav");
    write_sound(&outside);
    let url = format!("file://{}", outside.display());
    let mut sandbox = sandbox;
    for (key, config) in [
        (
            "sound_files.mappings.Stop",
            json!({"sound_files": {"mappings": {"Stop": "~/a.wav"}}}),
        ),
        (
            "sound_files.mappings.Stop",
            json!({"sound_files": {"mappings": {"Stop": "$HOME/a.wav"}}}),
        ),
        (
            "sound_files.mappings.Stop",
            json!({"sound_files": {"mappings": {"Stop": url}}}),
        ),
        (
            "events.Stop.sound",
            json!({"events": {"Stop": {"sound": "~/a.wav"}}}),
        ),
        (
            "sound_files.mappings.Stop",
            json!({"sound_files": {"base_path": "~", "mappings": {"Stop": "a.wav"}}}),
        ),
    ] {
        sandbox = sandbox.with_config(&config);
        said(&sandbox, &["throttle", "reset", "--all"]);
        let (line, path) = stop(&sandbox);
        assert_eq!(path, None, "{config}: {line}");
        let check = said(&sandbox, &["config", "check"]);
        let fault = format!(" {key}: {} is ignored: it is outside", outside.display());
        assert!(check.contains(&fault), "{config}: {check}");
    }
}

#[test]
fn a_fault_is_reported_where_it_is_written() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {"Stop": {"sound": "gone.wav"}}}));
    let check = said(&sandbox, &["config", "check"]);
    assert!(check.contains(":1:28: events.Stop.sound: file "), "{check}");
}

#[test]
fn variables_that_name_a_path_may_begin_at_home() {
    let sandbox = Sandbox::new();
    let sound = sandbox.path("home/snd/a.wav");
    write_sound(&sound);
    let sandbox = sandbox
        .with("CLAUDE_SOUNDS_DIR", "~/snd")
        .with("CLAUDE_CONFIG_DIR", "~/agent")
        .with_config(&json!({"sound_files": {"mappings": {"Stop": "a.wav"}}}));
    let (line, path) = stop(&sandbox);
    assert_eq!(path, Some(sound), "{line}");

    let installed = said(&sandbox, &["install", "--agent", "claude"]);
    assert!(
        sandbox.path("home/agent/settings.json").is_file(),
        "{installed}"
    );
    assert!(!sandbox.path("project/~").exists(), "{installed}");

    let sandbox = sandbox.with("HERALD_OUTPUT", "wav:~/out.wav");
    let status: Value = serde_json::from_str(&said(&sandbox, &["status", "--json"])).unwrap();
    let output = format!("wav:{}", sandbox.path("home/out.wav").display());
    assert_eq!(status["output"], output, "{status:#}");
}

#[test]
fn an_empty_name_or_null_for_a_sound_means_off() {
    let mut sandbox = Sandbox::new();
    for config in [
        json!({"sound_files": {"mappings": {"Stop": ""}}}),
        json!({"sound_files": {"mappings": {"Stop": null}}}),
        json!({"sound_files": {"mappings": {"Stop": []}}}),
        json!({"sound_files": {"mappings": {"Stop": [""]}}}),
        json!({"sound_files": {"mappings": {"Stop": [null]}}}),
        json!({"events": {"Stop": {"sound": ""}}}),
        json!({"events": {"Stop": {"sound": null}}}),
    ] {
        sandbox = sandbox.with_config(&config);
        let (line, _) = stop(&sandbox);
        assert!(
            line.contains("played=False throttled=False notes=disabled"),
            "{config}: {line}"
        );
        let shown = said(
            &sandbox,
            &["config", "show", "events.Stop.enabled", "--json"],
        );
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown[0]["value"], false, "{shown}");
        let source = shown[0]["source"].as_str().unwrap();
        assert!(source.ends_with("herald.json:1"), "{config}: {source}");
        let check = said(&sandbox, &["config", "check"]);
        assert!(
            check.starts_with("0 errors, 0 warnings in "),
            "{config}: {check}"
        );
    }
}

#[test]
fn an_unknown_sound_is_reported_with_the_nearest_one() {
    let sandbox = Sandbox::new().with_config(&json!({
        "sound_files": {"mappings": {"deploy_done": "gone.wav"}},
    }));
    for (name, nearest) in [
        ("Stp", Some("Stop")),
        ("atention", Some("attention")),
        ("deploy_don", Some("deploy_done")),
        ("Notificaton/idle_prompt", Some("Notification")),
        ("deploy_done", None),
        ("zzz", None),
    ] {
        let complaint = said(&sandbox, &["play", name]);
        let hint = match nearest {
            Some(nearest) => format!("did you mean {nearest}?\n"),
            None => "use an event".to_owned(),
        };
        let begin = format!("error: no sound named {name:?}\nhint: {hint}");
        assert!(complaint.starts_with(&begin), "{complaint}");
    }
    let complaint = said(&sandbox, &["play", "/no/such.wav"]);
    assert_eq!(complaint, "error: /no/such.wav does not exist\n");
    let reset = said(&sandbox, &["throttle", "reset", "Stpo"]);
    let expected = "Stpo has not fired since its last reset\nhint: did you mean Stop?\n";
    assert_eq!(reset, expected);
}

#[test]
fn numbers_out_of_range_are_clamped_with_a_warning() {
    let sandbox = Sandbox::new();
    for (key, written, value) in [
        ("audio_settings.volume", "-1", json!(0.0)),
        ("audio_settings.volume", "50", json!(0.5)),
        ("audio_settings.volume", "2", json!(0.02)),
        ("audio_settings.volume", "100", json!(1.0)),
        ("audio_settings.volume", "1000", json!(1.0)),
        ("events.Stop.volume", "25", json!(0.25)),
        ("audio_settings.throttle_seconds.Stop", "-5", json!(0.0)),
        (
            "audio_settings.throttle_seconds.Stop",
            "1e9",
            json!(86_400.0),
        ),
        ("events.Stop.throttle_seconds", "1e400", json!(86_400.0)),
        ("audio_settings.max_voices", "1000", json!(32)),
        ("audio_settings.max_voices", "-1", json!(1)),
        ("audio_settings.min_gap_ms", "-7", json!(0)),
        ("audio_settings.lead_in_ms", "99999999999", json!(60_000)),
    ] {
        let text = key.rsplit('.').fold(written.to_owned(), |value, name| {
            format!("{{\"{name}\": {value}}}")
        });
        fs::create_dir_all(sandbox.path("project/.claude")).unwrap();
        fs::write(sandbox.path("project/.claude/herald.json"), &text).unwrap();
        let shown_key = key.replace(
            "events.Stop.throttle_seconds",
            "audio_settings.throttle_seconds.Stop",
        );
        let shown = said(&sandbox, &["config", "show", &shown_key, "--json"]);
        let shown = &shown[shown.find('[').unwrap()..];
        let shown = &shown[..=shown.rfind(']').unwrap()];
        let shown: Value = serde_json::from_str(shown).unwrap();
        assert_eq!(shown[0]["value"], value, "{text}");
        let source = shown[0]["source"].as_str().unwrap();
        assert!(source.ends_with("herald.json:1"), "{text}: {source}");
        let check = run(sandbox.herald(&["config", "check"]), b"");
        let told = String::from_utf8(check.stdout).unwrap();
        assert!(told.starts_with("warning: "), "{text}: {told}");
        assert!(told.contains(&format!(" {key}: ")), "{text}: {told}");
        assert_eq!(check.status.code(), Some(0), "{text}: {told}");
    }
}

//! Edits take effect at the next event, however the file is saved; after a broken save, the last valid
//! version stays in effect.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::sandbox::{Running, Sandbox, complaint, payload, run, wait_until};

/// A volume for Stop that identifies the config, without throttling.
fn config(volume: f64) -> String {
    let settings = json!({"volume": volume, "throttle_seconds": {"Stop": 0}});
    json!({"audio_settings": settings, "rules": {"mute_headless": false}}).to_string()
}

/// The volume of the next Stop.
fn volume_of_next_stop(sandbox: &Sandbox) -> f64 {
    let before = sandbox.record().len();
    // Byte-identical payloads within a second would sound once.
    let mut payload: Value = serde_json::from_slice(&payload("Stop")).unwrap();
    payload["number"] = json!(before);
    let payload = payload.to_string();
    let output = run(sandbox.herald(&["hook"]), payload.as_bytes());
    complaint(output).unwrap();
    let record = sandbox.wait_for_record(before + 1);
    let volume = record[before]["volume"].as_f64().unwrap();
    (volume * 100.0).round() / 100.0
}

/// The log lines about the config.
fn told_of_config(sandbox: &Sandbox) -> Vec<Value> {
    let log = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap_or_default();
    let whole_lines = log.rfind('\n').map_or("", |end| &log[..end]);
    let lines = whole_lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == "config").collect()
}

/// A sandbox with a user's config, and a player that knows it.
fn with_config() -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join("config.json");
    fs::write(&file, config(0.9)).unwrap();
    assert_eq!(volume_of_next_stop(&sandbox), 0.9);
    wait_until("the player remembers the config", || {
        let copies = fs::read_dir(sandbox.state_dir().join("config")).ok()?;
        copies
            .flatten()
            .find(|entry| entry.path().extension().is_some_and(|end| end == "json"))
    });
    (sandbox, file)
}

fn shell(script: &str, file: &Path) {
    let mut shell = Command::new("sh");
    shell.args(["-ec", script, "sh"]).arg(file);
    assert!(Running::start(shell).wait().success(), "{script}");
}

#[test]
fn each_way_of_saving_counts_at_the_next_event() {
    let (sandbox, file) = with_config();
    fs::write(&file, config(0.8)).unwrap();
    assert_eq!(volume_of_next_stop(&sandbox), 0.8, "written in place");
    shell("sed -i s/0.8/0.7/ \"$1\"", &file);
    assert_eq!(volume_of_next_stop(&sandbox), 0.7, "sed -i");
    // vim with default settings: renames the old file, and removes it once the new one exists.
    shell(
        "mv \"$1\" \"$1~\"; sed s/0.7/0.6/ \"$1~\" > \"$1\"; rm \"$1~\"",
        &file,
    );
    assert_eq!(
        volume_of_next_stop(&sandbox),
        0.6,
        "renamed and written anew"
    );
    // Other editors, and vim on a link: write a temporary file and rename it.
    shell(
        "sed s/0.6/0.5/ \"$1\" > \"$1.new\"; mv \"$1.new\" \"$1\"",
        &file,
    );
    assert_eq!(volume_of_next_stop(&sandbox), 0.5, "replaced");
    wait_until("the player has told of the changes", || {
        let told = told_of_config(&sandbox);
        told.iter()
            .any(|line| line["status"] == "changed")
            .then_some(())
    });
}

/// A removed config is not a failure; a failure names the file.
#[test]
fn a_config_that_goes_or_cannot_be_read_is_told_by_its_name() {
    let (sandbox, file) = with_config();
    let told = |status: &str, reason: &str| {
        wait_until(&format!("the player tells {status} of the file"), || {
            let mut told = told_of_config(&sandbox).into_iter();
            told.find(|line| line["status"] == status && line["reason"] == reason)
        });
    };
    fs::remove_file(&file).unwrap();
    told("removed", &file.display().to_string());
    assert!(
        told_of_config(&sandbox)
            .iter()
            .all(|line| line["status"] != "failed")
    );
    fs::create_dir(&file).unwrap();
    let why = "cannot be read: not a regular file; hint: make it a small file that you can read";
    told("failed", &format!("{}: {why}", file.display()));
}

#[test]
fn a_broken_save_keeps_the_last_valid_values_and_doctor_reports_it() {
    let (sandbox, file) = with_config();
    let good = config(0.8).replacen('{', "{\"tpyo\": 1, ", 1);
    fs::write(&file, &good).unwrap();
    wait_until("the player has seen the good one", || {
        let mut told = told_of_config(&sandbox).into_iter();
        told.find(|line| line["status"] == "changed")
    });
    for broken in ["", "{", &good[..good.len() - 3], "\u{fffd}"] {
        fs::write(&file, broken).unwrap();
        assert_eq!(volume_of_next_stop(&sandbox), 0.8, "{broken:?}");
    }
    wait_until("the player tells that it is broken", || {
        let is_it = |line: Value| {
            let reason = line["reason"].as_str().unwrap_or_default();
            line["status"] == "failed" && reason.contains("config.json:1:1: ")
        };
        told_of_config(&sandbox)
            .into_iter()
            .any(is_it)
            .then_some(())
    });

    let doctor = run(sandbox.herald(&["doctor"]), b"");
    assert_eq!(doctor.status.code(), Some(1));
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    let place = format!("error    config    {}:1:1: not valid JSON", file.display());
    assert!(doctor.contains(&place), "{doctor}");
    assert!(
        doctor.contains("its last valid version stays in effect until this is fixed"),
        "{doctor}"
    );

    // The others say the same, and nothing about lines that the file does not have.
    let invalid = "invalid; its last valid version is used";
    for (args, says) in [
        (
            &["config", "check"][..],
            "its last valid version stays in effect until this is fixed",
        ),
        (
            &["config", "show"],
            "its last valid version stays in effect until this is fixed",
        ),
        (&["config", "path"], invalid),
        (
            &["status"],
            &format!("config  {} ({invalid})\n", file.display()),
        ),
    ] {
        let output = run(sandbox.herald(args), b"");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(says), "{args:?}: {said}");
        assert!(!said.contains("tpyo"), "{args:?}: {said}");
    }
    assert!(!doctor.contains("tpyo"), "{doctor}");

    fs::write(&file, config(0.4)).unwrap();
    assert_eq!(volume_of_next_stop(&sandbox), 0.4, "fixed");
    let doctor = run(sandbox.herald(&["doctor"]), b"");
    assert_eq!(
        doctor.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
}

#[test]
fn a_file_that_was_never_valid_is_ignored() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.json"), "{\"audio_settings\": ").unwrap();
    assert_eq!(volume_of_next_stop(&sandbox), 0.5, "as built in");
    for args in [&["config", "path"][..], &["status"]] {
        let said = String::from_utf8(run(sandbox.herald(args), b"").stdout).unwrap();
        assert!(
            said.contains("ignored, because of mistakes"),
            "{args:?}: {said}"
        );
    }
}

//! `herald status`: what is configured, playing and muted.

use std::fs;
use std::io::Write;

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, payload, run, wait_until};

/// The output of `herald status` with `args`.
#[track_caller]
fn status(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = run(sandbox.herald(&[&["status"], args].concat()), b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn status_json(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&status(sandbox, &["--json"])).unwrap()
}

fn hook(sandbox: &Sandbox, payload: &[u8]) {
    assert!(run(sandbox.herald(&["hook"]), payload).status.success());
}

/// The entry of `name`.
#[track_caller]
fn event<'s>(status: &'s Value, name: &str) -> &'s Value {
    let mut events = status["events"].as_array().unwrap().iter();
    events
        .find(|event| event["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {status}"))
}

#[test]
fn without_a_config_the_built_in_events_are_told() {
    let sandbox = Sandbox::new();
    let said = status(&sandbox, &[]);
    for line in [
        "config  no config file; built-in defaults apply\n",
        "pack    none\n",
        "volume  0.5 (configured)\n",
        "sound   on\n",
        "player  not running; the next sound starts it\n",
        "output  null\n",
        &format!("state   {}\n", sandbox.state_dir().display()),
        "EVENT              SOUND      WINDOW  HEARD  ADMITTED  SUPPRESSED  FAILED\n",
        "Notification       attention  5s      -      0         0           0\n",
        "StopFailure        failed     30s     -      0         0           0\n",
    ] {
        assert!(said.contains(line), "no {line:?} in:\n{said}");
    }
    assert!(!said.contains("PreToolUse"), "it is off");
    let all = status(&sandbox, &["--all"]);
    assert!(
        all.contains("PreToolUse           off        10s     -      0 "),
        "{all}"
    );
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");

    let status = status_json(&sandbox);
    assert_eq!(status["player"], Value::Null);
    let expected = json!({
        "name": "Stop", "enabled": true, "sounds": ["builtin:finished"], "volume": 0.5,
        "windowMs": 5000, "scope": "project", "lastHeard": null,
        "admitted": 0, "suppressed": 0, "failed": 0,
    });
    assert_eq!(event(&status, "Stop"), &expected);
}

#[test]
fn what_hooks_did_is_counted_and_when_each_was_heard_is_known() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with_config(&json!({
            "audio_settings": {"throttle_seconds": {"Stop": 3600}},
        }));
        for _ in 0..3 {
            hook(&sandbox, &payload("Stop"));
        }
        // Its throttle key includes its message, so only the log knows it.
        hook(
            &sandbox,
            br#"{"hook_event_name": "Notification", "message": "hello"}"#,
        );
        hook(&sandbox, br#"{"hook_event_name": "FutureEvent"}"#);
        let record = sandbox.wait_for_record(2);
        // Invalid lines of the log are ignored.
        let log = fs::OpenOptions::new()
            .append(true)
            .open(sandbox.state_dir().join("log.ndjson"));
        log.unwrap()
            .write_all(b"nonsense\n{\"time_ms\":1,\"ev\n")
            .unwrap();

        // The log's line comes first.
        let status = wait_until("the player is done with both", || {
            let status = status_json(&sandbox);
            (status["player"]["open"] == 0).then_some(status)
        });
        for line in &record {
            let asked = line["time_ms"].as_u64().unwrap() - line["took_ms"].as_u64().unwrap();
            let heard = event(&status, line["event"].as_str().unwrap())["lastHeard"]
                .as_u64()
                .unwrap();
            // The throttle was asked just before the request was made.
            assert!(heard <= asked, "{line}: {heard}");
        }
        let stop = event(&status, "Stop");
        assert_eq!(
            (&stop["admitted"], &stop["suppressed"]),
            (&json!(1), &json!(2))
        );
        assert_eq!(status["player"]["requests"], 2);
        let said = self::status(&sandbox, &[]);
        assert!(
            said.contains(" ago  1         2           0\n") || said.contains("now"),
            "{said}"
        );
        assert!(
            said.contains(&format!(
                " as process {}, 0 playing or waiting\n",
                status["player"]["pid"]
            )),
            "{said}"
        );

        fs::remove_file(sandbox.state_dir().join("log.ndjson")).unwrap();
        let status = status_json(&sandbox);
        assert!(
            event(&status, "Stop")["lastHeard"].is_u64(),
            "the throttle knows"
        );
        assert_eq!(event(&status, "Notification")["lastHeard"], Value::Null);
    });
}

#[test]
fn a_status_line_is_one_word() {
    let sandbox = Sandbox::new();
    let word = |sandbox: &Sandbox| status(sandbox, &["--line"]);
    assert_eq!(word(&sandbox), "on\n");
    for (args, expected) in [
        (&["mute"][..], "muted\n"),
        (&["unmute"], "on\n"),
        (&["snooze", "30"], "snoozed\n"),
        (&["unmute"], "on\n"),
        (&["volume", "0"], "muted\n"),
        (&["volume", "1"], "on\n"),
    ] {
        assert!(run(sandbox.herald(args), b"").status.success());
        assert_eq!(word(&sandbox), expected, "{args:?}");
    }
    let nowhere = format!("wav:{}", sandbox.path("nowhere/out.wav").display());
    let sandbox = sandbox.with("HERALD_OUTPUT", nowhere);
    hook(&sandbox, &payload("Stop"));
    sandbox.wait_for_record(1);
    assert_eq!(word(&sandbox), "failed\n");
    let quiet = json!({"rules": {"quiet_hours": [{"from": "00:00", "to": "00:00"}]}});
    assert_eq!(word(&sandbox.with_config(&quiet)), "quiet\n");
}

#[test]
fn tables_fit_a_terminal_of_forty_columns() {
    let sandbox = Sandbox::new().with("COLUMNS", "40");
    let said = status(&sandbox, &["--all"]);
    let (_, table) = said.split_once("\n\n").unwrap();
    assert!(
        table.starts_with("Notification  SOUND attention  WINDOW 5s\n    HEARD -  ADMITTED 0  "),
        "{said}"
    );
    for args in [
        &["throttle", "list"][..],
        &["config", "show", "audio_settings.volume"],
    ] {
        let list = run(sandbox.herald(args), b"").stdout;
        let list = String::from_utf8(list).unwrap();
        assert!(
            list.lines().all(|line| line.chars().count() <= 40),
            "{list}"
        );
    }
    assert!(
        table.lines().all(|line| line.chars().count() <= 40),
        "{said}"
    );
}

#[test]
fn a_sound_that_was_not_heard_is_no_firing() {
    let sandbox = Sandbox::new();
    let nowhere = format!("wav:{}", sandbox.path("nowhere/out.wav").display());
    let sandbox = sandbox.with("HERALD_OUTPUT", nowhere);
    hook(&sandbox, &payload("Stop"));
    assert_eq!(sandbox.wait_for_record(1)[0]["status"], "failed");
    let status = status_json(&sandbox);
    let stop = event(&status, "Stop");
    assert_eq!(
        (&stop["failed"], &stop["lastHeard"]),
        (&json!(1), &Value::Null)
    );
}

#[test]
fn finer_keys_stand_under_their_event() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with_config(&json!({
            "sound_files": {"mappings": {"deploy": "builtin:finished"}},
            "events": {
                "PreToolUse/Bash": {"enabled": true, "scope": "global"},
                "Stop": {"volume": 0},
                "SessionStart": {"sound": ["builtin:started", "builtin:attention"]},
            },
        }));
        hook(
            &sandbox,
            br#"{"hook_event_name": "PreToolUse", "tool_name": "Bash"}"#,
        );
        sandbox.wait_for_record(1);
        let said = status(&sandbox, &[]);
        let lines: Vec<_> = said.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with("PreToolUse "))
            .unwrap();
        assert!(lines[at].contains("off"), "{said}");
        assert!(lines[at + 1].starts_with("  Bash  "), "{said}");
        for line in [
            "Stop               volume 0 ",
            "SessionStart       2 sounds ",
            "deploy             finished ",
        ] {
            assert!(said.contains(line), "no {line:?} in:\n{said}");
        }
        let status = status_json(&sandbox);
        let finer = event(&status, "PreToolUse/Bash");
        assert!(finer["lastHeard"].is_u64(), "{finer}");
        assert_eq!(
            (&finer["scope"], &finer["admitted"]),
            (&json!("global"), &Value::Null)
        );
        assert_eq!(event(&status, "PreToolUse")["admitted"], 1);
    });
}

#[test]
fn obstacles_to_sounds_are_reported() {
    let quiet = json!({"rules": {"quiet_hours": [{"from": "00:00", "to": "00:00"}]}, "tpyo": 1});
    let sandbox = Sandbox::new().with_config(&quiet);
    let said = status(&sandbox, &[]);
    assert!(
        said.contains("sound   quiet hours, 00:00 to 00:00\n"),
        "{said}"
    );
    assert!(
        said.contains("        with mistakes; run `herald config check`\n"),
        "{said}"
    );
    let file = sandbox.path("project/.claude/herald.json");
    assert!(
        said.contains(&format!("config  {}\n", file.display())),
        "{said}"
    );
    assert_eq!(status_json(&sandbox)["silence"], "quiet hours");

    for args in [&["volume", "0.4"][..], &["mute"]] {
        assert!(run(sandbox.herald(args), b"").status.success());
    }
    let said = status(&sandbox, &[]);
    assert!(
        said.contains("sound   muted until you run `herald unmute`\n"),
        "{said}"
    );
    assert!(
        said.contains("0.5 (configured), master volume 0.4\n"),
        "{said}"
    );
    let status = status_json(&sandbox);
    assert_eq!(status["silence"], "muted");
    let expected = json!({"muted": true, "snoozedForMs": 0, "volume": 0.4});
    assert_eq!(status["controls"], expected);
}

#[test]
fn where_there_is_no_device_neither_play_nor_status_says_that_sounds_are_heard() {
    in_real_time(|| {
        let sandbox = Sandbox::new()
            .with("HERALD_OUTPUT", "auto")
            .with("PULSE_SERVER", "unix:/nonexistent")
            .with("ALSA_CONFIG_PATH", "/dev/null")
            .with("PATH", "/nonexistent");
        // The first one starts the player, which may take longer than the limit.
        run(sandbox.herald(&["play", "finished"]), b"");
        sandbox.wait_for_record(1);
        let output = run(sandbox.herald(&["play", "finished"]), b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("no sound server"), "{said}");
        sandbox.wait_for_record(2);
        let words = status(&sandbox, &[]);
        assert!(!words.contains("sound   on"), "{words}");
        assert!(words.contains("sound   the last sound failed: "), "{words}");
        let json = status_json(&sandbox);
        assert!(
            json["failure"]
                .as_str()
                .unwrap()
                .contains("no sound server"),
            "{json}"
        );
        // A successful sound clears it.
        let sandbox = sandbox.with("HERALD_OUTPUT", "null");
        assert_eq!(sandbox.play("finished"), Ok(()));
        assert!(status(&sandbox, &[]).contains("sound   on"));
        assert_eq!(status_json(&sandbox)["failure"], Value::Null);
    });
}

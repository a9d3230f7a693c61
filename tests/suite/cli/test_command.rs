//! `herald test`: the complete path of an agent's event.

use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, herald_alone, noise, payload, run, samples, wait_until};

/// The result of the test with `args` as JSON, and its exit code.
#[track_caller]
fn test(sandbox: &Sandbox, args: &[&str]) -> (Value, i32) {
    answer_of(sandbox.herald(&[&["test", "--json"], args].concat()))
}

#[track_caller]
fn answer_of(command: Command) -> (Value, i32) {
    let output = run(command, b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    (answer, output.status.code().unwrap())
}

/// The completed steps, and the last one.
fn steps(answer: &Value) -> (Vec<&str>, &Value) {
    let steps = answer["steps"].as_array().unwrap();
    let names = steps.iter().map(|step| step["step"].as_str().unwrap());
    (names.collect(), steps.last().unwrap())
}

/// Asserts that the test of `event` stops at `step`, with `what` and `hint`.
#[track_caller]
fn stops(sandbox: &Sandbox, event: &str, step: &str, what: &str, hint: &str) {
    let (answer, code) = test(sandbox, &[event]);
    let (_, last) = steps(&answer);
    assert_eq!((code, &answer["heard"]), (1, &json!(false)), "{answer}");
    assert_eq!(
        (&last["step"], &last["state"]),
        (&json!(step), &json!("error")),
        "{answer}"
    );
    let says = |part: &str| last[part].as_str().unwrap_or_default().to_owned();
    assert!(says("what").contains(what), "{last}");
    assert!(says("hint").contains(hint), "{last}");
}

/// Whether a real hook with `payload` requests a sound.
fn is_admitted(sandbox: &Sandbox, payload: &[u8]) -> bool {
    let event: Value = serde_json::from_slice(payload).unwrap();
    let hook = sandbox.herald(&["--hook", event["hook_event_name"].as_str().unwrap()]);
    let line = String::from_utf8(run(hook, payload).stderr).unwrap();
    line.contains("played=True")
}

#[test]
fn each_step_to_a_sound_that_is_heard_is_told() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        assert!(run(sandbox.herald(&["install"]), b"").status.success());
        let (answer, code) = test(&sandbox, &[]);
        assert_eq!((code, &answer["heard"]), (0, &json!(true)), "{answer}");
        assert_eq!(answer["agents"], json!(["Claude Code"]));
        let (names, sound) = steps(&answer);
        assert_eq!(names, ["payload", "hook", "decision", "player", "sound"]);
        let started = answer["steps"][3]["what"].as_str().unwrap();
        assert!(started.starts_with("started as process "), "{started}");
        let record = sandbox.wait_for_record(1);
        assert_eq!(sound["tookMs"], record[0]["took_ms"].as_f64().unwrap());
        assert_eq!(
            (&answer["event"], &answer["sound"], &answer["output"]),
            (&json!("Stop"), &json!("builtin:finished"), &json!("null"))
        );

        let output = run(
            sandbox.herald(&["test", "notification/permissionPrompt"]),
            b"",
        );
        let said = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = said.lines().collect();
        for (line, says) in lines.iter().zip([
            "payload        Notification/permission_prompt, ",
            "hook           answered {\"continue\": true} in ",
            "decision       sound \"attention\" at volume 0.5, window 5s of Notification",
            "player         running as process ",
            "sound          played attention to its end on null in ",
        ]) {
            assert!(line.starts_with(says), "no {says:?} in:\n{said}");
        }
        assert_eq!((lines.len(), output.status.code()), (5, Some(0)));
    });
}

/// A sound is played all the same: the test runs the hook itself.
#[test]
fn an_event_that_no_agent_would_fire_is_told_first() {
    let sandbox = Sandbox::new();
    let first = |event: &str| {
        let (answer, code) = test(&sandbox, &[event]);
        assert_eq!((code, &answer["agents"]), (0, &json!([])), "{answer}");
        let step = answer["steps"][0].clone();
        assert_eq!(
            (&step["step"], &step["state"]),
            (&json!("agent"), &json!("warning"))
        );
        [step["what"].clone(), step["hint"].clone()]
    };
    let none = "no agent would fire Stop: no hook is registered for it";
    assert_eq!(first("Stop"), [none, "herald install"]);
    assert!(run(sandbox.herald(&["install"]), b"").status.success());
    let file = sandbox.path("home/.claude/settings.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let off = text.replacen('{', "{\n  \"disableAllHooks\": true,", 1);
    std::fs::write(&file, off).unwrap();
    let [what, hint] = first("Stop");
    let switched_off = "disableAllHooks is true, so Claude Code runs no hook";
    assert!(what.as_str().unwrap().ends_with(switched_off), "{what}");
    let remove = format!("remove disableAllHooks from {}", file.display());
    assert_eq!(hint, remove);
    std::fs::write(&file, text).unwrap();
    let (answer, code) = test(&sandbox, &["SessionStart"]);
    assert_eq!(code, 1);
    assert_eq!(answer["steps"][0]["hint"], "herald events on SessionStart");
    for (event, what, hint) in [
        (
            "Stop@codex",
            "Codex would not fire Stop: no hook is registered for it",
            json!("herald install --agent codex"),
        ),
        (
            "SessionStart@codex",
            "Codex would not fire SessionStart: no hook is registered for it",
            json!("herald events on SessionStart@codex"),
        ),
        (
            "Notification@codex",
            "Codex has no event for Notification",
            json!(null),
        ),
    ] {
        let (answer, _) = test(&sandbox, &[event]);
        let step = &answer["steps"][0];
        assert_eq!((&step["what"], &step["hint"]), (&json!(what), &hint));
    }
    let (answer, _) = test(&sandbox, &["Stop@claude"]);
    assert_eq!(answer["agents"], json!(["Claude Code"]));
}

/// Of the keys that apply, the finest that says so decides.
#[test]
fn the_setting_that_switches_a_finer_key_off_is_named() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {
        "PreToolUse/Bash": {"enabled": false},
        "PreToolUse/Bash:git commit*": {"volume": 0.5},
        "Stop": {"enabled": true},
        "Stop@codex": {"enabled": false},
    }}));
    for event in ["PreToolUse/Bash:git commit -a", "Stop@codex"] {
        let place = "/project/.claude/herald.json:1";
        stops(&sandbox, event, "decision", "the event is off", place);
    }
}

#[test]
fn a_sound_in_place_of_another_is_told_with_the_reason() {
    in_real_time(|| {
        let config = json!({"sound_files": {"mappings": {"Stop": "none.wav"}}});
        let sandbox = Sandbox::new().with_config(&config);
        let sounds = sandbox.path("project/.claude/sounds");
        std::fs::create_dir_all(&sounds).unwrap();
        std::fs::write(sounds.join("none.wav"), "").unwrap();
        let (answer, code) = test(&sandbox, &[]);
        assert_eq!((code, &answer["heard"]), (0, &json!(true)), "{answer}");
        let (_, sound) = steps(&answer);
        let what = sound["what"].as_str().unwrap();
        assert!(
            what.starts_with("played finished to its end on null in ")
                && what.contains(", as a substitute: cannot play ")
                && what.ends_with("none.wav: not a sound: the file is empty"),
            "{what}"
        );
    });
}

#[test]
fn what_is_tested_is_really_made() {
    in_real_time(|| {
        let noise = noise(50);
        let sandbox = Sandbox::new().with_stop(&noise);
        let rendered = sandbox.path("rendered.wav");
        let output = format!("wav:{}", rendered.display());
        let sandbox = sandbox
            .with("HERALD_OUTPUT", &output)
            .with("HERALD_LOG", "off");
        let (answer, code) = test(&sandbox, &["Stop"]);
        assert_eq!(code, 0, "{answer}");
        assert_eq!(answer["output"], output.as_str());
        wait_until("the sound is in the file", || {
            let samples = samples(&rendered);
            let mut windows = samples.windows(noise.len()).step_by(2);
            windows.any(|window| window == noise).then_some(())
        });
    });
}

#[test]
fn neither_a_test_nor_an_event_suppresses_the_other() {
    in_real_time(|| {
        let hour = json!({"audio_settings": {"throttle_seconds": {
            "Stop": 3_600, "Notification": 3_600, "PermissionRequest": 3_600,
        }}});
        let sandbox = Sandbox::new().with_config(&hour);
        for _ in 0..2 {
            assert_eq!(test(&sandbox, &["Stop"]).1, 0);
        }
        assert!(is_admitted(&sandbox, &payload("Stop")));
        assert!(!is_admitted(&sandbox, &payload("Stop")));
        assert_eq!(test(&sandbox, &["Stop"]).1, 0);
        assert!(
            !is_admitted(&sandbox, &payload("Stop")),
            "its key is as it was"
        );

        let prompt = "Notification/permission_prompt";
        assert_eq!(test(&sandbox, &[prompt]).1, 0);
        let request = br#"{"hook_event_name": "PermissionRequest", "tool_name": "Bash"}"#;
        assert!(
            is_admitted(&sandbox, request),
            "a prompt shares the gate of its own session"
        );
        assert_eq!(test(&sandbox, &[prompt]).1, 0, "of another session");
    });
}

#[test]
fn finer_keys_are_tested_as_agents_tell_of_them() {
    in_real_time(|| {
        let config = json!({"events": {"PreToolUse/Bash": {"sound": "builtin:failed"}, "deploy": {"sound": "builtin:started"}}});
        let sandbox = Sandbox::new().with_config(&config);
        let (answer, code) = test(&sandbox, &["pre_tool_use/bash"]);
        assert_eq!((code, &answer["payload"]["tool_name"]), (0, &json!("bash")));
        assert_eq!(
            (&answer["key"], &answer["sound"]),
            (&json!("PreToolUse/Bash"), &json!("builtin:failed"))
        );
        stops(
            &sandbox,
            "PreToolUse/Edit",
            "decision",
            "off by default",
            "PreToolUse/Edit",
        );
        let (answer, code) = test(&sandbox, &["deploy"]);
        assert_eq!((code, &answer["sound"]), (0, &json!("builtin:started")));
    });
}

#[test]
fn the_line_that_switches_an_event_on_does() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let (answer, code) = test(&sandbox, &["SessionEnd/logout"]);
        let (_, last) = steps(&answer);
        let hint = last["hint"].as_str().unwrap();
        let (line, file) = hint.split_once(" to ").unwrap();
        assert_eq!(
            (code, file),
            (
                1,
                &*format!(
                    "{}",
                    sandbox.path("home/.config/herald/config.json").display()
                )
            )
        );
        let sandbox =
            sandbox.with_config(&serde_json::from_str(line.trim_start_matches("add ")).unwrap());
        assert_eq!(test(&sandbox, &["SessionEnd/logout"]).1, 0);

        let sandbox = sandbox.with_config(&json!({"events": {"Stop": {"enabled": false}}}));
        stops(
            &sandbox,
            "Stop",
            "decision",
            "the event is off",
            "/project/.claude/herald.json:1",
        );
    });
}

#[test]
fn obstacles_to_a_sound_are_reported_with_their_hints() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        for (args, what, hint) in [
            (&["mute"][..], "muted", "herald unmute"),
            (
                &["volume", "0"],
                "master volume 0 (silent)",
                "herald volume --reset",
            ),
            (&["snooze", "1h"], "snoozed (", "herald unmute"),
        ] {
            assert!(run(sandbox.herald(args), b"").status.success());
            stops(&sandbox, "Stop", "decision", what, hint);
            run(sandbox.herald(&["unmute"]), b"");
            run(sandbox.herald(&["volume", "--reset"]), b"");
        }
        assert!(sandbox.record().is_empty(), "no player was asked");

        let sandbox = sandbox.with("CLAUDE_CODE_ENTRYPOINT", "sdk-cli");
        stops(
            &sandbox,
            "Stop",
            "decision",
            "without a terminal",
            "mute_headless",
        );
        let whole_day = json!({"from": "00:00", "to": "00:00"});
        for (config, event, what, hint) in [
            (
                json!({"rules": {"quiet_hours": [whole_day]}}),
                "Stop",
                "quiet hours",
                "rules.quiet_hours",
            ),
            (
                json!({"audio_settings": {"volume": 0}}),
                "Stop",
                "its volume is 0",
                "audio_settings.volume",
            ),
            (
                json!({"rules": {"skip_subagents": true}, "events": {"SubagentStop": {"enabled": true}}}),
                "SubagentStop",
                "a subagent sent it",
                "skip_subagents",
            ),
            (
                json!({"packs": {"active": "none here", "muted": ["task.complete"]}}),
                "Stop",
                "its category task.complete is muted",
                "packs.muted",
            ),
        ] {
            let sandbox = Sandbox::new().with_config(&config);
            stops(&sandbox, event, "decision", what, hint);
        }
    });
}

#[test]
fn a_sound_that_is_not_made_is_told_of() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let nowhere = format!("wav:{}", sandbox.path("nowhere/out.wav").display());
        let sandbox = sandbox.with("HERALD_OUTPUT", nowhere);
        stops(&sandbox, "Stop", "sound", "nowhere/out.wav", "");

        let sandbox = Sandbox::new();
        let dir = herald_alone();
        let alone = || {
            let mut test = sandbox.command(dir.path().join("herald"));
            test.args(["test", "--json"]);
            answer_of(test)
        };
        for says in [
            "cannot start the player",
            "has exited without a line in the log",
        ] {
            let (answer, code) = alone();
            let (names, last) = steps(&answer);
            assert_eq!(
                (code, names),
                (1, vec!["agent", "payload", "hook", "decision", "player"])
            );
            assert!(last["what"].as_str().unwrap().contains(says), "{last}");
            let player = dir.path().join("herald-player");
            let _ = symlink("/bin/false", player);
        }
    });
}

#[test]
fn an_unknown_event_is_refused() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        for (event, says) in [
            ("Notifcation", "hint: did you mean Notification?"),
            (
                "Notification/idle_promt",
                "hint: did you mean Notification/idle_prompt?",
            ),
            ("Stop/it", "hint: herald test Stop"),
        ] {
            let output = run(sandbox.herald(&["test", event]), b"");
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
            assert!(
                error.starts_with("error: ") && error.contains(says),
                "{error}"
            );
        }
    });
}

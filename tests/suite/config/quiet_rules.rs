//! Rules that silence hooks, and random sounds, with real hooks.

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, payload, run, wait_until};

/// The original's line about a Stop, with `vars` in the environment.
fn stop(sandbox: &Sandbox, vars: &[(&str, &str)]) -> String {
    stop_with(sandbox, vars, &payload("Stop"))
}

fn stop_with(sandbox: &Sandbox, vars: &[(&str, &str)], payload: &[u8]) -> String {
    let mut command: Command = sandbox.herald(&["--hook", "Stop"]);
    command.envs(vars.iter().copied());
    let output = run(command, payload);
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn throttle_has_marks(sandbox: &Sandbox) -> bool {
    let list = run(sandbox.herald(&["throttle", "list", "--json"]), b"");
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    list["keys"] != json!([])
}

#[test]
fn an_agent_without_a_terminal_is_not_heard_unless_it_shall_be() {
    let sandbox = Sandbox::new();
    for var in [
        ("CLAUDE_CODE_ENTRYPOINT", "sdk-cli"),
        ("CLAUDE_CODE_HEADLESS", "true"),
    ] {
        let line = stop(&sandbox, &[var]);
        assert!(
            line.contains("played=False") && line.contains("notes=headless"),
            "{line}"
        );
    }
    assert!(!throttle_has_marks(&sandbox));
    let line = stop(&sandbox, &[("CLAUDE_CODE_ENTRYPOINT", "cli")]);
    assert!(line.contains("played=True"), "{line}");

    let loud = Sandbox::new().with_config(&json!({"rules": {"mute_headless": false}}));
    let line = stop(&loud, &[("CLAUDE_CODE_ENTRYPOINT", "sdk-cli")]);
    assert!(line.contains("played=True"), "{line}");
}

/// Quiet hours that fall back to UTC are reported with their place.
#[test]
fn quiet_hours_in_an_unknown_time_zone_are_told() {
    let sandbox = Sandbox::new().with_config(&json!({
        "rules": {"quiet_hours": [{"from": "22:00", "to": "07:00"}]},
    }));
    let file = sandbox.path("project/.claude/herald.json");
    for (zone, is_unknown) in [
        ("Nowhere/Land", true),
        ("XYZ-2", false),
        ("UTC", false),
        ("", false),
    ] {
        for command in [&["config", "check"][..], &["doctor", "--no-sound"]] {
            let mut herald = sandbox.herald(command);
            herald.env("TZ", zone);
            let said = String::from_utf8(run(herald, b"").stdout).unwrap();
            let told = format!(
                "{}:1:25: rules.quiet_hours: quiet hours use UTC: unknown time zone TZ={zone}",
                file.display()
            );
            assert_eq!(
                said.contains(&told),
                is_unknown,
                "{zone} {command:?}: {said}"
            );
        }
    }
}

/// In time zones 12 hours apart, exactly one is quiet.
#[test]
fn quiet_hours_go_by_the_clock_on_the_wall() {
    let hours = json!([{"from": "00:00", "to": "12:00"}]);
    let sandbox = Sandbox::new().with_config(&json!({
        "rules": {"quiet_hours": hours},
        "audio_settings": {"throttle_seconds": {"Stop": 0}},
    }));
    let heard = ["UTC0", "UTC-12"].map(|zone| {
        let payload = format!(r#"{{"hook_event_name":"Stop","zone":"{zone}"}}"#);
        let line = stop_with(&sandbox, &[("TZ", zone)], payload.as_bytes());
        let heard = line.contains("played=True");
        assert!(heard || line.contains("notes=quiet hours"), "{line}");
        heard
    });
    assert_ne!(heard[0], heard[1]);
}

#[test]
fn stop_is_heard_while_tasks_run_unless_it_shall_not_be() {
    let tasks = payload("Stop-background");
    let line = stop_with(&Sandbox::new(), &[], &tasks);
    assert!(line.contains("played=True"), "{line}");
    let rules = json!({"rules": {"skip_stop_while_tasks_run": true}});
    let line = stop_with(&Sandbox::new().with_config(&rules), &[], &tasks);
    assert!(
        line.contains("notes=background tasks are running"),
        "{line}"
    );
}

#[test]
fn stop_is_not_heard_while_subagents_run_but_the_last_one_is() {
    let stop_with_task = |sandbox: &Sandbox, status: &str| {
        let tasks = json!([
            {"type": "shell", "status": "running"}, {"type": "subagent", "status": status},
        ]);
        let payload = json!({"hook_event_name": "Stop", "background_tasks": tasks});
        stop_with(sandbox, &[], payload.to_string().as_bytes())
    };
    let sandbox = Sandbox::new();
    let line = stop_with_task(&sandbox, "running");
    assert!(line.contains("notes=subagents are running"), "{line}");
    let status = run(sandbox.herald(&["status"]), b"").stdout;
    let status = String::from_utf8(status).unwrap();
    let rule = "rule    rules.skip_stop_while_subagents_run true: last kept quiet";
    assert!(status.contains(rule), "{status}");
    let line = stop_with_task(&sandbox, "completed");
    assert!(line.contains("played=True"), "{line}");

    let off = json!({"rules": {"skip_stop_while_subagents_run": false}});
    let line = stop_with_task(&Sandbox::new().with_config(&off), "running");
    assert!(line.contains("played=True"), "{line}");

    // The original Herald did not look.
    let original = Sandbox::new();
    let dir = original.path("project/.claude/hooks/utils");
    fs::create_dir_all(&dir).unwrap();
    let mappings = json!({"sound_files": {"mappings": {"Stop": "builtin:finished"}}});
    fs::write(dir.join("audio_config.json"), mappings.to_string()).unwrap();
    let line = stop_with_task(&original, "running");
    assert!(line.contains("played=True"), "{line}");
}

/// A hook registered twice runs twice, with the same bytes.
#[test]
fn the_same_payload_twice_within_a_second_sounds_once() {
    let sandbox = Sandbox::new().with_config(&json!({
        "audio_settings": {"throttle_seconds": {"Stop": 0}},
    }));
    let second = wait_until("both came within a second", || {
        let started = Instant::now();
        let [first, second] = [(); 2].map(|()| stop(&sandbox, &[]));
        let soon = started.elapsed() < Duration::from_secs(1);
        (soon && first.contains("played=True")).then_some(second)
    });
    assert!(second.contains("Throttled (<= 1s)"), "{second}");
    let other = stop_with(&sandbox, &[], br#"{"hook_event_name":"Stop","other":1}"#);
    assert!(other.contains("played=True"), "{other}");
}

#[test]
fn each_event_has_its_own_volume_and_a_finer_key_its_own_sound() {
    let sandbox = Sandbox::new().with_config(&json!({
        "audio_settings": {"volume": 0.8},
        "events": {
            "Stop": {"volume": 0.5},
            "PreToolUse/Bash": {"sound": "builtin:failed", "volume": 0.25},
        },
    }));
    run(sandbox.herald(&["hook"]), &payload("Stop"));
    run(sandbox.herald(&["hook"]), &payload("PreToolUse-Bash"));
    run(sandbox.herald(&["hook"]), &payload("PreToolUse-Write"));
    let record = sandbox.wait_for_record(2);
    let mut heard: Vec<_> = record
        .iter()
        .map(|line| {
            let volume = (line["volume"].as_f64().unwrap() * 100.0).round();
            (
                line["event"].as_str().unwrap(),
                line["sound"].as_str().unwrap(),
                volume,
            )
        })
        .collect();
    heard.sort_by_key(|(event, ..)| *event);
    assert_eq!(
        heard,
        [
            ("PreToolUse/Bash", "builtin:failed", 20.0),
            ("Stop", "builtin:finished", 40.0)
        ]
    );
}

/// Each hook is a separate process: the last pick is in the state file.
#[test]
fn of_several_sounds_none_is_heard_twice_in_a_row() {
    const HOOKS: usize = 40;
    let sandbox = Sandbox::new().with_config(&json!({
        "sound_files": {"mappings": {"Stop": ["builtin:failed", "builtin:started", "builtin:attention"]}},
        "audio_settings": {"throttle_seconds": {"Stop": 0}},
    }));
    let mut heard = Vec::new();
    for number in 0..HOOKS {
        let payload = format!(r#"{{"hook_event_name":"Stop","number":{number}}}"#);
        run(sandbox.herald(&["hook"]), payload.as_bytes());
        let record = sandbox.wait_for_record(number + 1);
        heard.push(record[number]["sound"].as_str().unwrap().to_owned());
    }
    assert!(heard.windows(2).all(|two| two[0] != two[1]), "{heard:?}");
    let mut counts = HashMap::new();
    heard
        .iter()
        .for_each(|sound| *counts.entry(sound).or_insert(0) += 1);
    assert_eq!(counts.len(), 3, "{counts:?}");
}

/// A repository's config is untrusted.
mod hostile {
    use super::*;
    use std::path::{Path, PathBuf};

    /// The files below `dir`, with their lengths.
    fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let metadata = entry.metadata().unwrap();
            match metadata.is_dir() {
                true => found.extend(files(&entry.path())),
                false => found.push((entry.path(), metadata.len())),
            }
        }
        found.sort();
        found
    }

    #[test]
    fn it_runs_nothing_and_writes_nowhere() {
        let sandbox = Sandbox::new();
        let marker = sandbox.path("marker");
        let touch = format!("touch {}", marker.display());
        let wav = format!("wav:{}", sandbox.path("out.wav").display());
        let env = json!({
            "AUDIO_PLAYER_CMD": "touch", "AUDIO_PLAYER_ARGS": marker, "HERALD_OUTPUT": wav,
            "HERALD_STATE_DIR": sandbox.path("elsewhere"),
        });
        let settings = json!({
            "player": touch, "player_cmd": touch, "command": touch, "output": wav, "log": marker,
            "state_dir": sandbox.path("elsewhere"), "volume": 1,
        });
        let hostile = json!({
            "env": env, "audio_settings": settings, "hooks": {"Stop": touch}, "player": touch,
            "output": wav, "sound_files": {"mappings": {"Stop": format!("$({touch})")}},
        });
        let sandbox = sandbox.with_config(&hostile);
        let places = [sandbox.path("project"), sandbox.path("home")];
        let before = places.each_ref().map(|place| files(place));
        let line = stop(&sandbox, &[]);
        assert!(
            line.contains("played=True"),
            "the event is heard all the same: {line}"
        );
        assert!(
            line.contains("audio_settings.player_cmd: unknown key"),
            "{line}"
        );
        let record = sandbox.wait_for_record(1);
        assert_eq!(
            record[0]["output"], "null",
            "as the user's environment says"
        );
        assert_eq!(record[0]["sound"], "builtin:finished");
        assert_eq!(places.each_ref().map(|place| files(place)), before);
        for name in ["marker", "out.wav", "elsewhere"] {
            assert!(!sandbox.path(name).exists(), "{name}");
        }
    }

    #[test]
    fn it_reads_nothing_outside_of_the_project() {
        let sandbox = Sandbox::new();
        let secret = sandbox.path("home/secret.wav");
        fs::write(&secret, crate::support::sandbox::wav(&[1, 1])).unwrap();
        let sounds = sandbox.path("project/.claude/sounds");
        fs::create_dir_all(&sounds).unwrap();
        std::os::unix::fs::symlink(&secret, sounds.join("link.wav")).unwrap();
        std::os::unix::fs::symlink(sandbox.path("home"), sounds.join("dir")).unwrap();
        for (base_path, file) in [
            (None, "../../../home/secret.wav"),
            (None, secret.to_str().unwrap()),
            (None, "link.wav"),
            (None, "dir/secret.wav"),
            (Some("../home"), "secret.wav"),
            (Some(sandbox.path("home").to_str().unwrap()), "secret.wav"),
        ] {
            let mut config = json!({"sound_files": {"mappings": {"Stop": file}}});
            if let Some(base_path) = base_path {
                config["sound_files"]["base_path"] = json!(base_path);
            }
            fs::write(
                sandbox.path("project/.claude/herald.json"),
                config.to_string(),
            )
            .unwrap();
            run(sandbox.herald(&["throttle", "reset", "--all"]), b"");
            let before = sandbox.record().len();
            let line = stop(&sandbox, &[]);
            assert!(line.contains("played=True"), "{line}");
            let record = sandbox.wait_for_record(before + 1);
            assert_eq!(
                record[before]["sound"], "builtin:finished",
                "{base_path:?} {file}"
            );
        }
    }

    #[test]
    fn memory_is_bounded() {
        let sandbox = Sandbox::new();
        let file = sandbox.path("project/.claude/herald.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let many: String = (0..11_000)
            .map(|n| format!("\"Event{n}\":[{n}],"))
            .collect();
        let hostile = [
            format!("{{\"sound_files\":{{\"mappings\":{{{many}\"z\":1}}}}}}"),
            "[".repeat(250_000),
            format!(
                "{{\"events\":{}1{}}}",
                "{\"a\":".repeat(40_000),
                "}".repeat(40_000)
            ),
        ];
        for text in &hostile {
            fs::write(&file, text).unwrap();
            limited(&sandbox);
        }
        fs::File::create(&file).unwrap().set_len(100 << 20).unwrap();
        limited(&sandbox);
        fs::remove_file(&file).unwrap();
        crate::support::sandbox::make_fifo(&file);
        limited(&sandbox);
    }

    /// A hook limited to 64 MiB of address space replies and sounds.
    fn limited(sandbox: &Sandbox) {
        let herald = sandbox.herald(&["--hook", "Stop"]);
        let mut command = sandbox.command("sh");
        command
            .args(["-c", "ulimit -v 65536; exec \"$0\" --hook Stop"])
            .arg(herald.get_program());
        let output = run(command, b"{\"hook_event_name\":\"Stop\"}");
        let line = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.stdout,
            crate::support::sandbox::REPLY.as_bytes(),
            "{line}"
        );
        let heard = line.contains("played=True") || line.contains("throttled=True");
        assert!(heard, "{line}");
    }
}

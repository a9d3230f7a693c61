//! Sounds that are repeated until something happens in their session: through real hooks and players.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use herald_audio::internals::player::protocol::{Message, Reminder, Request};
use herald_audio::internals::sound::{Chime, Sound};
use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, run, wait_until};

/// A sandbox whose user has `events` in the config. The player would be idle after a second.
fn sandbox(events: &Value) -> Sandbox {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    let config = json!({"events": events, "audio_settings": {"player_idle_exit": 1}});
    fs::write(dir.join("config.json"), config.to_string()).unwrap();
    sandbox
}

/// A sandbox in which a Stop of a session is repeated after `times`.
fn repeating(times: &Value) -> Sandbox {
    sandbox(&json!({
        "Stop": {"remind": times, "scope": "session"},
        "PermissionRequest": {"remind": times},
    }))
}

fn hook(sandbox: &Sandbox, payload: &Value) {
    let output = run(sandbox.herald(&["hook"]), payload.to_string().as_bytes());
    assert!(output.status.success());
}

fn event(name: &str, session: &str) -> Value {
    json!({"hook_event_name": name, "session_id": session})
}

fn said(sandbox: &Sandbox, args: &[&str]) -> String {
    String::from_utf8(run(sandbox.herald(args), b"").stdout).unwrap()
}

/// How many sounds are still to be repeated.
fn waiting(sandbox: &Sandbox) -> u64 {
    let status: Value =
        serde_json::from_str(&said(sandbox, &["player", "status", "--json"])).unwrap();
    status["reminders"].as_u64().unwrap_or_default()
}

/// Waits until the player knows of `number` sounds that are to be repeated.
fn wait_for(sandbox: &Sandbox, number: u64) {
    wait_until(&format!("{number} reminders wait"), || {
        (waiting(sandbox) == number).then_some(())
    });
}

#[test]
fn a_sound_is_repeated_until_the_user_reacts() {
    let sandbox = repeating(&json!(["3s", "1h"]));
    hook(&sandbox, &event("Stop", "s"));
    let record = sandbox.wait_for_record(2);
    assert_eq!(record[0]["sound"], record[1]["sound"]);
    let log = said(&sandbox, &["log"]);
    assert!(
        log.contains("reminded") && log.contains("s after it"),
        "{log}"
    );
    let status: Value = serde_json::from_str(&said(&sandbox, &["status", "--json"])).unwrap();
    let rules = status["rules"].as_array().unwrap();
    let rule = rules
        .iter()
        .find(|rule| rule["key"] == "events.Stop.remind");
    let rule = rule.unwrap();
    assert_eq!(rule["value"], "3s, 1h");
    assert!(rule["lastEffect"].is_u64(), "{rule}");
    assert_eq!(waiting(&sandbox), 1);
    hook(&sandbox, &event("UserPromptSubmit", "another"));
    assert_eq!(waiting(&sandbox), 1);
    hook(&sandbox, &event("UserPromptSubmit", "s"));
    assert_eq!(waiting(&sandbox), 0);
}

#[test]
fn what_happens_in_the_session_ends_it_and_what_repeats_the_question_does_not() {
    let sandbox = repeating(&json!("1h"));
    for (later, ends_it) in [
        (event("PostToolUse", "1"), true),
        (event("SessionEnd", "2"), true),
        (event("AnEventOfTomorrow", "3"), true),
        (event("Stop", "4"), false),
        (event("Notification", "5"), false),
        (event("PermissionRequest", "6"), true),
    ] {
        let session = later["session_id"].as_str().unwrap();
        hook(&sandbox, &event("Stop", session));
        wait_for(&sandbox, 1);
        hook(&sandbox, &later);
        if later["hook_event_name"] == "PermissionRequest" {
            // It is repeated itself.
            wait_until("the Stop is not repeated", || {
                let kept = fs::read_dir(sandbox.state_dir()).unwrap().flatten();
                let mut kept = kept.map(|entry| entry.path());
                let kept = kept.find(|path| path.extension().is_some_and(|end| end == "reminders"));
                let text = fs::read_to_string(kept?).ok()?;
                let is_last = text.lines().count() == 1 && text.contains("PermissionRequest");
                is_last.then_some(())
            });
            wait_for(&sandbox, 1);
        } else {
            assert_eq!(waiting(&sandbox), u64::from(!ends_it), "{later}");
        }
        hook(&sandbox, &event("SessionEnd", session));
    }
    hook(&sandbox, &event("Stop", "7"));
    wait_for(&sandbox, 1);
    said(&sandbox, &["volume", "40"]);
    assert_eq!(waiting(&sandbox), 0, "a control");
}

#[test]
fn a_subagent_has_reminders_of_its_own() {
    let sandbox = repeating(&json!("1h"));
    let inside = |name: &str, agent: &str| json!({"hook_event_name": name, "session_id": "s", "agent_id": agent});
    hook(&sandbox, &inside("PermissionRequest", "a"));
    wait_for(&sandbox, 1);
    hook(&sandbox, &inside("PostToolUse", "b"));
    assert_eq!(waiting(&sandbox), 1);
    hook(&sandbox, &inside("PostToolUse", "a"));
    assert_eq!(waiting(&sandbox), 0);
    let sandbox = repeating(&json!("1h"));
    hook(&sandbox, &inside("PermissionRequest", "a"));
    wait_for(&sandbox, 1);
    hook(&sandbox, &event("SessionEnd", "s"));
    assert_eq!(waiting(&sandbox), 0);
}

/// An agent that was killed says nothing. Here it is a script that kills itself, or waits, after its hook.
#[cfg(target_os = "linux")]
#[test]
fn of_an_agent_that_was_killed_nothing_is_repeated() {
    use std::os::unix::fs::PermissionsExt;
    in_real_time(|| {
        let sandbox = repeating(&json!("5s"));
        let agent = |session: &str, end: &str| {
            let dir = sandbox.path(session);
            fs::create_dir(&dir).unwrap();
            let payload = event("Stop", session);
            // A shell between the agent and its hook is gone, too.
            let herald = env!("CARGO_BIN_EXE_herald");
            let hook = format!("echo '{payload}' | sh -c '{herald} hook; true'");
            fs::write(dir.join("claude"), format!("#!/bin/sh\n{hook}\n{end}\n")).unwrap();
            let mode = fs::Permissions::from_mode(0o700);
            fs::set_permissions(dir.join("claude"), mode).unwrap();
            let mut agent = sandbox.command(dir.join("claude"));
            agent
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let mut alive = agent("alive", "read -r line");
        let mut killed = agent("killed", "kill -9 $$");
        wait_until("each session is as it should be", || {
            let log = said(&sandbox, &["log", "--json"]);
            let lines = log
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let mut seen: Vec<_> = lines
                .filter(|line| line["status"] == "reminded" || line["status"] == "skipped")
                .map(|line| format!("{} {} {}", line["session"], line["status"], line["reason"]))
                .collect();
            seen.sort();
            (seen.len() == 2).then(|| {
                assert!(seen[0].starts_with("\"alive\" \"reminded\""), "{seen:?}");
                let skipped = "\"killed\" \"skipped\" \"its agent has ended\"";
                assert_eq!(seen[1], skipped);
            })
        });
        drop(alive.stdin.take());
        alive.wait().unwrap();
        killed.wait().unwrap();
        let record = sandbox.wait_for_record(4);
        let played = record.iter().filter(|line| line["status"] == "played");
        assert_eq!(played.count(), 3, "{record:?}");
        assert_eq!(waiting(&sandbox), 0);
    });
}

#[test]
fn the_next_player_knows_of_it() {
    let sandbox = repeating(&json!("5s"));
    hook(&sandbox, &event("Stop", "s"));
    sandbox.wait_for_record(1);
    said(&sandbox, &["player", "stop"]);
    assert_eq!(sandbox.play("started"), Ok(()));
    let record = sandbox.wait_for_record(3);
    let stops = record.iter().filter(|line| line["event"] == "Stop");
    assert_eq!(stops.count(), 2, "{record:?}");
    assert_eq!(waiting(&sandbox), 0);
}

#[test]
fn a_limit_reminds_when_it_ends() {
    let sandbox =
        sandbox(&json!({"StopFailure/rate_limit": {"remind": "reset", "scope": "session"}}));
    let failure = |session: &str, message: &str| {
        json!({
            "hook_event_name": "StopFailure",
            "session_id": session,
            "error": "rate_limit",
            "last_assistant_message": message,
        })
    };
    hook(&sandbox, &failure("silent", "You've hit your limit"));
    hook(
        &sandbox,
        &failure("tomorrow", "You've hit your limit · resets 0:00 (UTC)"),
    );
    wait_for(&sandbox, 1);
    hook(&sandbox, &event("SessionEnd", "tomorrow"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let soon = format!("usage limit reached|{}", now.as_secs() + 3);
    hook(&sandbox, &failure("soon", &soon));
    sandbox.wait_for_record(4);
    assert_eq!(waiting(&sandbox), 0);
}

#[test]
fn a_reminder_runs_the_command_again() {
    in_real_time(|| {
        let sandbox = sandbox(&json!({"Stop": {
            "remind": "3s", "volume": 0, "run": ["sh", "-c", "echo $HERALD_EVENT"],
        }}));
        hook(&sandbox, &event("Stop", "s"));
        wait_until("it ran twice", || {
            let log = said(&sandbox, &["log", "--json"]);
            (log.matches(r#""status":"ran""#).count() == 2).then_some(())
        });
    });
}

#[test]
fn a_message_without_a_mark_reminds_of_nothing() {
    let sandbox = repeating(&json!("1h"));
    hook(&sandbox, &event("Stop", "s"));
    wait_for(&sandbox, 1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = u64::try_from(now.as_millis()).unwrap() + 3_600_000;
    let mut request = Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 0.5);
    request.remind = Reminder::new(Reminder {
        key: "session/s".to_owned(),
        mark: (1, 2),
        ended_by: None,
        agent: None,
        at_ms: vec![at],
    });
    let message = Message::Play(request.into()).encode().unwrap();
    let socket = UnixDatagram::unbound().unwrap();
    for _ in 0..100 {
        // An inbox holds a few messages.
        wait_until("there is room", || {
            socket.send_to(message.as_bytes(), sandbox.inbox()).ok()
        });
    }
    wait_for(&sandbox, 1);
}

#[test]
fn mistakes_are_told_and_a_project_reminds_of_nothing() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {"Stop": {"remind": "1h"}}}));
    hook(&sandbox, &event("Stop", "s"));
    sandbox.wait_for_record(1);
    assert_eq!(waiting(&sandbox), 0);
    let only = "events.Stop.remind: only allowed in your own config";
    let check = said(&sandbox, &["config", "check"]);
    assert!(check.contains(only), "{check}");
    let file = sandbox.path("project/own.json");
    for (event, remind, message) in [
        (
            "Stop",
            json!(["5m", "1m"]),
            "expected up to 8 times from 1s to 24h, each later",
        ),
        (
            "Stop",
            json!(["500ms"]),
            "expected up to 8 times from 1s to 24h, each later",
        ),
        (
            "Stop",
            json!([]),
            "expected up to 8 times from 1s to 24h, each later",
        ),
        ("Stop", json!(["1m", 5]), "expected a time up to 24h"),
        (
            "Stop",
            json!("soon"),
            r#"expected times such as ["1m", "5m"], or "reset""#,
        ),
        (
            "Stop",
            json!(60),
            r#"expected times such as ["1m", "5m"], or "reset", found 60"#,
        ),
        (
            "Stop",
            json!("reset"),
            "no effect: only StopFailure can say when a limit ends",
        ),
    ] {
        let config = json!({"events": {event: {"remind": remind}}});
        fs::write(&file, config.to_string()).unwrap();
        let check = said(&sandbox, &["config", "check", file.to_str().unwrap()]);
        assert!(check.contains(message), "{remind}: {check}");
    }
}

#[test]
fn the_events_that_end_a_reminder_are_registered_and_missed() {
    let sandbox = Sandbox::new();
    said(&sandbox, &["install"]);
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    let config = json!({"events": {"PermissionRequest": {"remind": ["1m", "5m"]}}});
    fs::write(dir.join("config.json"), config.to_string()).unwrap();
    let missing = "not registered with Claude Code: PostToolUse, SessionEnd, UserPromptSubmit";
    let doctor = said(&sandbox, &["doctor", "--no-sound"]);
    assert!(doctor.contains(missing), "{doctor}");
    said(&sandbox, &["install"]);
    let doctor = said(&sandbox, &["doctor", "--no-sound"]);
    assert!(!doctor.contains(missing), "{doctor}");
}

//! Messages to the player, which a sandboxed program may send: data without authority.

#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod senders;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::player::protocol::{Message, Request};
use herald_audio::internals::sound::{Chime, Sound};
use herald_audio::internals::state_file::StateFile;
use herald_audio::internals::throttle::Table;
use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    REPLY, Running, Sandbox, endless, herald_alone, noise, payload, run, wait_until, wav,
    write_program,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn request(event: &str) -> Request {
    Request::new(event, vec![Sound::Chime(Chime::Finished)], 1.0)
}

fn encoded(request: Request) -> Value {
    let text = Message::Play(request.into()).encode().unwrap();
    serde_json::from_str(&text).unwrap()
}

fn send(inbox: &Path, message: &[u8]) {
    let socket = UnixDatagram::unbound().unwrap();
    socket.send_to(message, inbox).unwrap();
}

/// A request with all fields that players once obeyed.
fn greedy(sandbox: &Sandbox) -> Value {
    let script = sandbox.path("program");
    write_program(&script, &format!("touch {}", sandbox.path("ran").display()));
    let mut message = encoded(request("Stop"));
    let members = [
        (
            "output",
            json!({"command": {"program": script, "args": [], "timeout_ms": null}}),
        ),
        ("output", json!({"wav": sandbox.path("ran")})),
        (
            "server",
            json!({"address": "tcp:127.0.0.1:1", "cookie": sandbox.path("secret")}),
        ),
        ("config_files", json!([sandbox.path("secret")])),
        ("log", json!("off")),
    ];
    for (name, value) in members {
        message["message"]["play"][name] = value;
    }
    message
}

#[test]
fn a_message_says_what_sounds_and_neither_where_nor_what_runs() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        fs::write(sandbox.path("secret"), "{}").unwrap();
        assert_eq!(sandbox.play("started"), Ok(()));
        let mut message = greedy(&sandbox);
        send(&sandbox.inbox(), message.to_string().as_bytes());
        let line = &sandbox.wait_for_record(2)[1];
        assert_eq!(
            (&line["status"], &line["output"]),
            (&json!("played"), &json!("null")),
            "{line}"
        );
        // An answer goes to an inbox whose directory the player chooses.
        message["message"]["play"]["reply_to"] = json!(sandbox.path("secret"));
        send(&sandbox.inbox(), message.to_string().as_bytes());
        assert_eq!(sandbox.play("started"), Ok(()));
        assert!(!sandbox.path("ran").exists());
        let copies = fs::read_dir(sandbox.state_dir().join("config"));
        assert_eq!(copies.into_iter().flatten().count(), 0);
        let log = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap();
        assert_eq!(log.matches("\"refused\"").count(), 1, "{log}");
    });
}

#[test]
fn the_users_config_names_the_output_and_a_projects_may_not() {
    let sandbox = Sandbox::new().with("HERALD_OUTPUT", "");
    let rendered = sandbox.path("rendered.wav");
    let config = |output: &str| json!({"audio_settings": {"output": output}});
    let users = sandbox.path("home/.config/herald");
    fs::create_dir_all(&users).unwrap();
    let wav = format!("wav:{}", rendered.display());
    fs::write(users.join("config.json"), config(&wav).to_string()).unwrap();
    let sandbox = sandbox.with_config(&config("null"));
    assert_eq!(sandbox.play("started"), Ok(()));
    assert!(rendered.exists());
    let checked = run(sandbox.herald(&["config", "check"]), b"");
    let words = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        words.contains("audio_settings.output: only allowed in your own config"),
        "{words}"
    );
    let shown = run(sandbox.herald(&["config", "show"]), b"");
    let words = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(words.contains("rendered.wav"), "{words}");
    let sandbox = sandbox.with("HERALD_OUTPUT", "null");
    assert_eq!(sandbox.play("started"), Ok(()));
    assert_eq!(
        sandbox.wait_for_record(2)[1]["output"],
        "null",
        "the environment's word is above it"
    );
}

#[test]
fn inboxes_of_killed_clients_are_removed() {
    let (sandbox, _end) = endless();
    let mut waiting = Running::start(sandbox.herald(&["play", "Stop", "--wait"]));
    let replies = || {
        let names = fs::read_dir(sandbox.state_dir()).into_iter().flatten();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("reply.")).count()
    };
    wait_until("it sounds", || {
        let status = sandbox.player().status(HOUR).ok()??;
        (status.open == 1).then_some(())
    });
    waiting.child().kill().unwrap();
    waiting.wait();
    assert_eq!(replies(), 1);
    run(sandbox.herald(&["player", "status"]), b"");
    assert_eq!(replies(), 0);
}

#[test]
fn a_sound_that_cannot_be_played_is_replaced_by_the_next() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        fs::write(sandbox.path("project/.claude/sounds/stop.wav"), "no sound").unwrap();
        let hook = run(sandbox.herald(&["hook"]), &payload("Stop"));
        assert_eq!(String::from_utf8_lossy(&hook.stdout), REPLY);
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(
            (&line["status"], &line["sound"]),
            (&json!("played"), &json!("builtin:finished")),
            "{line}"
        );
        assert!(
            line["reason"].as_str().unwrap().contains("stop.wav"),
            "{line}"
        );
        // A user who requests it by name gets the error.
        assert!(sandbox.play("Stop").unwrap_err().contains("stop.wav"));
    });
}

#[test]
fn late_requests_are_dropped_except_the_latest_for_attention() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    let throttle = Table::new(StateFile::open(&sandbox.state_dir()), SystemClock);
    let late = |event: &str| {
        let mut request = request(event);
        request.asked.boot_ms -= 11_000;
        let herald_audio::Decision::Admit(mark) = throttle.admit(event, HOUR) else {
            panic!("it never fired");
        };
        request.admissions = vec![mark.to_parts()];
        request
    };
    // As after a stop: all of them are there when it reads.
    let pid = sandbox
        .player()
        .status(HOUR)
        .unwrap()
        .unwrap()
        .pid
        .to_string();
    let signal = |name: &str| {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &pid]);
        assert!(run(kill, b"").status.success());
    };
    signal("STOP");
    let events = [
        "Stop",
        "PermissionRequest",
        "SubagentStop",
        "Notification",
        "SessionEnd",
    ];
    for event in events {
        sandbox.player().send(late(event)).unwrap();
    }
    sandbox.player().send(request("fresh")).unwrap();
    signal("CONT");
    let record = sandbox.wait_for_record(events.len() + 2);
    let became = |event: &str| {
        let line = record.iter().find(|line| line["event"] == event).unwrap();
        (
            line["status"].as_str().unwrap().to_owned(),
            line["reason"].as_str().unwrap_or_default().to_owned(),
        )
    };
    for event in ["Stop", "PermissionRequest", "SubagentStop", "SessionEnd"] {
        let (status, reason) = became(event);
        assert_eq!(status, "failed", "{event}");
        assert!(reason.contains("requested 11 s ago"), "{reason}");
        assert_eq!(
            throttle.peek(event, HOUR),
            None,
            "{event}: its mark is taken back"
        );
    }
    for event in ["Notification", "fresh"] {
        assert_eq!(became(event).0, "played", "{event}");
    }
    assert!(throttle.peek("Notification", HOUR).is_some());
}

#[test]
fn a_sound_that_cannot_be_handed_over_is_logged_as_a_failure() {
    let sandbox = Sandbox::new();
    let dir = herald_alone();
    for args in [&["hook"][..], &["play", "Stop"]] {
        let mut herald = sandbox.command(dir.path().join("herald"));
        herald.args(args);
        run(herald, &payload("Stop"));
    }
    let log = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    // Slow steps have lines, too.
    let failed: Vec<_> = lines.filter(|line| line["event"] != "config").collect();
    assert_eq!(failed.len(), 2, "{log}");
    for line in failed {
        assert_eq!(line["status"], "failed", "{line}");
        assert!(
            line["reason"].as_str().unwrap().contains("herald-player"),
            "{line}"
        );
    }
}

#[test]
fn projects_do_not_silence_each_other() {
    in_real_time(|| {
        for overlap in ["drop", "queue", "replace"] {
            let sandbox = Sandbox::new();
            let [player, started, end] =
                ["player", "started", "end"].map(|name| sandbox.path(name));
            let script = format!(
                "echo >> {}; while [ -e \"$0\" ] && [ ! -e {} ]; do sleep 0.01; done",
                started.display(),
                end.display()
            );
            write_program(&player, &script);
            let users = sandbox.path("home/.config/herald");
            fs::create_dir_all(&users).unwrap();
            let config = json!({"audio_settings": {"overlap": overlap, "min_gap_ms": 60_000}});
            fs::write(users.join("config.json"), config.to_string()).unwrap();
            let mut sandbox = sandbox
                .with("HERALD_OUTPUT", "command")
                .with("AUDIO_PLAYER_TIMEOUT", "3600")
                .with("AUDIO_PLAYER_CMD", player);
            for count in 1..=3 {
                let project = sandbox.path(&format!("project-{count}"));
                fs::create_dir(&project).unwrap();
                sandbox = sandbox.with("CLAUDE_PROJECT_DIR", project);
                run(sandbox.herald(&["hook"]), &payload("Stop"));
                wait_until("it sounds, too", || {
                    assert_eq!(sandbox.record(), [Value::Null; 0], "{overlap}");
                    let sounds = fs::read_to_string(&started).unwrap_or_default().len();
                    (sounds == count).then_some(())
                });
            }
            fs::write(&end, "").unwrap();
            for line in sandbox.wait_for_record(3) {
                assert_eq!(line["status"], "played", "{overlap}: {line}");
            }
        }
    });
}

#[test]
fn a_projects_sound_ends_with_its_last_note_and_the_users_with_its_file() {
    in_real_time(|| {
        let tone = |silent_s: usize| [vec![8_000; 48_000], vec![0; silent_s * 96_000]].concat();
        // With more silence than a project's sound may last.
        let sandbox = Sandbox::new().with_stop(&tone(20));
        let users = sandbox.path("home/.config/herald");
        fs::create_dir_all(&users).unwrap();
        // It is the user's because the user's config names it, wherever it is.
        let file = sandbox.path("project/.claude/sounds/users.wav");
        fs::write(&file, wav(&tone(2))).unwrap();
        let config = json!({"sound_files": {"mappings": {"TeammateIdle": file}}});
        fs::write(users.join("config.json"), config.to_string()).unwrap();
        // In seconds. How soon after its last note a sound ends depends on the machine.
        for (event, heard_for) in [("Stop", 0.4..8.0), ("TeammateIdle", 2.4..f64::INFINITY)] {
            let rendered = sandbox.path(&format!("{event}.wav"));
            let mut hook = sandbox.herald(&["hook"]);
            hook.env("HERALD_OUTPUT", format!("wav:{}", rendered.display()));
            let before = sandbox.record().len();
            run(hook, &payload(event));
            let line = &sandbox.wait_for_record(before + 1)[before];
            assert_eq!(line["status"], "played", "{line}");
            let heard = fs::metadata(&rendered).unwrap().len() as f64 / 192_000.0;
            assert!(heard_for.contains(&heard), "{event}: {heard} s");
        }
    });
}

#[test]
fn a_projects_sound_that_a_link_leads_to_is_in_the_project() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        let project = sandbox.path("project");
        let inside = project.join(".claude/sounds/stop.wav");
        let outside = sandbox.path("outside.wav");
        fs::copy(&inside, &outside).unwrap();
        let link = |name: &str, to: &Path| {
            let link = project.join(name);
            std::os::unix::fs::symlink(to, &link).unwrap();
            link
        };
        assert_eq!(sandbox.play("started"), Ok(()));
        for (number, (file, is_played)) in [
            (inside.clone(), true),
            (link("within.wav", &inside), true),
            (link("out.wav", &outside), false),
        ]
        .into_iter()
        .enumerate()
        {
            let mut request = Request::new("Stop", vec![Sound::File(file)], 1.0);
            request.project = Some(project.to_str().unwrap().to_owned());
            sandbox.player().send(request).unwrap();
            let line = &sandbox.wait_for_record(number + 2)[number + 1];
            assert_eq!(line["status"] == "played", is_played, "{line}");
            let reason = line["reason"].as_str().unwrap_or_default();
            assert_eq!(reason.contains("a link leads out"), !is_played, "{line}");
        }
    });
}

//! Messages to the player: data that somebody in a sandbox may send, and no authority.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use herald_audio::clock::SystemClock;
use herald_audio::player::protocol::{Message, Request};
use herald_audio::sound::{Chime, Sound};
use herald_audio::state_file::StateFile;
use herald_audio::throttle::Throttle;
use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::support::process::{number, players};
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

/// A request that asks for whatever a player may do, the way it once could.
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
    // An answer goes to an inbox that the player names itself.
    message["message"]["play"]["reply_to"] = json!(sandbox.path("secret"));
    send(&sandbox.inbox(), message.to_string().as_bytes());
    assert_eq!(sandbox.play("started"), Ok(()));
    assert!(!sandbox.path("ran").exists());
    let copies = fs::read_dir(sandbox.state_dir().join("config"));
    assert_eq!(copies.into_iter().flatten().count(), 0);
    let log = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap();
    assert_eq!(log.matches("\"refused\"").count(), 1, "{log}");
}

/// Sends what the environment says: the part of the next test that is done inside.
#[test]
fn what_the_environment_says_is_sent() {
    let [inbox, message] = ["HERALD_TEST_INBOX", "HERALD_TEST_MESSAGE"].map(std::env::var_os);
    if let (Some(inbox), Some(message)) = (inbox, message) {
        send(Path::new(&inbox), message.as_encoded_bytes());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn from_inside_a_sandbox_nothing_runs_outside() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    // Namespaces of its own, and nothing in them can be written.
    let inside = |program: &Path, args: &[&str]| {
        let mut unshare = sandbox.command("unshare");
        unshare.args([
            "--map-root-user",
            "--mount",
            "--pid",
            "--net",
            "--fork",
            "sh",
            "-c",
        ]);
        unshare
            .arg("mount -o remount,bind,ro / && exec \"$@\"")
            .arg("sh");
        unshare
            .arg(program)
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        unshare
    };
    if !run(inside(Path::new("true"), &[]), b"").status.success() {
        test_support::not_tested("no namespaces here");
        return;
    }
    let own = std::env::current_exe().unwrap();
    let test = [
        "--exact",
        "player::message::what_the_environment_says_is_sent",
    ];
    let mut attack = inside(&own, &test);
    attack.env("HERALD_TEST_INBOX", sandbox.inbox());
    attack.env("HERALD_TEST_MESSAGE", greedy(&sandbox).to_string());
    assert!(run(attack, b"").status.success());
    let line = &sandbox.wait_for_record(2)[1];
    assert_eq!(
        (&line["status"], &line["output"]),
        (&json!("played"), &json!("null")),
        "{line}"
    );
    // Herald itself, told to run something: it finds no player that may, and can start none outside.
    let mut hook = inside(
        Path::new(env!("CARGO_BIN_EXE_herald")),
        &["play", "Stop", "--wait"],
    );
    hook.env("HERALD_OUTPUT", "command")
        .env("AUDIO_PLAYER_CMD", sandbox.path("program"));
    run(hook, b"");
    assert!(!sandbox.path("ran").exists(), "it ran");
}

#[cfg(target_os = "linux")]
#[test]
fn who_may_use_something_else_has_another_player_and_stop_reaches_all() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    let rendered = sandbox.path("rendered.wav");
    let sandbox = sandbox.with("HERALD_OUTPUT", format!("wav:{}", rendered.display()));
    assert_eq!(sandbox.play("started"), Ok(()));
    assert!(rendered.exists());
    assert_eq!(players(&sandbox).len(), 2);
    let ask = |args: &[&str]| run(sandbox.herald(args), b"");
    let status: Value =
        serde_json::from_slice(&ask(&["player", "status", "--json"]).stdout).unwrap();
    assert_eq!(status["requests"], 1, "{status}");
    assert_eq!(
        status["others"].as_array().map(Vec::len),
        Some(1),
        "{status}"
    );
    let told = ask(&["player", "stop"]);
    assert_eq!(String::from_utf8_lossy(&told.stdout), "2 players leave\n");
    wait_until("both have left, with what was theirs", || {
        let names = fs::read_dir(sandbox.state_dir()).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        (players(&sandbox).is_empty() && !names.any(|name| name.starts_with("player.")))
            .then_some(())
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
        words.contains("audio_settings.output: only your own config may say it"),
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
fn who_waited_for_an_answer_and_was_killed_leaves_nothing_for_long() {
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
    // Whoever asks for it by name is told.
    assert!(sandbox.play("Stop").unwrap_err().contains("stop.wav"));
}

#[test]
fn what_comes_late_is_dropped_but_for_the_latest_that_needs_somebody() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    let throttle = Throttle::new(StateFile::open(&sandbox.state_dir()), SystemClock);
    let late = |event: &str| {
        let mut request = request(event);
        request.asked.boot_ms -= 11_000;
        let herald_audio::Decision::Admit(mark) = throttle.admit(event, HOUR) else {
            panic!("it never fired");
        };
        request.admissions = vec![mark.to_parts()];
        request
    };
    // As after it was stopped: all of them are there when it looks.
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
        assert!(reason.contains("it was asked for 11 s ago"), "{reason}");
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
    // What was slow has lines, too.
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
    for overlap in ["drop", "queue", "replace"] {
        let sandbox = Sandbox::new();
        let [player, started, end] = ["player", "started", "end"].map(|name| sandbox.path(name));
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
}

#[test]
fn a_projects_sound_ends_with_its_last_note_and_the_users_with_its_file() {
    // Half a second of a tone, and two of silence.
    let tone = vec![8_000; 48_000];
    let sandbox = Sandbox::new().with_stop(&[tone, vec![0; 192_000]].concat());
    let users = sandbox.path("home/.config/herald");
    fs::create_dir_all(&users).unwrap();
    let file = sandbox.path("project/.claude/sounds/stop.wav");
    for (event, seconds) in [("Stop", 0.5), ("TeammateIdle", 2.5)] {
        if event == "TeammateIdle" {
            let config = json!({"sound_files": {"mappings": {"TeammateIdle": file}}});
            fs::write(users.join("config.json"), config.to_string()).unwrap();
        }
        let rendered = sandbox.path(&format!("{event}.wav"));
        let mut hook = sandbox.herald(&["hook"]);
        hook.env("HERALD_OUTPUT", format!("wav:{}", rendered.display()));
        let before = sandbox.record().len();
        run(hook, &payload(event));
        let line = &sandbox.wait_for_record(before + 1)[before];
        assert_eq!(line["status"], "played", "{line}");
        let heard = fs::metadata(&rendered).unwrap().len() as f64 / 192_000.0;
        assert!((heard - seconds).abs() < 0.1, "{event}: {heard} s");
    }
}

#[test]
fn a_projects_sound_that_a_link_leads_to_is_in_the_project() {
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
}

/// A minute of silence, which takes no room on a disk.
fn long_wav(path: &Path) -> Sound {
    let bytes = 60 * 192_000_u32;
    let mut header = wav(&[]);
    let len = header.len();
    header[4..8].copy_from_slice(&(bytes + len as u32 - 8).to_le_bytes());
    header[len - 4..].copy_from_slice(&bytes.to_le_bytes());
    fs::write(path, header).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(u64::from(bytes) + len as u64).unwrap();
    Sound::File(path.to_owned())
}

/// Sends `request` as soon as there is room for it.
fn send_patiently(sandbox: &Sandbox, request: &Request) {
    let player = sandbox.player();
    wait_until("the inbox has room", || player.send(request.clone()).ok());
}

/// The most memory that the sandbox's player has had, in MiB.
#[cfg(target_os = "linux")]
fn peak_memory(sandbox: &Sandbox) -> u64 {
    let pid = crate::support::process::player(sandbox);
    number(&format!("/proc/{pid}/status"), "VmHWM:") >> 10
}

/// Each takes 23 MiB as it is played, and a file of 11.
#[cfg(target_os = "linux")]
#[test]
fn many_long_sounds_at_once_take_the_memory_of_a_few() {
    const MANY: usize = 64;
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    for number in 0..MANY {
        let sound = long_wav(&sandbox.path(&format!("{number}.wav")));
        let mut request = Request::new("Stop", vec![sound], 1.0);
        request.is_users = true;
        request.playback.max_voices = 1;
        send_patiently(&sandbox, &request);
    }
    // The last one that came in time sounds on.
    sandbox.wait_for_record(MANY);
    let peak = peak_memory(&sandbox);
    println!("{peak} MiB");
    assert!(peak < 320, "{peak} MiB");
}

#[cfg(target_os = "linux")]
#[test]
fn many_sounds_that_go_on_take_the_memory_of_a_few() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    for number in 0..24 {
        let sound = long_wav(&sandbox.path(&format!("{number}.wav")));
        let mut request = Request::new("Stop", vec![sound], 1.0);
        request.is_users = true;
        request.playback.max_voices = 32;
        send_patiently(&sandbox, &request);
    }
    wait_until("each has begun or has not", || {
        let status = sandbox.player().status(HOUR).ok()??;
        (status.open <= 5).then_some(())
    });
    let peak = peak_memory(&sandbox);
    println!("{peak} MiB");
    assert!(peak < 320, "{peak} MiB");
}

#[test]
fn a_project_that_asks_for_very_much_costs_others_nothing() {
    let sandbox = Sandbox::new().with_stop(&noise(5));
    assert_eq!(sandbox.play("started"), Ok(()));
    let greedy = sandbox.path("greedy");
    fs::create_dir(&greedy).unwrap();
    let request = |project: &str, sound| {
        let mut request = Request::new("Stop", vec![sound], 1.0);
        let project = sandbox.path(project);
        request.project = Some(project.to_str().unwrap().to_owned());
        request
    };
    for number in 0..150 {
        let sound = long_wav(&greedy.join(format!("{number}.wav")));
        send_patiently(&sandbox, &request("greedy", sound));
    }
    let own = sandbox.path("project/.claude/sounds/stop.wav");
    let mut modest = request("project", Sound::File(own));
    send_patiently(&sandbox, &modest);
    (modest.is_users, modest.project) = (true, None);
    send_patiently(&sandbox, &modest);
    let theirs = wait_until("both have become something", || {
        let record = sandbox.record();
        let is_theirs = |line: &&Value| line["sound"].as_str().unwrap().ends_with("/stop.wav");
        let theirs: Vec<_> = record.iter().filter(is_theirs).cloned().collect();
        (theirs.len() == 2).then_some(theirs)
    });
    for line in theirs {
        assert_eq!(line["status"], "played", "{line}");
    }
}

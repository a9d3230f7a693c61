//! The lifecycle of the resident player, with obstacles.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::support::process::{player, players, wait_for_end};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    Running, Sandbox, complaint, endless, herald_alone, noise, payload, run, wait_until,
};

/// The output of `herald player` with `args`, and its exit code.
fn ask(sandbox: &Sandbox, args: &[&str]) -> (String, i32) {
    let output = run(sandbox.herald(&[&["player"], args].concat()), b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let words = String::from_utf8(output.stdout).unwrap();
    (words, output.status.code().unwrap())
}

#[test]
fn a_player_tells_how_it_is_and_leaves_when_it_is_told_to() {
    in_real_time(|| {
        let (sandbox, end) = endless();
        let a_day = json!({"audio_settings": {"player_idle_exit": 86_400}});
        let sandbox = sandbox.with_config(&a_day);
        let nobody = ("no player is running\n".to_owned(), 1);
        assert_eq!(ask(&sandbox, &["status"]), nobody);
        assert_eq!(
            ask(&sandbox, &["status", "--json"]),
            ("null\n".to_owned(), 1)
        );
        assert_eq!(ask(&sandbox, &["stop"]), (nobody.0.clone(), 0));

        let start = || assert!(run(sandbox.herald(&["play", "Stop"]), b"").status.success());
        start();
        start();
        let (status, code) = wait_until("both sound", || {
            let (status, code) = ask(&sandbox, &["status", "--json"]);
            (code == 0 && status.contains("\"open\":2")).then_some((status, code))
        });
        let status: Value = serde_json::from_str(&status).unwrap();
        assert_eq!(code, 0);
        assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(
            (&status["requests"], &status["open"]),
            (&json!(2), &json!(2))
        );
        assert!(
            status["exitsInMs"].as_u64().unwrap() > 3_600_000,
            "{status}"
        );
        let (words, code) = ask(&sandbox, &["status"]);
        let is_told = format!("is running as process {}\n", status["pid"]);
        assert!(code == 0 && words.contains(&is_told), "{words}");

        assert_eq!(ask(&sandbox, &["stop"]), ("player stopped\n".to_owned(), 0));
        // The next sound gets a new player, while the old one finishes its last sound.
        assert_eq!(ask(&sandbox, &["status"]), nobody);
        start();
        fs::write(end, "").unwrap();
        let record = sandbox.wait_for_record(3);
        assert!(
            record.iter().all(|line| line["status"] == "played"),
            "{record:?}"
        );
        let status: Value = serde_json::from_str(&ask(&sandbox, &["status", "--json"]).0).unwrap();
        assert_eq!(status["requests"], 1);
    });
}

#[test]
fn a_player_in_a_terminal_is_the_one_until_it_is_stopped() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let mut running = sandbox.herald(&["player", "run"]);
        running.stderr(Stdio::piped());
        let mut running = Running::start(running);
        let socket = sandbox.inbox();
        wait_until("the player listens", || socket.exists().then_some(()));
        assert_eq!(sandbox.play("started"), Ok(()));
        let (status, _) = ask(&sandbox, &["status", "--json"]);
        let status: Value = serde_json::from_str(&status).unwrap();
        assert_eq!(status["pid"], running.child().id(), "{status}");
        let second = complaint(run(sandbox.herald(&["player", "run"]), b"")).unwrap_err();
        assert_eq!(second, "herald-player: a player is already running\n");
        ask(&sandbox, &["stop"]);
        let ended = running.output();
        let ready = format!(
            "herald-player: ready, in {}\n",
            sandbox.state_dir().display()
        );
        assert_eq!(String::from_utf8_lossy(&ended.stderr), ready);
        assert!(ended.status.success());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_player_that_is_not_needed_leaves_after_the_configured_time() {
    let sandbox = Sandbox::new().with_config(&json!({"audio_settings": {"player_idle_exit": 1}}));
    assert_eq!(sandbox.play("started"), Ok(()));
    let socket = sandbox.inbox();
    wait_until("it has left, with its socket", || {
        (players(&sandbox).is_empty() && !socket.exists()).then_some(())
    });
    assert_eq!(sandbox.play("started"), Ok(()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_player_whose_program_was_replaced_makes_way_for_the_new_one() {
    let sandbox = Sandbox::new();
    let dir = herald_alone();
    let program = dir.path().join("herald-player");
    let put = |built: &str| {
        let next = dir.path().join("next");
        fs::hard_link(built, &next).unwrap();
        fs::rename(&next, &program).unwrap();
    };
    let play = || {
        let mut play = sandbox.command(dir.path().join("herald"));
        play.args(["play", "started", "--wait"]);
        complaint(run(play, b""))
    };
    put(env!("CARGO_BIN_EXE_herald-player"));
    assert_eq!(play(), Ok(()));
    let first = player(&sandbox);
    // Another file, hence another version as far as a player can tell.
    put(env!("CARGO_BIN_EXE_herald"));
    wait_for_end(&first);
    put(env!("CARGO_BIN_EXE_herald-player"));
    assert_eq!(play(), Ok(()));
}

#[test]
fn invalid_messages_are_logged_and_harmless() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    let socket = UnixDatagram::unbound().unwrap();
    let path = sandbox.inbox();
    let too_long = [b'['; 9_000];
    let old = br#"{"version":2,"message":{"status":{"reply_to":"/"}}}"#;
    for message in [&b"nonsense"[..], b"", &too_long, old] {
        socket.send_to(message, &path).unwrap();
    }
    assert_eq!(sandbox.play("started"), Ok(()));
    let log = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap();
    assert_eq!(log.matches("\"refused\"").count(), 4, "{log}");
    assert!(log.contains("unsupported version 2"), "{log}");
}

#[test]
fn obstacles_to_the_lock_cost_no_sound() {
    for make in ["mkdir", "mkfifo"] {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        fs::create_dir(sandbox.state_dir()).unwrap();
        let lock = sandbox.player().lock();
        let mut make_it = Command::new(make);
        make_it.arg(&lock);
        assert!(Running::start(make_it).wait().success());
        for sounds in 1..=2 {
            assert_eq!(sandbox.play("Stop"), Ok(()), "{make}");
            assert_eq!(sandbox.wait_for_record(sounds).len(), sounds);
        }
    }
}

#[test]
fn a_record_that_is_a_link_is_not_written_through() {
    let sandbox = Sandbox::new().with_stop(&noise(5));
    fs::create_dir(sandbox.state_dir()).unwrap();
    let precious = sandbox.path("precious");
    fs::write(&precious, "mine").unwrap();
    symlink(&precious, sandbox.state_dir().join("log.ndjson")).unwrap();
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_eq!(fs::read(&precious).unwrap(), b"mine");
}

#[test]
fn when_its_socket_is_gone_the_next_hook_has_a_new_player() {
    in_real_time(|| {
        let (sandbox, end) = endless();
        let hook = run(sandbox.herald(&["hook"]), &payload("Stop"));
        assert!(hook.status.success());
        let socket = sandbox.inbox();
        wait_until("the player listens", || socket.exists().then_some(()));
        fs::remove_file(&socket).unwrap();
        let null = sandbox.with("HERALD_OUTPUT", "null");
        assert_eq!(null.play("started"), Ok(()), "the first sound goes on");
        assert_eq!(ask(&null, &["status"]).1, 0, "hooks find the new player");
        fs::write(end, "").unwrap();
        let record = null.wait_for_record(2);
        let events: Vec<_> = record.iter().map(|line| line["event"].clone()).collect();
        assert_eq!(events, ["play", "Stop"], "both were heard to their end");
    });
}

#[test]
fn a_player_that_cannot_start_is_told_of() {
    let sandbox = Sandbox::new();
    let dir = herald_alone();
    symlink("/bin/false", dir.path().join("herald-player")).unwrap();
    let mut play = sandbox.command(dir.path().join("herald"));
    play.args(["play", "Stop", "--wait"]);
    let error = complaint(run(play, b"")).unwrap_err();
    assert!(error.contains("no answer from the player"), "{error}");
    assert!(error.contains("exit status: 1"), "{error}");
}

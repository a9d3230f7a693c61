//! Which senders reach which player.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{greedy, send};
use crate::support::namespaces::unshared;
use crate::support::process::players;
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, run, wait_until};

/// The part of the next test that runs inside: sends the message in the environment.
#[test]
#[ignore = "the next test runs it, in namespaces of its own"]
fn what_the_environment_says_is_sent() {
    let said = |name| std::env::var_os(name).expect("the next test says it");
    let [inbox, message] = ["HERALD_TEST_INBOX", "HERALD_TEST_MESSAGE"].map(said);
    send(Path::new(&inbox), message.as_encoded_bytes());
}

#[test]
fn from_inside_a_sandbox_nothing_runs_outside() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.play("started"), Ok(()));
        // In separate namespaces without writable files.
        let own_namespaces = ["--map-root-user", "--mount", "--pid", "--net", "--fork"];
        let Some(unshared) = unshared(&sandbox, &own_namespaces) else {
            return;
        };
        let inside = |program: &Path, args: &[&str]| {
            let mut inside = unshared();
            inside
                .args([
                    "sh",
                    "-c",
                    "mount -o remount,bind,ro / && exec \"$@\"",
                    "sh",
                ])
                .arg(program)
                .args(args)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            inside
        };
        let own = std::env::current_exe().unwrap();
        let test = "player::message::senders::what_the_environment_says_is_sent";
        let mut attack = inside(&own, &["--exact", "--ignored", test]);
        attack.env("HERALD_TEST_INBOX", sandbox.inbox());
        attack.env("HERALD_TEST_MESSAGE", greedy(&sandbox).to_string());
        assert!(run(attack, b"").status.success());
        let line = &sandbox.wait_for_record(2)[1];
        assert_eq!(
            (&line["status"], &line["output"]),
            (&json!("played"), &json!("null")),
            "{line}"
        );
        // Herald itself, told to run something: it finds no player with that permission, and can start none
        // outside.
        let mut hook = inside(
            Path::new(env!("CARGO_BIN_EXE_herald")),
            &["play", "Stop", "--wait"],
        );
        hook.env("HERALD_OUTPUT", "command")
            .env("AUDIO_PLAYER_CMD", sandbox.path("program"));
        run(hook, b"");
        assert!(!sandbox.path("ran").exists(), "it ran");
    });
}

#[test]
fn other_settings_have_another_player_and_stop_reaches_all() {
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
    assert_eq!(String::from_utf8_lossy(&told.stdout), "2 players stopped\n");
    wait_until("both have left, with what was theirs", || {
        let names = fs::read_dir(sandbox.state_dir()).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        (players(&sandbox).is_empty() && !names.any(|name| name.starts_with("player.")))
            .then_some(())
    });
}

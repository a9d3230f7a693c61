//! The resident player's life: what it does when something is in its way.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::sandbox::{Sandbox, noise, payload, run, wait_until};

fn play(sandbox: &Sandbox, sound: &str) -> Result<(), String> {
    let output = run(sandbox.herald(&["play", sound, "--wait"]), b"");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_stands_in_place_of_the_lock_costs_no_sound() {
    for make in ["mkdir", "mkfifo"] {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        fs::create_dir(sandbox.state_dir()).unwrap();
        let lock = sandbox.state_dir().join("player.lock");
        assert!(Command::new(make).arg(&lock).status().unwrap().success());
        for sounds in 1..=2 {
            assert_eq!(play(&sandbox, "Stop"), Ok(()), "{make}");
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
    assert_eq!(play(&sandbox, "Stop"), Ok(()));
    assert_eq!(fs::read(&precious).unwrap(), b"mine");
}

#[test]
fn when_its_socket_is_gone_the_next_hook_has_a_new_player() {
    let sandbox = Sandbox::new().with_stop(&noise(3_000));
    let hook = run(sandbox.herald(&["hook"]), &payload("Stop"));
    assert!(hook.status.success());
    let socket = sandbox.state_dir().join("player.v1.sock");
    wait_until("the player listens", || socket.exists().then_some(()));
    fs::remove_file(&socket).unwrap();
    assert_eq!(play(&sandbox, "started"), Ok(()), "the first sound goes on");
    let record = sandbox.wait_for_record(2);
    let events: Vec<_> = record.iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["play", "Stop"], "both were heard to their end");
}

#[test]
fn a_player_that_cannot_start_is_told_of() {
    let sandbox = Sandbox::new();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let herald = dir.path().join("herald");
    fs::hard_link(env!("CARGO_BIN_EXE_herald"), &herald).unwrap();
    symlink("/bin/false", dir.path().join("herald-player")).unwrap();
    let mut play = sandbox.command(&herald);
    play.args(["play", "Stop", "--wait"]);
    let error = String::from_utf8(run(play, b"").stderr).unwrap();
    assert!(error.contains("no answer from the player"), "{error}");
    assert!(error.contains("exit status: 1"), "{error}");
}

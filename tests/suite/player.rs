//! The resident player's life: what it does when something is in its way.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::sandbox::{Sandbox, complaint, herald_alone, noise, payload, run, wait_until};

#[test]
fn what_stands_in_place_of_the_lock_costs_no_sound() {
    for make in ["mkdir", "mkfifo"] {
        let sandbox = Sandbox::new().with_stop(&noise(5));
        fs::create_dir(sandbox.state_dir()).unwrap();
        let lock = sandbox.state_dir().join("player.v3.lock");
        assert!(Command::new(make).arg(&lock).status().unwrap().success());
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
    let sandbox = Sandbox::new().with_stop(&noise(3_000));
    let hook = run(sandbox.herald(&["hook"]), &payload("Stop"));
    assert!(hook.status.success());
    let socket = sandbox.state_dir().join("player.v3.sock");
    wait_until("the player listens", || socket.exists().then_some(()));
    fs::remove_file(&socket).unwrap();
    assert_eq!(sandbox.play("started"), Ok(()), "the first sound goes on");
    let record = sandbox.wait_for_record(2);
    let events: Vec<_> = record.iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["play", "Stop"], "both were heard to their end");
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

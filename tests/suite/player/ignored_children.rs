//! Herald started with SIGCHLD ignored, which children inherit: the system reaps children, and nobody else
//! can.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    Running, Sandbox, complaint, noise, run, wait_until, wav, write_program,
};

/// `program` with SIGCHLD ignored.
fn ignoring_children(sandbox: &Sandbox, program: impl AsRef<Path>, args: &[&str]) -> Command {
    // Not every shell passes that on.
    let mut shell = sandbox.command("bash");
    shell.args(["-c", "trap '' CHLD; exec \"$0\" \"$@\""]);
    shell.arg(program.as_ref()).args(args);
    shell
}

#[cfg(target_os = "linux")]
#[test]
fn children_of_this_test_ignore_sigchld() {
    let sandbox = Sandbox::new();
    let output = run(
        ignoring_children(&sandbox, "cat", &["/proc/self/status"]),
        b"",
    );
    let status = String::from_utf8(output.stdout).unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    assert_ne!(ignored & (1 << (libc::SIGCHLD - 1)), 0, "{status}");
}

#[test]
fn a_command_learns_how_what_it_started_has_ended() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        for args in [&["test", "Stop"][..], &["play", "Stop", "--wait"]] {
            let herald = env!("CARGO_BIN_EXE_herald");
            let output = run(ignoring_children(&sandbox, herald, args), b"");
            assert!(output.status.success(), "{output:?}");
        }
    });
}

#[test]
fn a_sound_of_an_external_player_was_heard_though_nobody_can_tell_how_it_ended() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let (player, said) = (sandbox.path("player"), sandbox.path("said"));
        let script = format!("echo played >> {}", said.display());
        write_program(&player, &script);
        let sound = sandbox.path("sound.wav");
        fs::write(&sound, wav(&noise(100))).unwrap();
        let sandbox = sandbox
            .with("HERALD_OUTPUT", "command")
            .with("AUDIO_PLAYER_CMD", player);
        let resident = env!("CARGO_BIN_EXE_herald-player");
        let _resident = Running::start(ignoring_children(&sandbox, resident, &[]));
        wait_until("the player answers", || {
            let output = run(sandbox.herald(&["player", "status"]), b"");
            output.status.success().then_some(())
        });
        let args = ["play", sound.to_str().unwrap(), "--wait"];
        assert_eq!(complaint(run(sandbox.herald(&args), b"")), Ok(()));
        assert_eq!(fs::read_to_string(said).unwrap(), "played\n");
    });
}

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::doctor::{assert_found, examined, found, of};
use crate::support::process::{player, wait_for_end};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, wait_until};

fn signal(pid: &str, signal: Signal) {
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn a_player_that_is_stopped_is_named_and_the_sound_is_not_tried() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        assert_found(&found(&sandbox, "player"), "ok", "not running", "");
        assert_eq!(sandbox.play("started"), Ok(()));
        let pid = player(&sandbox);
        let runs = format!("running as process {pid}");
        assert_found(&found(&sandbox, "player"), "ok", &runs, "");
        signal(&pid, Signal::STOP);
        let findings = examined(&sandbox, &[]);
        signal(&pid, Signal::CONT);
        let what = format!("process {pid} is suspended");
        let hint = format!("kill -CONT {pid}");
        assert_found(&of(&findings, "player"), "error", &what, &hint);
        let not_tested = "not tested: the player does not answer";
        assert_found(&of(&findings, "sound"), "warning", not_tested, "");
    });
}

#[test]
fn leftovers_of_a_killed_player_are_reported() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.play("started"), Ok(()));
        let pid = player(&sandbox);
        signal(&pid, Signal::KILL);
        wait_for_end(&pid);
        let what = "remains of a killed player";
        assert_found(&found(&sandbox, "player"), "warning", what, "");
        // The test sound starts the next one.
        assert_found(
            &of(&examined(&sandbox, &[]), "sound"),
            "ok",
            "test sound",
            "",
        );
        wait_until("another player runs", || {
            (player(&sandbox) != pid).then_some(())
        });
    });
}

#[test]
fn obstacles_to_a_player_are_reported() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let inbox = sandbox.inbox();
        fs::create_dir_all(&inbox).unwrap();
        fs::set_permissions(
            sandbox.state_dir(),
            std::os::unix::fs::PermissionsExt::from_mode(0o700),
        )
        .unwrap();
        let what = format!("cannot start: {} is not a socket", inbox.display());
        let hint = format!("remove {}", inbox.display());
        assert_found(&found(&sandbox, "player"), "error", &what, &hint);
    });
}

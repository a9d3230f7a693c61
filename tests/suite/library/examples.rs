//! Runs the examples.

#[cfg(feature = "playback")]
use std::path::Path;

use crate::support::examples::example;
use crate::support::sandbox::{Sandbox, run};

fn output(sandbox: &Sandbox, name: &str) -> String {
    let output = run(sandbox.command(example(name)), b"");
    assert!(output.status.success(), "{name}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_program_of_ten_lines_asks_the_throttle() {
    let sandbox = Sandbox::new();
    assert_eq!(output(&sandbox, "ask_throttle"), "admitted\n");
    let second = output(&sandbox, "ask_throttle");
    assert!(second.starts_with("suppressed for "), "{second}");
}

#[cfg(feature = "playback")]
#[test]
fn a_program_plays_by_itself() {
    let sandbox = Sandbox::new();
    let expected = "SessionStart: plays\nNotification: plays\nStop: plays\ndone\n";
    assert_eq!(output(&sandbox, "play_in_process"), expected);
    assert_eq!(sandbox.record().len(), 3);
}

#[cfg(feature = "playback")]
#[test]
fn an_agent_dispatches_its_events() {
    let player = Path::new(env!("CARGO_BIN_EXE_herald-player"));
    let path = std::env::join_paths([player.parent().unwrap()]).unwrap();
    let sandbox = Sandbox::new().with("PATH", path);
    let output = output(&sandbox, "dispatch");
    let mut lines: Vec<_> = output.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            r#"Notification: sounds; reply {"continue": true}"#,
            r#"PostToolUse: disabled; reply {"continue": true}"#,
            r#"PreToolUse: disabled; reply {"continue": true}"#,
            r#"Stop: sounds; reply {"continue": true}"#,
        ]
    );
    sandbox.wait_for_record(2);
}

#[test]
fn without_a_player_a_report_says_how_to_install_it() {
    let sandbox = Sandbox::new().with("PATH", "");
    for _ in 0..2 {
        let output = output(&sandbox, "dispatch");
        let of_stop = |line: &&str| line.starts_with("Stop: ");
        let line = output.lines().find(of_stop).unwrap();
        assert!(line.contains("cannot start the player"), "{line}");
        let hint = "; hint: put herald-player beside herald, or on the PATH; reply";
        assert!(
            line.contains(hint),
            "and a sound that failed does not throttle: {line}"
        );
    }
}

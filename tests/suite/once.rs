//! Exactly once: real processes, all asking at the same moment.

use std::collections::VecDeque;
use std::io::Write;
use std::process::{Child, Stdio};

use serde_json::json;

use crate::sandbox::{REPLY, Sandbox, noise, payload};

const ROUNDS: usize = 200;
const PROCESSES: usize = 32;

/// Starts the hooks, then gives all of them the payload. Returns how many were admitted.
fn race(sandbox: &Sandbox, payload: &[u8]) -> usize {
    let mut hooks: Vec<Child> = (0..PROCESSES)
        .map(|_| {
            let mut hook = sandbox.herald(&["--hook", "Stop"]);
            hook.stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            hook.spawn().unwrap()
        })
        .collect();
    for hook in &mut hooks {
        hook.stdin.take().unwrap().write_all(payload).unwrap();
    }
    let admitted = |hook: Child| {
        let output = hook.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
        let line = String::from_utf8(output.stderr).unwrap();
        let played = line.contains("played=True");
        assert!(
            played != line.contains("Throttled"),
            "neither played nor throttled: {line}"
        );
        usize::from(played)
    };
    hooks.into_iter().map(admitted).sum()
}

#[test]
fn of_32_processes_with_one_payload_one_sounds() {
    let payload = payload("Stop");
    // Looked at again some rounds later, when whatever went wrong has shown.
    let mut settling = VecDeque::new();
    for round in 0..ROUNDS {
        // A window that does not pass on a busy machine.
        let sandbox = Sandbox::new().with_stop(&noise(5)).with_config(&json!({
            "sound_files": {"mappings": {"Stop": "stop.wav"}},
            "audio_settings": {"volume": 1.0, "throttle_seconds": {"Stop": 3600}},
        }));
        assert_eq!(race(&sandbox, &payload), 1, "admitted in round {round}");
        settling.push_back((round, sandbox));
        if settling.len() > 8
            && let Some(settled) = settling.pop_front()
        {
            assert_one_sound(settled);
        }
    }
    settling.into_iter().for_each(assert_one_sound);
}

fn assert_one_sound((round, sandbox): (usize, Sandbox)) {
    let record = sandbox.wait_for_record(1);
    assert_eq!(record.len(), 1, "sounds in round {round}: {record:?}");
    assert_eq!(record[0]["status"], "played", "round {round}: {record:?}");
}

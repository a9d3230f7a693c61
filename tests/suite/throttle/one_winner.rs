//! One winner among real processes that ask at the same moment.

use std::collections::VecDeque;
use std::process::Output;

use serde_json::json;

use crate::support::sandbox::{Gate, REPLY, Running, Sandbox, is_soak, noise, payload};

/// In the long run; usually fewer.
const SOAK_ROUNDS: usize = 500;
const ROUNDS: usize = 50;
const PROCESSES: usize = 32;

/// Starts the hooks, then releases them together. Returns the number admitted.
fn race(sandbox: &Sandbox, payload: &str) -> usize {
    let gate = Gate::new();
    let start = |_| gate.herald(sandbox, &["--hook", "Stop"], payload);
    let hooks: Vec<_> = (0..PROCESSES).map(start).collect();
    gate.open();
    let admitted = |output: Output| {
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
    hooks.into_iter().map(Running::output).map(admitted).sum()
}

#[test]
fn of_32_processes_with_one_payload_one_sounds() {
    let payload = String::from_utf8(payload("Stop")).unwrap();
    // Checked some rounds later, when any fault has shown.
    let mut settling = VecDeque::new();
    for round in 0..if is_soak() { SOAK_ROUNDS } else { ROUNDS } {
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

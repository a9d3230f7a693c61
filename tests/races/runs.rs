//! Commands beside sounds: for one event of many hooks at the same moment, one command runs.

use std::fs;
use std::path::Path;

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;

use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::manager::quiet;
use crate::race::PROCESSES;
use crate::rounds;

fn all_rounds() -> u64 {
    rounds(200, 1_000)
}

/// A player runs eight commands at once. The log has a line for each that has ended.
const BATCH: u64 = 8;

/// The events that have run their command, and those that a busy machine kept from it: the player was late,
/// or commands had not ended.
fn ended(dir: &Path) -> (u64, u64) {
    let log = fs::read_to_string(dir.join("state/log.ndjson")).unwrap_or_default();
    let lines: Vec<serde_json::Value> = log.lines().flat_map(serde_json::from_str).collect();
    let with = |status: &str| lines.iter().filter(|line| line["status"] == status).count() as u64;
    for line in lines.iter().filter(|line| line["status"] == "refused") {
        let reason = line["reason"].as_str().unwrap();
        assert!(
            reason.ends_with("is too old") || reason.ends_with("commands run already"),
            "{reason}"
        );
    }
    (with("ran"), with("refused"))
}

/// In each round all stop one session.
pub(crate) fn stop(mut me: Member) {
    let options = quiet(&me.dir).player(env!("CARGO_BIN_EXE_herald-player"));
    let manager = AudioManager::open(options).unwrap();
    for round in 0..all_rounds() {
        let payload = format!(r#"{{"session_id": "{round}"}}"#);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        me.line_up();
        manager.handle_event("Stop", &payload);
        me.meet();
        let is_due = (round + 1).is_multiple_of(BATCH);
        if is_due && me.is_first() {
            wait_until("the commands have ended", || {
                let (ran, refused) = ended(&me.dir);
                ran + refused > round
            });
        }
        me.meet();
    }
}

#[test]
fn of_32_hooks_for_one_event_one_command_runs() {
    let dir = dir_in_memory();
    let ran = dir.path().join("ran");
    let script = format!("echo ran >> {}", ran.display());
    let config = serde_json::json!({"events": {
        "Stop": {"scope": "session", "run": ["/bin/sh", "-c", script]},
    }});
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    Crew::start("runs", PROCESSES, dir.path()).finish();
    let ran = fs::read_to_string(ran).unwrap();
    let (ended, refused) = ended(dir.path());
    assert_eq!(ran.lines().count() as u64, ended, "each command runs once");
    assert_eq!(ended + refused, all_rounds());
    assert!(ended > 0);
    println!("{ended} events, a command for each; {refused} refused");
}

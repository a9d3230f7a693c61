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

/// A player runs eight commands at once.
const BATCH: u64 = 8;

/// The sessions for which a command ran, in order.
fn ran(dir: &Path) -> Vec<String> {
    let ran = fs::read_to_string(dir.join("ran")).unwrap_or_default();
    ran.lines().map(str::to_owned).collect()
}

/// How many commands a busy machine kept from running, or from their end: the player was late, or others had
/// not ended.
fn kept(dir: &Path) -> u64 {
    let logs = ["state/log.ndjson.1", "state/log.ndjson"];
    let logs = logs.map(|log| fs::read_to_string(dir.join(log)).unwrap_or_default());
    let lines = logs.iter().flat_map(|log| log.lines());
    let lines = lines.flat_map(serde_json::from_str::<serde_json::Value>);
    let reasons = lines
        .filter(|line| line["sound"].is_null())
        .filter(|line| line["status"] == "refused" || line["status"] == "failed")
        .map(|line| line["reason"].as_str().unwrap().to_owned());
    reasons
        .inspect(|reason| assert!(EXCUSES.iter().any(|one| reason.contains(one)), "{reason}"))
        .count() as u64
}

const EXCUSES: [&str; 3] = ["s old", "commands run already", "did not finish within"];

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
                ran(&me.dir).len() as u64 + kept(&me.dir) > round
            });
        }
        me.meet();
    }
}

#[test]
fn of_32_hooks_for_one_event_one_command_runs() {
    let dir = dir_in_memory();
    let script = dir.path().join("ran").display().to_string();
    let script = format!("echo $HERALD_SESSION >> {script}");
    let config = serde_json::json!({"events": {
        "Stop": {"scope": "session", "run": ["/bin/sh", "-c", script]},
    }});
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    Crew::start("runs", PROCESSES, dir.path()).finish();
    let (mut ran, kept) = (ran(dir.path()), kept(dir.path()));
    let of_all = ran.len();
    println!("{of_all} commands ran, {kept} were kept from it");
    assert!(of_all > 0 && of_all as u64 + kept >= all_rounds());
    ran.sort();
    ran.dedup();
    assert_eq!(ran.len(), of_all, "each command runs once");
}

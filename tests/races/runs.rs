//! Commands beside sounds: for one event of many hooks at the same moment, one command runs.

use std::fs;
use std::path::Path;

use herald_audio::internals::payload::Payload;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Options};

use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::race::PROCESSES;
use crate::rounds;

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

fn manager(dir: &Path) -> AudioManager {
    let env = [
        ("HERALD_STATE_DIR", dir.join("state")),
        ("HERALD_CONFIG", dir.join("config.json")),
        ("HERALD_OUTPUT", "null".into()),
    ];
    let options = Options::new().env(Env::of(env)).cwd(dir);
    AudioManager::open(options.player(env!("CARGO_BIN_EXE_herald-player"))).unwrap()
}

/// A player runs eight commands at once, and one that has written its line may still be there.
const BATCH: u64 = 4;

/// In each round all stop one session.
pub(crate) fn stop(mut me: Member) {
    let manager = manager(&me.dir);
    let ran = me.dir.join("ran");
    let count = || fs::read_to_string(&ran).unwrap_or_default().lines().count() as u64;
    for round in 0..all_rounds() {
        let payload = format!(r#"{{"session_id": "{round}"}}"#);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        me.line_up();
        manager.handle_event("Stop", &payload);
        me.meet();
        let is_due = (round + 1).is_multiple_of(BATCH);
        if is_due && me.is_first() {
            wait_until("the commands have run", || count() > round);
            assert_eq!(count(), round + 1, "in round {round}");
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
    assert_eq!(ran.lines().count() as u64, all_rounds());
    println!("{} events, a command for each", all_rounds());
}

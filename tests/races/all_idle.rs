//! Sessions that start and stop at the same moment: once all have stopped, that is heard once.

use std::path::Path;

use herald_audio::internals::payload::Payload;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Options};

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::PROCESSES;
use crate::rounds;

const HEARD: Tally = Tally(1);

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

fn manager(dir: &Path) -> AudioManager {
    let env = [
        ("HERALD_STATE_DIR", dir.join("state")),
        ("HERALD_CONFIG", dir.join("config.json")),
        ("HERALD_OUTPUT", "null".into()),
    ];
    AudioManager::open(Options::new().env(Env::of(env)).cwd(dir).in_process()).unwrap()
}

/// In each round each starts a session of its own, and then all stop.
pub(crate) fn work(mut me: Member) {
    let manager = manager(&me.dir);
    for round in 0..all_rounds() {
        let payload = format!(r#"{{"session_id": "{round} {}"}}"#, me.number);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        me.line_up();
        manager.handle_event("UserPromptSubmit", &payload);
        me.line_up();
        let report = manager.handle_event("Stop", &payload);
        match &*report.reason {
            "" => me.board.add(HEARD),
            reason => assert_eq!(reason, "disabled"),
        }
        me.meet();
        if me.number == round as usize % me.len {
            assert_eq!(me.board.read(HEARD), round + 1, "in round {round}");
        }
    }
}

#[test]
fn of_32_sessions_that_stop_at_once_one_is_the_last() {
    let dir = dir_in_memory();
    let config = r#"{"events": {
        "AllIdle": {"enabled": true, "throttle_seconds": 0}, "Stop": {"enabled": false}
    }}"#;
    std::fs::write(dir.path().join("config.json"), config).unwrap();
    Crew::start("all idle", PROCESSES, dir.path()).finish();
    println!("{} rounds of {PROCESSES} sessions", all_rounds());
}

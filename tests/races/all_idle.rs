//! Sessions that start and stop at the same moment: once all have stopped, that is heard once.

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::manager::quiet;
use crate::race::PROCESSES;
use crate::rounds;

const HEARD: Tally = Tally(1);

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

/// In each round each starts a session of its own, and then all stop.
pub(crate) fn work(mut me: Member) {
    let manager = AudioManager::open(quiet(&me.dir).in_process()).unwrap();
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

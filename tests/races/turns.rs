//! Stops of one turn at the same moment, of hooks that are registered many times: a long turn is heard
//! once, a short one never.

use std::time::{Duration, SystemTime};

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::manager::quiet;
use crate::race::PROCESSES;
use crate::rounds;

const HEARD: Tally = Tally(1);
const SHORT: Tally = Tally(2);

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

/// In each round all stop a turn of its own session, a long one and a short one by turns.
pub(crate) fn stop(mut me: Member) {
    let manager = AudioManager::open(quiet(&me.dir).in_process()).unwrap();
    for round in 0..all_rounds() {
        let is_long = round.is_multiple_of(2);
        let payload = format!(r#"{{"session_id": "{round}"}}"#);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        if me.is_first() {
            let age = if is_long { 60 } else { 0 };
            let start = SystemTime::now() - Duration::from_secs(age);
            manager.throttle().mark(&*format!("turn/{round}"), start);
        }
        me.line_up();
        let report = manager.handle_event("Stop", &payload);
        match &*report.reason {
            "" => me.board.add(HEARD),
            "short turn" => me.board.add(SHORT),
            reason => assert_eq!(reason, "throttled"),
        }
        me.meet();
        if me.number == round as usize % me.len {
            assert_eq!(me.board.read(HEARD), round / 2 + 1, "in round {round}");
            let short = round.div_ceil(2) * me.len as u64;
            assert_eq!(me.board.read(SHORT), short, "in round {round}");
        }
    }
}

#[test]
fn of_32_hooks_for_one_stop_one_is_heard_after_a_long_turn() {
    let dir = dir_in_memory();
    let config = r#"{"events": {"Stop": {"min_turn": "30s", "scope": "session"}}}"#;
    std::fs::write(dir.path().join("config.json"), config).unwrap();
    Crew::start("turns", PROCESSES, dir.path()).finish();
    println!("{} turns, half of them long", all_rounds());
}

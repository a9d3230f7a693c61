//! Sessions of one project that stop at the same moment: one Stop is heard, and each of the others is made up for
//! by its idle prompt.

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::manager::quiet;
use crate::race::PROCESSES;
use crate::rounds;

const HEARD: Tally = Tally(1);

fn all_rounds() -> u64 {
    rounds(100, 1_000)
}

/// In each round each has a session of its own.
pub(crate) fn stop(mut me: Member) {
    let manager = AudioManager::open(quiet(&me.dir).in_process()).unwrap();
    for round in 0..all_rounds() {
        let session = format!("{round} {}", me.number);
        let payload = |more: &str| {
            let payload = format!(r#"{{"session_id": "{session}"{more}}}"#);
            Payload::parse(payload.as_bytes()).unwrap()
        };
        let idle = format!(r#", "notification_type": "idle_prompt", "message": "{session}""#);
        me.line_up();
        let is_heard = manager.handle_event("Stop", &payload("")).played;
        let prompt = manager.handle_event("Notification", &payload(&idle));
        assert_eq!(prompt.played, !is_heard, "{}", prompt.reason);
        if is_heard {
            me.board.add(HEARD);
        }
        me.meet();
        if me.is_first() {
            assert_eq!(me.board.read(HEARD), round + 1, "in round {round}");
            manager.throttle().reset_all();
        }
        me.meet();
    }
}

#[test]
fn of_32_sessions_that_stop_at_once_each_is_heard_once() {
    let dir = dir_in_memory();
    let config = r#"{"audio_settings": {"throttle_seconds": {"Stop": 3600}}}"#;
    std::fs::write(dir.path().join("config.json"), config).unwrap();
    Crew::start("idle", PROCESSES, dir.path()).finish();
    println!("{} rounds of {PROCESSES} sessions", all_rounds());
}

//! Sessions that look for a variation at the same moment: no two have the same one.

use std::collections::BTreeMap;
use std::fs;

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;
use herald_audio::internals::variation::VARIATIONS;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::manager::quiet;
use crate::race::PROCESSES;
use crate::rounds;

/// Sounds without a variation, because another process of the session was looking for one.
const PLAIN: Tally = Tally(1);

fn all_rounds() -> u64 {
    rounds(200, 1_000)
}

/// In each round there are as many sessions as variations, each with two or three processes.
pub(crate) fn look(mut me: Member) {
    let manager = AudioManager::open(quiet(&me.dir).in_process()).unwrap();
    let result_of = |dir: &std::path::Path, number: usize| dir.join(format!("result {number}"));
    for round in 0..all_rounds() {
        let session = me.number % VARIATIONS.len();
        let payload = format!(r#"{{"session_id": "{round} {session}"}}"#);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        me.line_up();
        let first = manager.variation_for(&payload);
        if first.is_none() {
            me.board.add(PLAIN);
        }
        me.meet();
        let own = manager.variation_for(&payload).unwrap();
        assert!(
            first.is_none_or(|first| first == own),
            "{first:?}, then {own}"
        );
        fs::write(result_of(&me.dir, me.number), own.to_string()).unwrap();
        me.meet();
        if me.is_first() {
            let mut owners = BTreeMap::new();
            for number in 0..me.len {
                let variation = fs::read_to_string(result_of(&me.dir, number)).unwrap();
                let session = number % VARIATIONS.len();
                let owner = *owners.entry(variation).or_insert(session);
                assert_eq!(owner, session, "two sessions are alike in round {round}");
            }
            assert_eq!(owners.len(), VARIATIONS.len(), "in round {round}");
            manager.throttle().reset_all();
        }
        me.meet();
    }
}

#[test]
fn of_12_sessions_with_32_processes_no_two_are_alike() {
    let dir = dir_in_memory();
    let config = r#"{"audio_settings": {"voice": "session"}}"#;
    fs::write(dir.path().join("config.json"), config).unwrap();
    let mut crew = Crew::start("voices", PROCESSES, dir.path());
    crew.finish();
    let plain = crew.board().read(PLAIN);
    println!(
        "{} rounds, {plain} sounds without a variation",
        all_rounds()
    );
}

//! Permission requests that are taken back at the moment when the player stops holding them: each is heard or
//! taken back, never both.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::dice::Dice;
use crate::manager::quiet;
use crate::race::HOUR;
use crate::rounds;

const PROCESSES: usize = 4;
const SETTLE: Duration = Duration::from_millis(40);
const HEARD: Tally = Tally(1);
const TAKEN_BACK: Tally = Tally(2);

fn all_rounds() -> u64 {
    rounds(60, 500)
}

/// What became of each request, in the order of the log.
fn outcomes(dir: &Path) -> Vec<String> {
    let log = fs::read_to_string(dir.join("state/log.ndjson")).unwrap_or_default();
    let lines = log
        .lines()
        .flat_map(serde_json::from_str::<serde_json::Value>);
    let of_requests = lines.filter(|line| line["output"].is_string());
    let status = |line: serde_json::Value| line["status"].as_str().unwrap().to_owned();
    of_requests.map(status).collect()
}

/// In each round one asks for permission, and all others say that the call has run.
pub(crate) fn ask(mut me: Member) {
    let options = quiet(&me.dir).player(env!("CARGO_BIN_EXE_herald-player"));
    let manager = AudioManager::open(options).unwrap();
    let mut dice = Dice::new();
    // Each throws the same numbers.
    for _ in 0..me.number {
        dice.below(2);
    }
    for round in 0..all_rounds() {
        let payload =
            format!(r#"{{"session_id": "{round}", "tool_name": "Bash", "tool_input": {{}}}}"#);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        if me.is_first() {
            assert!(manager.handle_event("PermissionRequest", &payload).played);
        }
        me.line_up();
        if !me.is_first() {
            std::thread::sleep(SETTLE / 2);
            dice.pause(SETTLE);
            manager.handle_event("PostToolUse", &payload);
        }
        me.meet();
        if me.is_first() {
            wait_until("the request has an outcome", || {
                outcomes(&me.dir).len() as u64 > round
            });
            let outcomes = outcomes(&me.dir);
            assert_eq!(outcomes.len() as u64, round + 1, "{outcomes:?}");
            let is_heard = match outcomes.last().unwrap().as_str() {
                "played" => true,
                "skipped" => false,
                other => panic!("{other} in round {round}"),
            };
            // What was heard keeps its mark, and what was not leaves none.
            let key = format!("session {round}\0PermissionRequest\0default");
            let is_marked = manager.throttle().peek(&*key, HOUR).is_some();
            assert_eq!(is_marked, is_heard, "in round {round}");
            me.board.add(if is_heard { HEARD } else { TAKEN_BACK });
        }
        me.meet();
    }
}

#[test]
fn a_request_that_is_taken_back_is_not_heard_and_one_that_is_heard_is_not_taken_back() {
    let dir = dir_in_memory();
    let config = serde_json::json!({"audio_settings": {"settle_ms": SETTLE.as_millis() as u64}});
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    let mut crew = Crew::start("held", PROCESSES, dir.path());
    crew.finish();
    let [heard, taken_back] = [HEARD, TAKEN_BACK].map(|tally| crew.board().read(tally));
    assert!(
        heard > 0 && taken_back > 0,
        "{heard} heard, {taken_back} taken back"
    );
    println!("{heard} heard, {taken_back} taken back");
}

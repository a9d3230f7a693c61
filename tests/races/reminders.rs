//! Reminders: many hooks for one event begin one reminder, and of many players that know of it, one plays it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use herald_audio::internals::clock::{Clock, SystemClock};
use herald_audio::internals::payload::Payload;
use herald_audio::internals::player::Authority;
use herald_audio::internals::player::protocol::{Message, Request};
use herald_audio::internals::player::reminders::Reminders;
use herald_audio::{AudioManager, Throttle};

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::manager::quiet;
use crate::race::PROCESSES;
use crate::rounds;

const PLAYED: Tally = Tally(1);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

fn all_rounds() -> u64 {
    rounds(200, 1_000)
}

/// The reminders that the player keeps in its file.
fn kept(state_dir: &Path) -> Vec<Request> {
    let entries = fs::read_dir(state_dir).unwrap().flatten();
    let mut files = entries.map(|entry| entry.path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "reminders"));
    let text = file
        .and_then(|file| fs::read(file).ok())
        .unwrap_or_default();
    let messages = text.split(|byte| *byte == b'\n').map(Message::decode);
    let request = |message| match message {
        Ok(Message::Play(request)) => Some(*request),
        _ => None,
    };
    messages.filter_map(request).collect()
}

/// In each round all stop one session, and all play its reminder.
pub(crate) fn stop(mut me: Member) {
    let options = quiet(&me.dir).player(env!("CARGO_BIN_EXE_herald-player"));
    let manager = AudioManager::open(options).unwrap();
    let state_dir = me.dir.join("state");
    for round in 0..all_rounds() {
        let payload = format!(r#"{{"session_id": "{round}"}}"#);
        let payload = Payload::parse(payload.as_bytes()).unwrap();
        me.line_up();
        manager.handle_event("Stop", &payload);
        me.meet();
        let throttle: Arc<_> = Throttle::open(&state_dir).unwrap().into();
        let authority = Authority::of_user(manager.env()).unwrap();
        let mut player = Reminders::new(throttle.clone(), &state_dir, manager.env(), &authority);
        wait_until("the player keeps the reminder", || {
            let key = format!("session/{round}");
            let kept = kept(&state_dir);
            let mut of_round = kept.iter().filter(|request| {
                let reminder = request.remind.as_ref();
                reminder.is_some_and(|reminder| reminder.key == key)
            });
            of_round.next().map(|request| player.add(request)).is_some()
        });
        me.line_up();
        let due = player.due(SystemClock.unix_ms() + DAY_MS);
        due.iter().for_each(|_| me.board.add(PLAYED));
        me.meet();
        if me.is_first() {
            assert_eq!(me.board.read(PLAYED), round + 1, "in round {round}");
        }
    }
}

#[test]
fn of_32_players_one_plays_the_reminder_that_32_hooks_begin() {
    let dir = dir_in_memory();
    let config = serde_json::json!({"events": {
        "Stop": {"scope": "session", "throttle_seconds": 3_600, "remind": "1h"},
    }});
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    Crew::start("reminders", PROCESSES, dir.path()).finish();
    println!("{} events, one reminder for each", all_rounds());
}

//! What the original's users asked of a manager, put to processes with one each: five play, ten ask
//! the throttle, four dispatch events, at the same moment and again and again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::internals::original::play_audio;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Dispatcher, Options};
use serde_json::Value;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::rounds;

const PROCESSES: usize = 10;
const PLAYING: usize = 5;
const EVENTS: [&str; 4] = ["Notification", "Stop", "PreToolUse", "PostToolUse"];

/// Not throttled; sounds asked for by `play_audio`, those of them that were taken, and sounds of
/// events that were.
const NOT_THROTTLED: Tally = Tally(1);
const ASKED: Tally = Tally(2);
const TAKEN: Tally = Tally(3);
const DISPATCHED: Tally = Tally(4);

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

/// A user with `config.json` in `dir` as the config, and no output.
pub(crate) fn quiet(dir: &Path) -> Options {
    let env = [
        ("HERALD_STATE_DIR", dir.join("state")),
        ("HERALD_CONFIG", dir.join("config.json")),
        ("HERALD_OUTPUT", "null".into()),
    ];
    Options::new().env(Env::of(env)).cwd(dir)
}

fn manager(dir: &Path) -> AudioManager {
    let env = [
        ("HERALD_STATE_DIR", dir.join("state")),
        ("CLAUDE_PROJECT_DIR", dir.to_owned()),
        ("XDG_CONFIG_HOME", dir.to_owned()),
        ("HERALD_OUTPUT", "null".into()),
    ];
    let options = Options::new().env(Env::of(env)).cwd(dir);
    AudioManager::open(options.player(env!("CARGO_BIN_EXE_herald-player"))).unwrap()
}

pub(crate) fn ask(mut me: Member) {
    let manager = manager(&me.dir);
    let dispatcher = Dispatcher::new(manager.clone());
    let second = Duration::from_secs(1);
    for round in 0..all_rounds() {
        // The second of a round that takes longer is over before everybody has asked.
        let key = format!("notification {round}");
        me.line_up();
        if !manager.is_throttled(&key, second * 3_600) {
            me.board.add(NOT_THROTTLED);
        }
        if me.number < PLAYING {
            let (played, _, context) = play_audio(&manager, "notification", true, None);
            let is_told = played || context["reason"] == "busy";
            assert!(is_told, "{context:?}");
            me.board.add(ASKED);
            if played {
                me.board.add(TAKEN);
            }
        }
        if let Some(event) = EVENTS.get(me.number) {
            let report = dispatcher.dispatch(event, "{}");
            assert_eq!(report.errors, [""; 0]);
            if report.sound.played {
                me.board.add(DISPATCHED);
            }
        }
        me.meet();
        if me.number == round as usize % me.len {
            assert_eq!(me.board.read(NOT_THROTTLED), round + 1, "in round {round}");
        }
    }
}

#[test]
fn processes_play_throttle_and_dispatch_at_once() {
    let dir = dir_in_memory();
    // The player is there before the race: what several that start at once hand over may come late.
    let report = manager(dir.path()).play_audio("Stop", true);
    assert!(report.played, "{report:?}");
    let mut crew = Crew::start("manager", PROCESSES, dir.path());
    crew.finish();
    let read = |tally| crew.board().read(tally);
    assert_eq!(read(NOT_THROTTLED), all_rounds());
    assert_eq!(read(ASKED), all_rounds() * PLAYING as u64);
    // How many a player can take is the machine's affair: each that it takes has one outcome.
    let taken = read(TAKEN) + read(DISPATCHED);
    assert!(taken > 0, "nothing was taken");
    let log = dir.path().join("state/log.ndjson");
    let outcomes = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let of_sounds = lines.filter(|line: &Value| line["sound"].is_string());
        of_sounds.count() as u64
    };
    let all = taken + 1;
    wait_until("each sound has an outcome", || outcomes() >= all);
    assert_eq!(outcomes(), all);
    println!(
        "{} rounds: {taken} sounds taken and done, {} told to be too many",
        all_rounds(),
        read(ASKED) - read(TAKEN)
    );
}

//! The control of the race: a throttle in a JSON file, as commonly written.
//!
//! Reads under a shared lock, decides, and writes under an exclusive one. Two processes may both read before
//! either writes, and then both are admitted.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::{HOUR, PROCESSES};
use crate::{is_soak, rounds};

/// Admitted calls, rounds played, and rounds with more than one admission.
const ADMITTED: Tally = Tally(1);
const ROUNDS: Tally = Tally(2);
const WRONG: Tally = Tally(3);

fn most_rounds() -> u64 {
    rounds(100, 2_000)
}

/// Asks in each round until one fails; in the long run, to the end. In the last round all read before any
/// writes, because on one processor that seldom happens by itself.
pub(crate) fn ask(mut me: Member) {
    let path = me.dir.join("throttle.json");
    let mut before = 0;
    for round in 0..most_rounds() {
        me.line_up();
        if me.board.read(WRONG) > 0 && !is_soak() {
            break;
        }
        let is_last = round + 1 == most_rounds();
        let meet = || {
            if is_last {
                me.meet();
            }
        };
        if admit(&path, "Stop", HOUR, meet) {
            me.board.add(ADMITTED);
        }
        me.meet();
        if me.is_first() {
            let admitted = me.board.read(ADMITTED);
            if admitted - before > 1 {
                me.board.add(WRONG);
            }
            before = admitted;
            me.board.add(ROUNDS);
            fs::remove_file(&path).unwrap();
        }
    }
}

fn admit(path: &Path, key: &str, window: Duration, between: impl FnOnce()) -> bool {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = since.as_secs_f64();
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    let mut text = String::new();
    let mut shared = open.open(path).unwrap();
    shared.lock_shared().unwrap();
    shared.read_to_string(&mut text).unwrap();
    shared.unlock().unwrap();
    let mut fired: HashMap<String, f64> = serde_json::from_str(&text).unwrap_or_default();
    between();
    if now - fired.get(key).copied().unwrap_or(0.0) < window.as_secs_f64() {
        return false;
    }
    fired.insert(key.to_owned(), now);
    let mut exclusive = open.open(path).unwrap();
    exclusive.lock().unwrap();
    exclusive.set_len(0).unwrap();
    let text = serde_json::to_string_pretty(&fired).unwrap();
    exclusive.write_all(text.as_bytes()).unwrap();
    exclusive.unlock().unwrap();
    true
}

#[test]
fn a_json_file_read_and_written_under_locks_admits_more_than_one() {
    let dir = dir_in_memory();
    let mut crew = Crew::start("json", PROCESSES, dir.path());
    crew.finish();
    let [admitted, rounds, wrong] = [ADMITTED, ROUNDS, WRONG].map(|tally| crew.board().read(tally));
    assert!(wrong > 0, "one admitted in each of {rounds} rounds");
    println!("{rounds} rounds: {admitted} admitted, more than one in {wrong} rounds");
}

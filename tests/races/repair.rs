//! One new file for a damaged one, which 32 processes find at the same moment.
//!
//! A process waits at most 20 ms for another one that repairs. Then it continues without the file, and
//! retries a second later; so two tables may be in use for a second, and one afterwards. The seconds are
//! those of a manual clock.

use std::fs;
use std::path::Path;

use herald_audio::internals::clock::ManualClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::{HOUR, PROCESSES};
use crate::rounds;

pub(crate) const NOON: u64 = 1_800_000_000_000;
/// Longer than the interval of checking the path.
pub(crate) const A_SECOND: u64 = 1_001;

/// Processes that report a replacement, that start without the file, that are admitted at first, and that are
/// admitted a second later.
const REPAIRED: Tally = Tally(1);
const WITHOUT: Tally = Tally(2);
const EARLY: Tally = Tally(3);
const LATE: Tally = Tally(4);

fn all_rounds() -> u64 {
    rounds(24, 300)
}

/// Writes a damaged file into `dir`, with different damage in each of three rounds; returns its content.
fn damage(dir: &Path, round: u64) -> Vec<u8> {
    fs::create_dir(dir).unwrap();
    drop(StateFile::open(dir));
    let path = dir.join("throttle.v1");
    let mut bytes = fs::read(&path).unwrap();
    match round % 3 {
        0 => bytes[0] ^= 1,
        1 => bytes.truncate(5_000),
        _ => bytes.clear(),
    }
    fs::write(&path, &bytes).unwrap();
    bytes
}

/// Only the old file is left next to the new one, unchanged.
fn assert_tidy(dir: &Path, damaged: &[u8]) {
    for entry in fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let may_be = ["", ".repair", ".locked", ".damaged-0"];
        let may_be = may_be.map(|end| format!("throttle.v1{end}"));
        assert!(may_be.contains(&name), "{name}");
    }
    assert!(fs::read(dir.join("throttle.v1.damaged-0")).unwrap() == damaged);
}

/// In each round opens the damaged file of a new directory, and asks, at once and a second later.
pub(crate) fn open(mut me: Member) {
    for round in 0..all_rounds() {
        let dir = me.dir.join(round.to_string());
        let damaged = me.is_first().then(|| damage(&dir, round));
        me.line_up();
        let clock = ManualClock::at(NOON);
        let throttle = Table::new(StateFile::open(&dir), &clock);
        let health = throttle.storage().health();
        let is_repair = |problem: &String| problem.contains("was replaced");
        if health.problems.iter().any(is_repair) {
            me.board.add(REPAIRED);
        }
        if health.storage != Storage::Mapped {
            me.board.add(WITHOUT);
        }
        if throttle.admit("early", HOUR).is_admitted() {
            me.board.add(EARLY);
        }
        me.meet();
        clock.advance(A_SECOND);
        if throttle.admit("late", HOUR).is_admitted() {
            me.board.add(LATE);
        }
        let health = throttle.storage().health();
        assert_eq!(health.storage, Storage::Mapped, "{:?}", health.problems);
        me.meet();
        if let Some(damaged) = damaged {
            assert_eq!(me.board.read(REPAIRED), round + 1, "in round {round}");
            assert_eq!(me.board.read(LATE), round + 1, "in round {round}");
            assert_tidy(&dir, &damaged);
            fs::remove_dir_all(&dir).unwrap();
        }
    }
}

#[test]
fn of_32_processes_that_find_a_damaged_file_one_replaces_it_for_all() {
    let dir = dir_in_memory();
    let mut crew = Crew::start("repair", PROCESSES, dir.path());
    crew.finish();
    let [without, early] = [WITHOUT, EARLY].map(|tally| crew.board().read(tally));
    assert_eq!(crew.board().read(LATE), all_rounds());
    println!(
        "{} rounds: {without} processes without the file at first, {early} admitted then",
        all_rounds()
    );
}

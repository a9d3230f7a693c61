//! 32 processes open a missing file at the same moment, and none sees an incomplete one.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, dir_on_disk};
use crate::race::{HOUR, PROCESSES};
use crate::{is_soak, rounds};

/// Admitted calls, which also shows that all use the same file.
const ADMITTED: Tally = Tally(1);
/// The control: rounds played, incomplete files seen, and rounds in which one was seen.
const ROUNDS: Tally = Tally(1);
const HALF_MADE: Tally = Tally(2);
const WRONG: Tally = Tally(3);

fn all_rounds() -> u64 {
    rounds(60, 300)
}

fn names_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// In each round opens the state file of a new directory, and asks.
pub(crate) fn open(mut me: Member) {
    for round in 0..all_rounds() {
        let dir = me.dir.join(round.to_string());
        if me.is_first() {
            fs::create_dir(&dir).unwrap();
        }
        me.line_up();
        let throttle = Table::new(StateFile::open(&dir), SystemClock);
        let health = throttle.storage().health();
        assert_eq!(health.problems, Vec::<String>::new(), "in round {round}");
        assert_eq!(health.storage, Storage::Mapped, "in round {round}");
        if throttle.admit("Stop", HOUR).is_admitted() {
            me.board.add(ADMITTED);
        }
        me.meet();
        if me.is_first() {
            assert_eq!(me.board.read(ADMITTED), round + 1, "in round {round}");
            assert_eq!(names_in(&dir), ["throttle.v1"], "in round {round}");
            fs::remove_dir_all(&dir).unwrap();
        }
    }
}

fn race_in(dir: &Path) {
    let mut crew = Crew::start("creation", PROCESSES, dir);
    crew.finish();
    assert_eq!(crew.board().read(ADMITTED), all_rounds());
    println!("{} rounds, one file in each", all_rounds());
}

#[test]
fn of_32_processes_that_create_in_memory_all_use_one_complete_file() {
    race_in(dir_in_memory().path());
}

#[test]
fn of_32_processes_that_create_on_disk_all_use_one_complete_file() {
    race_in(dir_on_disk().path());
}

/// The control: in each round opens a file created in place, until one is incomplete; in the long run, to the
/// end.
pub(crate) fn open_naively(mut me: Member) {
    let mut before = 0;
    let all = rounds(200, 2_000);
    for round in 0..all {
        let path = me.dir.join(round.to_string());
        me.line_up();
        if me.board.read(WRONG) > 0 && !is_soak() {
            break;
        }
        // In the last round the header is written after all have looked, because on one processor that seldom
        // happens by itself.
        let mut meet = || {
            if round + 1 == all {
                me.meet();
            }
        };
        let is_complete = match create_naively(&path) {
            Some(file) => {
                meet();
                file.write_all_at(&HEADER, 0).unwrap();
                true
            }
            None => {
                let is_complete = is_complete(&path);
                meet();
                is_complete
            }
        };
        if !is_complete {
            me.board.add(HALF_MADE);
        }
        me.meet();
        if me.is_first() {
            let half_made = me.board.read(HALF_MADE);
            if half_made > before {
                me.board.add(WRONG);
            }
            before = half_made;
            me.board.add(ROUNDS);
            fs::remove_file(&path).unwrap();
        }
    }
}

const HEADER: [u8; 64] = [b'h'; 64];

/// Creates the file and allocates its pages; the header comes last. None if it exists.
fn create_naively(path: &Path) -> Option<File> {
    const LEN: usize = 135_168;
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => {
            file.set_len(LEN as u64).unwrap();
            file.write_all_at(&[0; LEN], 0).unwrap();
            Some(file)
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
            None
        }
    }
}

/// Whether the file has a header.
fn is_complete(path: &Path) -> bool {
    let mut found = [0; HEADER.len()];
    let file = File::open(path).unwrap();
    file.read_exact_at(&mut found, 0).is_ok() && found == HEADER
}

#[test]
fn a_file_made_in_place_is_found_half_made() {
    let dir = dir_in_memory();
    let mut crew = Crew::start("half-made", PROCESSES, dir.path());
    crew.finish();
    let [rounds, half_made, wrong] =
        [ROUNDS, HALF_MADE, WRONG].map(|tally| crew.board().read(tally));
    assert!(wrong > 0, "complete in each of {rounds} rounds");
    println!("{rounds} rounds: {half_made} times half-made, in {wrong} rounds");
}

//! Processes killed at any moment while they create or repair the state file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::dice::Dice;
use crate::race::HOUR;
use crate::rounds;

/// Directories used so far.
const BEGUN: Tally = Tally(1);

/// Creates state files forever, each in its own directory, alternately from nothing and in place of a damaged
/// one.
pub(crate) fn make(me: Member) {
    for number in 0.. {
        let what = if number % 2 == 0 { "new" } else { "repaired" };
        let dir = me
            .dir
            .join(format!("{what}-{}-{number}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        if what == "repaired" {
            fs::write(dir.join("throttle.v1"), "damaged").unwrap();
        }
        me.board.add(BEGUN);
        let health = StateFile::open(&dir).health();
        assert_eq!(health.storage, Storage::Mapped, "{:?}", health.problems);
        fs::remove_dir_all(&dir).unwrap();
    }
}

/// The leftovers of killed processes.
#[derive(Debug, Default)]
struct Found {
    /// Temporary files.
    temporary: u64,
    /// Directories without a state file.
    without: u64,
}

/// The next process finds no obstacle, and gets a working file.
fn open_after(dir: &Path, found: &mut Found) {
    let is_new = dir
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .starts_with("new");
    found.without += u64::from(!dir.join("throttle.v1").exists());
    for entry in fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_temporary = name.starts_with("throttle.v1.") && name.ends_with(".tmp");
        found.temporary += u64::from(is_temporary);
        let of_repair = ["throttle.v1.repair", "throttle.v1.damaged-0"];
        let may_be =
            is_temporary || name == "throttle.v1" || !is_new && of_repair.contains(&name.as_str());
        assert!(may_be, "{name} was left in {}", dir.display());
    }
    let throttle = Table::new(StateFile::open(dir), SystemClock);
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::Mapped, "{:?}", health.problems);
    assert!(
        !is_new || health.problems.is_empty(),
        "{:?}",
        health.problems
    );
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    assert!(!throttle.admit("Stop", HOUR).is_admitted());
}

#[test]
fn processes_killed_while_they_make_the_file_leave_nothing_in_the_way() {
    let kills = rounds(100, 1_000);
    let dir = dir_in_memory();
    let mut dice = Dice::new();
    let mut found = Found::default();
    let mut crew = Crew::start("torn", 1, dir.path());
    let mut killed = 0;
    // Until a process was killed while it created a file.
    while killed < kills || found.temporary == 0 {
        assert!(
            killed < 100 * kills,
            "nobody was killed while it made a file"
        );
        killed += 1;
        let begun = crew.board().read(BEGUN);
        wait_until("another file is made", || crew.board().read(BEGUN) > begun);
        dice.pause(Duration::from_millis(1));
        crew.kill(0);
        for entry in fs::read_dir(dir.path()).unwrap() {
            let torn = entry.unwrap();
            if torn.file_name() != "board" {
                open_after(&torn.path(), &mut found);
                fs::remove_dir_all(torn.path()).unwrap();
            }
        }
        crew.replace(0);
    }
    println!("{killed} kills: {found:?}");
}

//! One winner: 32 processes ask at the same moment, repeatedly.

use std::time::Duration;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;
use herald_audio::internals::throttle::{Key, SETS, WAYS};

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::rounds;

pub(crate) const PROCESSES: usize = 32;
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// Admitted calls, for the one key and for new keys.
const ADMITTED: Tally = Tally(1);
const NEWCOMERS: Tally = Tally(2);

fn all_rounds() -> u64 {
    rounds(100, 2_000)
}

/// Keys of one set, twice as many as its words: in turn, each is new to a full set.
fn newcomers() -> Vec<Key> {
    let keys = (0..).map(|number| Key::new(&format!("newcomer {number}")));
    keys.filter(|key| key.set(SETS) == 7)
        .take(2 * WAYS)
        .collect()
}

/// Asks in each round for one known key, and for one that must displace another.
pub(crate) fn ask(mut me: Member) {
    let throttle = Table::new(StateFile::open(&me.dir), SystemClock);
    assert_eq!(throttle.storage().health().storage, Storage::Mapped);
    let newcomers = newcomers();
    for round in 0..all_rounds() {
        let newcomer = newcomers[round as usize % newcomers.len()];
        me.line_up();
        for (key, admitted) in [(Key::of_static("Stop"), ADMITTED), (newcomer, NEWCOMERS)] {
            if throttle.admit(key, HOUR).is_admitted() {
                me.board.add(admitted);
            }
        }
        me.meet();
        // Nobody asks until this member comes to the next meeting.
        if me.number == round as usize % me.len {
            assert_eq!(me.board.read(ADMITTED), round + 1, "in round {round}");
            assert_eq!(me.board.read(NEWCOMERS), round + 1, "new in round {round}");
            assert!(throttle.reset("Stop"));
        }
    }
}

#[test]
fn of_32_processes_one_is_admitted_in_each_round() {
    let dir = dir_in_memory();
    let mut crew = Crew::start("race", PROCESSES, dir.path());
    crew.finish();
    assert_eq!(crew.board().read(ADMITTED), all_rounds());
    assert_eq!(crew.board().read(NEWCOMERS), all_rounds());
    println!("{} rounds, one admitted in each", all_rounds());
}

//! One table for all, also after the file was removed: who has it mapped follows the path.

use std::fs;

use herald_audio::internals::clock::ManualClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::HOUR;
use crate::repair::{A_SECOND, NOON};

const PROCESSES: usize = 8;
/// A process follows the path this often and a little longer.
const ROUNDS: u64 = 60;

/// Processes admitted before and after a second has passed.
const EARLY: Tally = Tally(1);
const LATE: Tally = Tally(2);

/// Keeps the file open while it is removed in each round, by turns with and without a newcomer that
/// makes another one.
pub(crate) fn follow(mut me: Member) {
    let clock = ManualClock::at(NOON);
    let throttle = Table::new(StateFile::open(&me.dir), &clock);
    let admit = |key: &str| throttle.admit(key, HOUR).is_admitted();
    for round in 0..ROUNDS {
        let [early, late] = ["early", "late"].map(|when| format!("{when} {round}"));
        me.meet();
        if admit(&early) {
            me.board.add(EARLY);
        }
        me.meet();
        let is_remover = me.number == round as usize % me.len;
        if is_remover {
            fs::remove_file(me.dir.join("throttle.v1")).unwrap();
            if round % 2 == 0 {
                let newcomer = Table::new(StateFile::open(&me.dir), &clock);
                assert!(
                    newcomer.admit(early.as_str(), HOUR).is_admitted(),
                    "not new"
                );
            }
        }
        me.line_up();
        assert!(!admit(&early), "no look is due");
        clock.advance(A_SECOND);
        if admit(&late) {
            me.board.add(LATE);
        }
        let health = throttle.storage().health();
        assert_eq!(health.storage, Storage::Mapped, "in round {round}");
        assert_eq!(health.problems, Vec::<String>::new(), "in round {round}");
        me.meet();
        if me.is_first() {
            let newcomer = Table::new(StateFile::open(&me.dir), &clock);
            let is_at_path = newcomer.recall(late.as_str()).is_some();
            assert!(is_at_path, "round {round} was played with another file");
            assert_eq!(me.board.read(EARLY), round + 1, "in round {round}");
            assert_eq!(me.board.read(LATE), round + 1, "in round {round}");
        }
    }
}

#[test]
fn processes_that_keep_a_removed_file_open_change_over_to_the_new_one() {
    let dir = dir_in_memory();
    let mut crew = Crew::start("path", PROCESSES, dir.path());
    crew.finish();
    assert_eq!(crew.board().read(LATE), ROUNDS);
    println!("{ROUNDS} files followed");
}

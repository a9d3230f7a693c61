//! One winner where no file can be mapped.
//!
//! There, a call waits at most 5 ms for the lock; without it, it decides alone and reports that, because an
//! extra sound is better than a missing one. So among the calls with the lock exactly one is admitted, and
//! every call without it is. How many those are depends on the machine; the test only counts them.

use std::fs;
use std::path::Path;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::state_file::{Health, StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::{HOUR, PROCESSES};
use crate::rounds;

/// Calls admitted and suppressed with the lock, and admitted without.
const ADMITTED: Tally = Tally(1);
const SUPPRESSED: Tally = Tally(2);
const ALONE: Tally = Tally(3);

fn all_rounds() -> u64 {
    rounds(50, 500)
}

/// Prevents mapping in `dir`, and setting the obstacle aside.
pub(crate) fn forbid_mapping(dir: &Path) {
    for name in ["throttle.v1", "throttle.v1.repair"] {
        fs::create_dir_all(dir.join(name).join("in the way")).unwrap();
    }
}

/// Whether a call was decided without the others.
pub(crate) fn is_alone(health: &Health) -> bool {
    let alone = |problem: &String| problem.contains("without other processes");
    health.problems.iter().any(alone)
}

/// Asks once in each round, with the file opened again, like a hook.
pub(crate) fn ask(mut me: Member) {
    let mut before = [0; 3];
    for round in 0..all_rounds() {
        me.line_up();
        let throttle = Table::new(StateFile::open(&me.dir), SystemClock);
        let is_admitted = throttle.admit("Stop", HOUR).is_admitted();
        let health = throttle.storage().health();
        assert_eq!(health.storage, Storage::Locked, "{:?}", health.problems);
        me.board.add(match (is_admitted, is_alone(&health)) {
            (true, false) => ADMITTED,
            (false, false) => SUPPRESSED,
            (true, true) => ALONE,
            (false, true) => panic!("a call that could not ask the others was lost"),
        });
        me.meet();
        if me.is_first() {
            let now = [ADMITTED, SUPPRESSED, ALONE].map(|tally| me.board.read(tally));
            let [admitted, suppressed, alone] = std::array::from_fn(|n| now[n] - before[n]);
            before = now;
            assert_eq!(
                admitted + suppressed + alone,
                me.len as u64,
                "round {round}"
            );
            let expected = u64::from(alone < me.len as u64);
            assert_eq!(admitted, expected, "round {round}, {alone} alone");
            // Nobody has the lock now.
            assert_eq!(throttle.reset("Stop"), admitted == 1, "round {round}");
        }
    }
}

#[test]
fn of_32_processes_that_get_the_lock_one_is_admitted_in_each_round() {
    let dir = dir_in_memory();
    forbid_mapping(dir.path());
    let mut crew = Crew::start("locked", PROCESSES, dir.path());
    crew.finish();
    let [admitted, suppressed, alone] =
        [ADMITTED, SUPPRESSED, ALONE].map(|tally| crew.board().read(tally));
    assert!(admitted > 0, "nobody ever got the lock");
    println!(
        "{} rounds: {admitted} admitted, {suppressed} suppressed, {alone} alone",
        all_rounds()
    );
}

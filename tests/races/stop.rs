//! Processes stopped at any moment while they ask: the others continue.

use std::path::Path;
use std::time::Duration;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::dice::Dice;
use crate::locked::{forbid_mapping, is_alone};
use crate::rounds;

const PROCESSES: usize = 4;
/// The calls that each of the others must answer before the stopped one continues.
const ENOUGH: u64 = 20;
/// Set at the end.
const OVER: Tally = Tally(1);
/// Calls decided alone, because a process kept the lock.
const ALONE: Tally = Tally(2);

/// The calls answered to a member.
const fn answered(member: usize) -> Tally {
    Tally(3 + member)
}

/// Asks until the end: with a window of zero, so that each call changes a word, and with another.
pub(crate) fn ask(me: Member) {
    let open = || Table::new(StateFile::open(&me.dir), SystemClock);
    let mut throttle = open();
    while me.board.read(OVER) == 0 {
        assert!(throttle.admit("PreToolUse", Duration::ZERO).is_admitted());
        me.board.add(answered(me.number));
        let _ = throttle.admit("Stop", Duration::from_millis(1));
        me.board.add(answered(me.number));
        let health = throttle.storage().health();
        if health.storage == Storage::Locked {
            if is_alone(&health) {
                me.board.add(ALONE);
            }
            // Reports it only once.
            throttle = open();
        }
    }
}

/// Stops one member after the other, `times` in total and until `is_enough`, which gets the number of calls
/// decided alone while one was stopped.
fn stop_in_turn(dir: &Path, times: u64, mut is_enough: impl FnMut(u64) -> bool) {
    let mut dice = Dice::new();
    let mut crew = Crew::start("stop", PROCESSES, dir);
    let answered_to = |crew: &Crew| -> [u64; PROCESSES] {
        std::array::from_fn(|member| crew.board().read(answered(member)))
    };
    wait_until("all ask", || !answered_to(&crew).contains(&0));
    let mut stops = 0;
    let mut was_enough = false;
    while stops < times || !was_enough {
        assert!(stops < 1_000 * times, "never stopped where it matters");
        dice.pause(Duration::from_millis(2));
        let stopped = dice.below(PROCESSES);
        crew.stop(stopped);
        let (before, alone) = (answered_to(&crew), crew.board().read(ALONE));
        wait_until("the others have gone on", || {
            let mut on = answered_to(&crew).into_iter().zip(before).enumerate();
            on.all(|(member, (now, before))| member == stopped || now >= before + ENOUGH)
        });
        let now = answered_to(&crew)[stopped];
        assert_eq!(now, before[stopped], "it was not stopped");
        was_enough |= is_enough(crew.board().read(ALONE) - alone);
        crew.resume(stopped);
        stops += 1;
    }
    crew.board().add(OVER);
    crew.finish();
    println!("stopped {stops} times; answered {:?}", answered_to(&crew));
}

#[test]
fn a_stopped_process_keeps_nobody_waiting() {
    let dir = dir_in_memory();
    stop_in_turn(dir.path(), rounds(100, 1_000), |alone| alone == 0);
    let health = StateFile::open(dir.path()).health();
    assert_eq!(health.storage, Storage::Mapped);
    assert_eq!(health.problems, Vec::<String>::new());
}

#[test]
fn a_process_stopped_with_the_lock_keeps_nobody_waiting() {
    let dir = dir_in_memory();
    forbid_mapping(dir.path());
    let mut with_the_lock = 0;
    stop_in_turn(dir.path(), rounds(20, 200), |alone| {
        // Nearly all calls meanwhile; fewer would be a coincidence.
        with_the_lock += u64::from(alone >= ENOUGH);
        with_the_lock > 0
    });
    println!("{with_the_lock} times with the lock");
    let health = StateFile::open(dir.path()).health();
    assert_eq!(health.storage, Storage::Locked);
}

//! Processes killed at any moment, while they ask.

use std::time::Duration;

use herald_audio::internals::clock::{Clock, ManualClock, SystemClock};
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory, wait_until};
use crate::dice::Dice;
use crate::rounds;

const PROCESSES: usize = 8;
/// Names and windows, in milliseconds. The clock may tick only every 4 ms.
const KEYS: [(&str, u64); 4] = [
    ("Stop", 50),
    ("Notification", 50),
    ("SubagentStop", 5),
    ("PreToolUse", 1),
];
/// Raised when all is over.
const OVER: Tally = Tally(1);

/// Calls begun for a key, and calls ended, one way or the other.
const fn asked(key: usize) -> Tally {
    Tally(3 + 3 * key)
}
const fn admitted(key: usize) -> Tally {
    Tally(4 + 3 * key)
}
const fn suppressed(key: usize) -> Tally {
    Tally(5 + 3 * key)
}

/// Asks for each key in turn, until all is over.
pub(crate) fn ask(me: Member) {
    let throttle = Table::new(StateFile::open(&me.dir), SystemClock);
    while me.board.read(OVER) == 0 {
        for (key, (name, window)) in KEYS.into_iter().enumerate() {
            let window = Duration::from_millis(window);
            me.board.add(asked(key));
            let decision = throttle.admit(name, window);
            match decision.retry_after() {
                None => me.board.add(admitted(key)),
                Some(retry_after) => {
                    me.board.add(suppressed(key));
                    assert!(retry_after <= window, "{name}: {retry_after:?}");
                }
            }
        }
    }
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::Mapped, "{:?}", health.problems);
}

#[test]
fn processes_killed_while_they_ask_leave_a_throttle_that_works() {
    let kills = rounds(150, 1_000);
    let dir = dir_in_memory();
    let mut dice = Dice::new();
    // By the clock of the throttle itself: the stamps of a key's firings are a window apart, the
    // first is no earlier than this, and the last no later than the reading below.
    let started = SystemClock.unix_ms();
    let mut crew = Crew::start("storm", PROCESSES, dir.path());
    let sum = |crew: &Crew, tally: fn(usize) -> Tally| -> u64 {
        let of_keys = (0..KEYS.len()).map(|key| crew.board().read(tally(key)));
        of_keys.sum()
    };
    // Calls of the dead, where there are more than the living may have.
    let unanswered = |crew: &Crew| {
        let begun = sum(crew, asked);
        begun.saturating_sub(sum(crew, admitted) + sum(crew, suppressed))
    };
    let mut killed = 0;
    while killed < kills || unanswered(&crew) <= PROCESSES as u64 {
        assert!(killed < 100 * kills, "nobody was killed while it asked");
        killed += 1;
        // Else only those are killed that have not come to asking.
        let begun = sum(&crew, asked);
        wait_until("somebody asks", || sum(&crew, asked) > begun);
        dice.pause(Duration::from_millis(10));
        let unlucky = dice.below(PROCESSES);
        crew.kill(unlucky);
        crew.replace(unlucky);
    }
    // Each key fires now and then, however little there is to fire it.
    wait_until("each key has fired", || {
        (0..KEYS.len()).all(|key| crew.board().read(admitted(key)) > 0)
    });
    crew.board().add(OVER);
    crew.finish();
    let ended = SystemClock.unix_ms();

    let (begun, fired) = (sum(&crew, asked), sum(&crew, admitted));
    let unanswered = begun - fired - sum(&crew, suppressed);
    println!("{killed} kills, {unanswered} in {begun} calls; {fired} admitted");
    assert!(unanswered > 0, "nobody was killed while it asked");
    assert!(unanswered <= killed, "{unanswered} calls without an answer");
    for (key, (name, window)) in KEYS.into_iter().enumerate() {
        let fired = crew.board().read(admitted(key));
        let most = (ended - started) / window + 1;
        assert!((1..=most).contains(&fired), "{name}: {fired} of {most}");
    }
    assert_works(dir.path(), ended);
}

/// The file is in order, and no key stays silent longer than its window.
fn assert_works(dir: &std::path::Path, now: u64) {
    let throttle = Table::new(StateFile::open(dir), ManualClock::at(now));
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::Mapped);
    assert_eq!(health.problems, Vec::<String>::new());
    for (name, window) in KEYS {
        let throttle = Table::new(StateFile::open(dir), ManualClock::at(now + window));
        let window = Duration::from_millis(window);
        assert!(throttle.admit(name, window).is_admitted(), "{name}");
        assert!(!throttle.admit(name, window).is_admitted(), "{name}");
    }
}

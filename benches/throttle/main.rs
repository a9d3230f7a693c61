//! The throttle beside what a user would pick instead, in one run.
//!
//! # What is asked
//!
//! "Suppressed" asks about a key that fired just now, "admitted" asks with no window; all threads
//! and processes ask about one key, which is the worst case for what they share. The clock is
//! part of every check, except where the time is given. Alternatives that keep their state in
//! one process cannot throttle hooks, which are processes of their own; they are here as a
//! measure.
//!
//! # How it is measured
//!
//! A figure is the median time of a check in batches of them, and the median of three such
//! medians; the contestants take turns, so that a slow minute of the machine is nobody's own.
//! Threads and processes ask for the same length of time, not a number of times each, so that all
//! of them ask until the end. The files are in the system's temporary directory: `TMPDIR` moves
//! them to another medium. With `--test` everything runs once, briefly.
//!
//! Not with divan, which measures the hook, for three reasons:
//!
//! - It passes each result by value through an optimisation barrier, which copies it. Copying
//!   the 24 bytes of a [`herald_audio::internals::throttle::Decision`] that was just written in smaller pieces
//!   takes 3 to 6 ns, half as long as the check itself; a contestant that answers with a flag
//!   pays nothing. Here each answers with a flag, which is what a caller branches on.
//! - Its threads meet at a barrier before every sample, and one of 10,000 checks can be over
//!   before the others have woken up: two threads that admitted one key took no longer than one.
//! - It knows no processes.
//!
//! # Limits
//!
//! Batches let the processor overlap one check with the next, as a program that checks in a loop
//! would. A check on its own, with cold caches, takes as long as what it has to fetch. "Open to
//! close" includes giving a mapping back, which a process that ends right away leaves to the system:
//! "fork to exit" is a child of this program that asks once and ends, beside one that does nothing.

mod contestants;
mod files;
mod measure;
mod processes;
mod tables;

use std::fmt::{self, Display, Formatter};

use benches::{Figure, crowding};
use herald_audio::internals::clock::{ManualClock, SystemClock};
use herald_audio::internals::throttle::Key;

use contestants::{
    ClockAlone, ClockAndLine, Contestant, Governor, GovernorGiven, Herald, HeraldHashing,
    HeraldLocked, HeraldOnce, MutexAndMap, MutexAndMapGiven, Nothing,
};
use files::{BareCalls, Flock, FlockedJson, Sqlite};
use measure::{Answer, Effort};

/// Settings for what is the same in any company.
const ALONE: &[Setting] = &[Setting::Threads(1)];
/// For what processes cannot share.
const THREADS: &[Setting] = &[
    Setting::Threads(1),
    Setting::Threads(2),
    Setting::Threads(8),
];
const ALL: &[Setting] = &[
    Setting::Threads(1),
    Setting::Threads(2),
    Setting::Threads(8),
    Setting::Processes(1),
    Setting::Processes(2),
    Setting::Processes(8),
    Setting::OneShot,
    Setting::WholeProcess,
];
/// For what asks once.
const ONCE: &[Setting] = &[Setting::OneShot, Setting::WholeProcess];

/// Who takes part, and where.
const ENTRANTS: [Entrant; 15] = [
    Entrant::new::<Herald<SystemClock>>(ALL),
    Entrant::new::<HeraldOnce>(ONCE),
    Entrant::new::<HeraldLocked>(ALL),
    Entrant::new::<Flock>(ALL),
    Entrant::new::<Sqlite>(ALL),
    Entrant::new::<FlockedJson>(ALL),
    Entrant::new::<Governor>(THREADS),
    Entrant::new::<MutexAndMap>(THREADS),
    Entrant::new::<BareCalls>(ONCE),
    Entrant::new::<Nothing>(&[Setting::WholeProcess]),
    Entrant::new::<ClockAlone>(ALONE),
    Entrant::new::<Herald<ManualClock>>(ALONE),
    Entrant::new::<GovernorGiven>(ALONE),
    Entrant::new::<MutexAndMapGiven>(ALONE),
    Entrant::new::<HeraldHashing>(ALONE),
];
/// Who is asked about many keys.
const OF_MANY_KEYS: [Entrant; 4] = [
    Entrant::new::<Herald<SystemClock>>(ALONE),
    Entrant::new::<Governor>(ALONE),
    Entrant::new::<MutexAndMap>(ALONE),
    Entrant::new::<ClockAndLine>(ALONE),
];

/// In what company a check is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Setting {
    /// In each of so many threads of one process.
    Threads(usize),
    /// In each of so many processes.
    Processes(usize),
    /// Alone, and opening and closing what is needed for it.
    OneShot,
    /// In a process of its own, from its fork to its end, which closes what was opened.
    WholeProcess,
}

impl Setting {
    /// Who ask at the same time.
    const fn participants(self) -> usize {
        match self {
            Self::Threads(count) | Self::Processes(count) => count,
            Self::OneShot | Self::WholeProcess => 1,
        }
    }

    /// Participants for each processor; 1 if there is one for everybody.
    fn crowding(self) -> f64 {
        crowding(self.participants())
    }
}

impl Display for Setting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threads(1) => write!(f, "1 thread"),
            Self::Threads(n) => write!(f, "{n} threads"),
            Self::Processes(1) => write!(f, "1 process"),
            Self::Processes(n) => write!(f, "{n} processes"),
            Self::OneShot => write!(f, "open to close"),
            Self::WholeProcess => write!(f, "fork to exit"),
        }
    }
}

/// A contestant, and what can be measured of it.
struct Entrant {
    name: &'static str,
    settings: &'static [Setting],
    figure: fn(Setting, Answer, Effort) -> Figure,
    walk: fn(&[Key], Answer, Effort) -> (Figure, f64),
    race: fn(usize, Effort) -> usize,
    child: fn(&[String]),
}

impl Entrant {
    const fn new<C: Contestant>(settings: &'static [Setting]) -> Self {
        Self {
            name: C::NAME,
            settings,
            figure: |setting, answer, effort| match setting {
                Setting::Threads(count) => measure::threads::<C>(count, answer, effort),
                Setting::Processes(count) => processes::processes::<C>(count, answer, effort),
                Setting::OneShot => measure::one_shot::<C>(answer, effort),
                Setting::WholeProcess => measure::whole_process::<C>(answer, effort),
            },
            walk: measure::walk::<C>,
            race: processes::race::<C>,
            child: processes::child::<C>,
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, name, arguments @ ..] = arguments.as_slice()
        && child == "child"
    {
        let entrant = ENTRANTS.iter().find(|entrant| entrant.name == name);
        return (entrant.expect("a contestant").child)(arguments);
    }
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let effort = if has("--bench") && !has("--test") {
        Effort::FULL
    } else {
        Effort::ONCE
    };
    if effort.repeats == 1 {
        println!("Everything runs once, to see that it does; the figures mean nothing.\n");
    }
    tables::print_checks(effort);
    tables::print_keys(effort);
}

//! A throttle check from Rust, C and Python, beside the original's Python, in one run.
//!
//! # What is asked
//!
//! "Suppressed" asks about a key that fired just now, "admitted" asks and is admitted each time,
//! and the check writes that down. The clock is part of every check.
//!
//! | | suppressed | admitted |
//! |---|---|---|
//! | Rust, C: by key | `admit` with a key hashed before, an hour's window | the same with no window |
//! | Rust, C: by name | `is_throttled`, an hour's window | `admit` with no window, the name hashed |
//! | Python | `is_throttled_safe`, an hour's window | `admit` with no window |
//! | the original | `is_throttled_safe`, an hour's window | the same, with a nanosecond's |
//!
//! `is_throttled` marks nothing when it has no window, as in the original, and with one Herald
//! admits once in a tick of the clock at most. So what is admitted asks `admit`, which does the
//! same and has a larger answer to give.
//!
//! The original is the throttle that its ADR-003 designed for many threads, written anew in
//! `original.py`: a JSON file that is locked to read and again to write.
//!
//! "Nothing" is a call of the same shape that returns at once: what the language takes for itself.
//!
//! # How it is measured
//!
//! Each contestant has a state directory of its own and, unless it is Rust, a process of its own
//! that times itself with its language's clock. A figure is the median of the rounds, of which each
//! is the median time of a check in batches of them. In each round all take short turns, another
//! one first each time. Who shares a core with another machine is slower by two thirds while that
//! one is busy, so what is set beside something else is compared within each round, and the median
//! of that counts. Every answer is held against what it must be.
//!
//! With `--test` everything runs once, briefly, on libraries that are not optimised: those are
//! built in a third of the time, and tests have built most of them before.
//!
//! What is measured is built from this checkout: the static library for C, and the extension for
//! Python, put into a copy of the package. Where there is no compiler for C or no Python, its row
//! says so.
//!
//! # Limits
//!
//! Batches let the processor overlap one check with the next, as a program that checks in a loop
//! would. `benches/throttle` measures threads and processes that ask at the same time.

mod building;
mod child;
mod here;

use std::time::Duration;

use benches::median;
use benches::table::{heading, print, row, show};
use building::{Package, Program};
use child::Child;
use here::{By, Here};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Suppressed,
    Admitted,
    Nothing,
}

const CASES: [Case; 3] = [Case::Suppressed, Case::Admitted, Case::Nothing];

/// How much to measure.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// For each case in each round; at least one batch is measured.
    time: Duration,
    /// Cargo's option for how to build what is measured, and where that comes to lie.
    profile: (&'static str, &'static str),
}

const FULL: Effort = Effort {
    rounds: 200,
    time: Duration::from_millis(10),
    profile: ("--release", "release"),
};
const ONCE: Effort = Effort {
    rounds: 1,
    time: Duration::ZERO,
    profile: ("--profile=dev", "debug"),
};

/// Who can be asked.
enum Asked {
    Here(Here),
    Child(Child),
}

struct Contestant {
    name: &'static str,
    /// Or why nobody can be asked.
    asked: Result<Asked, String>,
    /// Of each case, a time for each round, in nanoseconds.
    times: [Vec<f64>; 3],
}

impl Contestant {
    fn new(name: &'static str, asked: Result<Asked, String>) -> Self {
        let times = Default::default();
        Self { name, asked, times }
    }

    fn measure(&mut self, case: Case, time: Duration) {
        if let Ok(asked) = &mut self.asked {
            self.times[case as usize].push(match asked {
                Asked::Here(here) => here.measure(case, time),
                Asked::Child(child) => child.measure(case, time),
            });
        }
    }

    fn median(&self, case: Case) -> f64 {
        median(self.times[case as usize].clone())
    }

    /// What `compare` makes of the times of this one and of `other`, in the median round.
    fn beside(&self, other: &Self, case: Case, compare: fn(f64, f64) -> f64) -> f64 {
        let times = |one: &Self| one.times[case as usize].clone().into_iter();
        let rounds = times(self).zip(times(other));
        median(rounds.map(|(own, other)| compare(own, other)).collect())
    }
}

const RUST: &str = "Rust, by key";
const C: &str = "C, by key";
const PYTHON: &str = "Python";
const ORIGINAL: &str = "the original's Python";

fn main() {
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    let effort = if has("--bench") && !has("--test") {
        FULL
    } else {
        println!("Everything runs once, to see that it does; the figures mean nothing.\n");
        ONCE
    };
    let built = Built {
        c: building::c_program(effort.profile),
        python: building::python_package(effort.profile),
    };
    let mut contestants = contestants(&built);
    for round in 0..effort.rounds {
        for case in CASES {
            for turn in 0..contestants.len() {
                let next = (round + turn) % contestants.len();
                contestants[next].measure(case, effort.time);
            }
        }
    }
    print_checks(&contestants);
    print_targets(&contestants);
}

/// What is not in this process.
struct Built {
    c: Result<Program, String>,
    python: Result<Package, String>,
}

fn contestants(built: &Built) -> Vec<Contestant> {
    let here = |by| Ok(Asked::Here(Here::new(by)));
    let child = |program| Asked::Child(Child::start(program));
    let c = |by| match &built.c {
        Ok(program) => Ok(child(program.program(by))),
        Err(why) => Err(why.clone()),
    };
    let python = |who| match &built.python {
        Ok(package) => Ok(child(package.program(who))),
        Err(why) => Err(why.clone()),
    };
    vec![
        Contestant::new(RUST, here(By::Key)),
        Contestant::new("Rust, by name", here(By::Name)),
        Contestant::new(C, c("key")),
        Contestant::new("C, by name", c("name")),
        Contestant::new(PYTHON, python("herald")),
        Contestant::new(ORIGINAL, python("original")),
    ]
}

/// The one called `name`, if it was measured.
fn of<'a>(contestants: &'a [Contestant], name: &str) -> Option<&'a Contestant> {
    let mut measured = contestants.iter().filter(|one| one.asked.is_ok());
    measured.find(|one| one.name == name)
}

fn print_checks(contestants: &[Contestant]) {
    let (rust, original) = (of(contestants, RUST), of(contestants, ORIGINAL));
    println!("A throttle check, suppressed / admitted, median:\n");
    let columns = [
        "a check",
        "nothing",
        "beside Rust, by key",
        "the original beside it",
    ];
    let mut table = heading(columns.map(str::to_owned));
    for one in contestants {
        let cells = match &one.asked {
            Ok(_) => [
                both(|case| show(one.median(case))),
                show(one.median(Case::Nothing)),
                ratios(Some(one), rust),
                ratios(original, Some(one)),
            ],
            Err(why) => [why.clone(), none(), none(), none()],
        };
        table.push(row(one.name, cells));
    }
    print(&table);
}

/// How many times as long as `b` takes `a`.
fn ratios(a: Option<&Contestant>, b: Option<&Contestant>) -> String {
    let (Some(a), Some(b)) = (a, b) else {
        return none();
    };
    both(|case| match a.beside(b, case, |a, b| a / b) {
        ratio @ 100.0.. => format!("{ratio:.0}"),
        ratio @ 10.0.. => format!("{ratio:.1}"),
        ratio => format!("{ratio:.2}"),
    })
}

fn both(cell: impl Fn(Case) -> String) -> String {
    format!("{} / {}", cell(Case::Suppressed), cell(Case::Admitted))
}

fn none() -> String {
    "–".to_owned()
}

fn print_targets(contestants: &[Contestant]) {
    let of = |name| of(contestants, name);
    let rust = of(RUST).map(|rust| both(|case| show(rust.median(case))));
    let more = of(C).zip(of(RUST));
    let more = more.map(|(c, rust)| both(|case| show(c.beside(rust, case, |c, rust| c - rust))));
    println!("Beside what it is meant to be:\n");
    let mut table = heading(["target", "measured"].map(str::to_owned));
    for (what, target, measured) in [
        (RUST, "≤ 40 ns", rust),
        ("C, by key, less Rust", "≤ 10 ns", more),
        (
            "the original's Python beside Python",
            "≥ 50",
            Some(ratios(of(ORIGINAL), of(PYTHON))),
        ),
    ] {
        let measured = measured.unwrap_or_else(none);
        table.push(row(what, [target.to_owned(), measured]));
    }
    print(&table);
}

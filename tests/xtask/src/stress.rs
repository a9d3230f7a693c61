//! `cargo xtask test --stress N`: runs the tests repeatedly, in changing order and under load, to find those
//! whose result depends on the machine.
//!
//! The results of each round are stored with the programs, so the table covers several calls until the next
//! build.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Instant, UNIX_EPOCH};

use crate::failure::Failure;
use crate::process::{is_on_path, target_dir};
use crate::program::{self, Program, Way};
use crate::results::{Rounds, Tally};
use crate::run::{add, side_by_side};
use crate::{say, setup, steps};

/// The load during the tests. In every round, the signals are ignored that a shell ignores in background
/// programs.
struct Condition {
    name: &'static str,
    /// An endless loop on every processor.
    busy: bool,
    /// Continuous writes to disk.
    writes: bool,
    /// All tests on one processor.
    one_processor: bool,
}

const CONDITIONS: [Condition; 4] = [
    Condition {
        name: "busy",
        busy: true,
        writes: false,
        one_processor: false,
    },
    Condition {
        name: "writes",
        busy: false,
        writes: true,
        one_processor: false,
    },
    Condition {
        name: "one processor",
        busy: false,
        writes: false,
        one_processor: true,
    },
    Condition {
        name: "all at once",
        busy: true,
        writes: true,
        one_processor: true,
    },
];

/// Starts a program like a script's background job.
const IN_BACKGROUND: [&str; 4] = ["sh", "-c", "trap '' INT QUIT; exec \"$@\"", "sh"];
const ON_ONE_PROCESSOR: [&str; 3] = ["taskset", "-c", "0"];

pub(crate) fn run(count: u32) -> Result<(), Failure> {
    say::step("what the tests need");
    setup::for_tests()?;
    // Most of a round's time goes into repetitions within it; the rounds repeat them as well.
    let step = steps::herald()
        .env("HERALD_STRESS", "1")
        .env("PROPTEST_CASES", "32");
    say::step(&format!("build: {}", step.command_line()));
    let mut programs = program::build(&step.args, &step.env)?;
    // The C library's tests mostly wait for compilers and valgrind.
    programs.retain(|program| !program.dir.ends_with("bindings/c"));
    let dir = target_dir().join("stress");
    let cannot_keep = |error| Failure::new(format!("cannot write to {}: {error}", dir.display()));
    fs::create_dir_all(&dir).map_err(cannot_keep)?;
    let mut record = Record::open(&dir, &programs).map_err(cannot_keep)?;
    for _ in 0..count {
        let round = record.len();
        let condition = &CONDITIONS[round as usize % CONDITIONS.len()];
        say::step(&format!("round {}: {}", round + 1, condition.name));
        let failures = play(round, condition, &programs, &step.env, &dir);
        record.add(condition.name, &failures).map_err(cannot_keep)?;
    }
    say::step("what failed, and how often");
    let rounds = record.rounds();
    rounds.table().iter().for_each(|line| say::line(line));
    match rounds.is_well() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "some tests failed under stress (what they said: {})",
            dir.display()
        ))),
    }
}

/// Runs a round. Returns its failures.
fn play(
    round: u32,
    condition: &Condition,
    programs: &[Program],
    env: &[(&'static str, String)],
    dir: &Path,
) -> Vec<String> {
    let began = Instant::now();
    let mut wrapper = Vec::new();
    if condition.one_processor && is_on_path(ON_ONE_PROCESSOR[0]) {
        wrapper.extend(ON_ONE_PROCESSOR);
    }
    if cfg!(unix) {
        wrapper.extend(IN_BACKGROUND);
    }
    let all = program::processors();
    let way = Way {
        processors: if condition.one_processor { 1 } else { all },
        wrapper: &wrapper,
        env,
        seed: Some(round.into()),
    };
    let over = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        if condition.busy {
            (0..all).for_each(|_| _ = scope.spawn(|| spin(&over)));
        }
        if condition.writes {
            scope.spawn(|| write(&over, &dir.join("written")));
        }
        let ended = side_by_side(programs, &way, &|_, _, _| {});
        over.store(true, Relaxed);
        ended
    });
    let mut tally = Tally::default();
    for (program, ended) in programs.iter().zip(&ended) {
        add(&mut tally, program, ended);
        if let Some(complaint) = &ended.complaint {
            let kept = dir.join(format!("{}-{}.txt", round + 1, program.name));
            let _ = fs::write(kept, complaint);
        }
    }
    say::line(&format!(
        "    {} in {} s",
        tally.sum(),
        began.elapsed().as_secs()
    ));
    for failure in tally.failures() {
        say::line(&format!("    failed: {failure}"));
    }
    tally.failures().to_vec()
}

fn spin(over: &AtomicBool) {
    while !over.load(Relaxed) {
        std::hint::spin_loop();
    }
}

/// Writes 1 MiB to disk repeatedly until `over`.
fn write(over: &AtomicBool, path: &Path) {
    while !over.load(Relaxed) {
        let written = File::create(path).and_then(|mut file| {
            file.write_all(&vec![1; 1 << 20])?;
            file.sync_all()
        });
        if written.is_err() {
            return;
        }
    }
    let _ = fs::remove_file(path);
}

/// The results of all rounds: a line each, with the condition and the failed tests.
struct Record {
    path: PathBuf,
    text: String,
}

impl Record {
    /// The results for `programs` as built.
    fn open(dir: &Path, programs: &[Program]) -> std::io::Result<Self> {
        let built = |program: &Program| {
            let modified = fs::metadata(&program.path)?.modified()?;
            Ok(modified
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_nanos())
        };
        let built: std::io::Result<Vec<u128>> = programs.iter().map(built).collect();
        let header = format!("built {}\n", built?.into_iter().max().unwrap_or_default());
        let path = dir.join("rounds.tsv");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let text = if text.starts_with(&header) {
            text
        } else {
            header
        };
        fs::write(&path, &text)?;
        Ok(Self { path, text })
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().skip(1)
    }

    fn len(&self) -> u32 {
        self.lines().count() as u32
    }

    fn add(&mut self, condition: &str, failures: &[String]) -> std::io::Result<()> {
        let line = format!("{condition}\t{}\n", failures.join("\t"));
        self.text += &line;
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        file.write_all(line.as_bytes())
    }

    fn rounds(&self) -> Rounds {
        let mut rounds = Rounds::default();
        for line in self.lines() {
            let mut words = line.split('\t').filter(|word| !word.is_empty());
            if let Some(condition) = words.next() {
                rounds.add(condition, words);
            }
        }
        rounds
    }
}

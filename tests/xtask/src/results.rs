//! Parses and sums up the results of tests.

use std::collections::BTreeMap;

/// The number of slowest tests shown.
const SLOWEST: usize = 10;

/// A test that ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    /// Its duration, if the program reports it.
    pub(crate) seconds: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// A line of a test program's output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Line {
    /// A test ended.
    Ended(Test),
    /// A test that could not run here, with the reason. It passes.
    NotTested(String),
    /// A slow test.
    StillRuns(String),
    /// pytest's own count at the end.
    Counted {
        passed: u64,
        failed: u64,
        skipped: u64,
    },
    Other,
}

/// Parses a line of Rust's test harness or pytest.
pub(crate) fn read(line: &str) -> Line {
    if let Some(test) = line.strip_prefix("not tested: ") {
        return Line::NotTested(test.to_owned());
    }
    let Some(rest) = line.strip_prefix("test ") else {
        return counted(line).unwrap_or(Line::Other);
    };
    if let Some((name, _)) = rest.split_once(" has been running for over ") {
        return Line::StillRuns(name.to_owned());
    }
    let Some((name, end)) = rest.rsplit_once(" ... ") else {
        return Line::Other;
    };
    let (word, seconds) = match end.split_once(" <") {
        Some((word, time)) => (word, time.trim_end_matches("s>").parse().ok()),
        None => (end, None),
    };
    let outcome = match word {
        "ok" => Outcome::Passed,
        word if word.starts_with("FAILED") => Outcome::Failed,
        word if word.starts_with("ignored") => Outcome::Skipped,
        _ => return Line::Other,
    };
    // Tests that must panic are marked: "test name - should panic ... ok".
    let name = name.trim_end_matches(" - should panic").to_owned();
    Line::Ended(Test {
        name,
        outcome,
        seconds,
    })
}

/// "1 failed, 95 passed, 2 skipped in 31.20s", in any order and possibly surrounded by "=".
fn counted(line: &str) -> Option<Line> {
    let (counts, time) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for count in counts.split(", ") {
        let (number, what) = count.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match what {
            "passed" => passed += number,
            "failed" | "error" | "errors" => failed += number,
            _ => skipped += number,
        }
    }
    let seconds = time
        .split_once('s')
        .is_some_and(|(n, _)| n.parse::<f64>().is_ok());
    seconds.then_some(Line::Counted {
        passed,
        failed,
        skipped,
    })
}

/// The results of all programs of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// Tests that did not run, and count as passed.
    not_tested: Vec<String>,
    slow: Vec<(f64, String)>,
    failures: Vec<String>,
}

impl Tally {
    /// Adds a line of the program or step `from`.
    pub(crate) fn add(&mut self, from: &str, line: &Line) {
        match line {
            Line::Ended(test) => {
                let name = format!("{from} {}", test.name);
                match test.outcome {
                    Outcome::Passed => self.passed += 1,
                    Outcome::Skipped => self.skipped += 1,
                    Outcome::Failed => self.fail(name.clone()),
                }
                self.slow
                    .extend(test.seconds.map(|seconds| (seconds, name)));
            }
            Line::Counted {
                passed,
                failed,
                skipped,
            } => {
                self.passed += passed;
                self.failed += failed;
                self.skipped += skipped;
                if *failed > 0 {
                    self.failures.push(from.to_owned());
                }
            }
            Line::NotTested(test) => self.not_tested.push(format!("{from} {test}")),
            Line::StillRuns(_) | Line::Other => {}
        }
    }

    /// Adds a failure of something other than a test, or of a test that did not end.
    pub(crate) fn fail(&mut self, what: String) {
        self.failed += 1;
        self.failures.push(what);
    }

    pub(crate) fn is_well(&self) -> bool {
        self.failed == 0
    }

    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Tests that could not run here, with the reasons.
    pub(crate) fn not_tested(&self) -> &[String] {
        &self.not_tested
    }

    /// The slowest tests, slowest first.
    pub(crate) fn slowest(&self) -> Vec<String> {
        let mut slow = self.slow.clone();
        slow.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        slow.truncate(SLOWEST);
        let line = |(seconds, name): &(f64, String)| format!("{seconds:6.1} s  {name}");
        slow.iter().map(line).collect()
    }

    /// The last line of a run.
    pub(crate) fn sum(&self) -> String {
        let not_tested = self.not_tested.len() as u64;
        let passed = self.passed.saturating_sub(not_tested);
        let mut sum = format!("{passed} passed, {} failed", self.failed);
        let skipped = self.skipped + not_tested;
        if skipped > 0 {
            sum += &format!(", {skipped} skipped");
        }
        sum
    }
}

/// The failures of many rounds, with their numbers.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    rounds: BTreeMap<String, u32>,
    failures: BTreeMap<String, BTreeMap<String, u32>>,
}

impl Rounds {
    /// Adds a round under `condition`.
    pub(crate) fn add<'a>(&mut self, condition: &str, failed: impl IntoIterator<Item = &'a str>) {
        *self.rounds.entry(condition.to_owned()).or_default() += 1;
        for test in failed {
            let of_test = self.failures.entry(test.to_owned()).or_default();
            *of_test.entry(condition.to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn is_well(&self) -> bool {
        self.failures.is_empty()
    }

    /// The table of failures, most frequent first.
    pub(crate) fn table(&self) -> Vec<String> {
        let all: u32 = self.rounds.values().sum();
        let each = |counts: &BTreeMap<String, u32>| {
            let counts = counts.iter();
            let counts = counts.map(|(condition, count)| format!("{count} {condition}"));
            counts.collect::<Vec<_>>().join(", ")
        };
        let mut lines = vec![format!("{all} rounds ({})", each(&self.rounds))];
        let mut failures: Vec<_> = self.failures.iter().collect();
        failures.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.values().sum::<u32>()));
        for (test, counts) in &failures {
            let count: u32 = counts.values().sum();
            lines.push(format!(
                "failed {count} of {all}: {test} ({})",
                each(counts)
            ));
        }
        if failures.is_empty() {
            lines.push("nothing failed in any of them".to_owned());
        }
        lines
    }
}

#[cfg(test)]
mod tests;

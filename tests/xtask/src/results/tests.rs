use super::*;

fn ended(name: &str, outcome: Outcome, seconds: Option<f64>) -> Line {
    Line::Ended(Test {
        name: name.to_owned(),
        outcome,
        seconds,
    })
}

#[test]
fn lines_of_rusts_harness() {
    for (line, means) in [
        (
            "test log::twenty_lines ... ok <1.250s>",
            ended("log::twenty_lines", Outcome::Passed, Some(1.25)),
        ),
        ("test a file ... ok", ended("a file", Outcome::Passed, None)),
        (
            "test x ... FAILED <0.003s>",
            ended("x", Outcome::Failed, Some(0.003)),
        ),
        (
            "test x - should panic ... ok <0.1s>",
            ended("x", Outcome::Passed, Some(0.1)),
        ),
        (
            "test role ... ignored, the tests run it",
            ended("role", Outcome::Skipped, None),
        ),
        (
            "test src/lib.rs - a (line 3) ... ok",
            ended("src/lib.rs - a (line 3)", Outcome::Passed, None),
        ),
        (
            "test slow has been running for over 60 seconds",
            Line::StillRuns("slow".to_owned()),
        ),
        ("test result: ok. 3 passed; 0 failed", Line::Other),
        ("running 3 tests", Line::Other),
        ("", Line::Other),
    ] {
        assert_eq!(read(line), means, "{line}");
    }
}

#[test]
fn pytest_counts_for_itself() {
    let counted = |passed, failed, skipped| Line::Counted {
        passed,
        failed,
        skipped,
    };
    assert_eq!(read("95 passed, 2 skipped in 31.20s"), counted(95, 0, 2));
    assert_eq!(
        read("== 1 failed, 3 passed, 1 error in 70.11s (0:01:10) =="),
        counted(3, 2, 0)
    );
    for line in [
        "1 warning",
        "compiled in 3.2s",
        "3 passed",
        "2 files in order",
    ] {
        assert_eq!(read(line), Line::Other, "{line}");
    }
}

#[test]
fn all_is_added_up() {
    let mut tally = Tally::default();
    for line in [
        "test quick ... ok <0.100s>",
        "test slow ... ok <7.000s>",
        "test bad ... FAILED <3.000s>",
        "test role ... ignored",
        "noise",
    ] {
        tally.add("suite", &read(line));
    }
    tally.add("python", &read("5 passed in 1.00s"));
    assert_eq!(tally.sum(), "7 passed, 1 failed, 1 skipped");
    assert!(!tally.is_well());
    assert_eq!(tally.failures(), ["suite bad"]);
    let slowest = [
        "   7.0 s  suite slow",
        "   3.0 s  suite bad",
        "   0.1 s  suite quick",
    ];
    assert_eq!(tally.slowest(), slowest);
    tally.fail("clippy".to_owned());
    assert_eq!(tally.sum(), "7 passed, 2 failed, 1 skipped");
}

#[test]
fn tests_that_could_not_run_are_skipped() {
    let mut tally = Tally::default();
    for line in [
        "not tested: packs::a: only root may",
        "test packs::a ... ok <0.100s>",
        "test packs::b ... ok <0.100s>",
    ] {
        tally.add("suite", &read(line));
    }
    assert_eq!(tally.sum(), "1 passed, 0 failed, 1 skipped");
    assert_eq!(tally.not_tested(), ["suite packs::a: only root may"]);
}

#[test]
fn a_round_without_failures_counts_too() {
    let mut rounds = Rounds::default();
    rounds.add("busy", []);
    assert_eq!(
        rounds.table(),
        ["1 rounds (1 busy)", "nothing failed in any of them"]
    );
    rounds.add("busy", ["suite a"]);
    rounds.add("writes", ["suite a", "suite b"]);
    assert_eq!(
        rounds.table(),
        [
            "3 rounds (2 busy, 1 writes)",
            "failed 2 of 3: suite a (1 busy, 1 writes)",
            "failed 1 of 3: suite b (1 writes)",
        ]
    );
}

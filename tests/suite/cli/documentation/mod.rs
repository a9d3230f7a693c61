//! Checks the documentation: its command lines run, its table only names existing commands, and its links
//! have targets.

mod links;
mod page;
#[cfg(target_os = "linux")]
mod picture;
mod place;
mod table;
mod uninstall;

use std::collections::BTreeSet;
use std::fs;

use page::{Line, Page, pages};
use place::place_for;

use crate::support::real_time::in_real_time;
use crate::support::repository;
use crate::support::sandbox::{Sandbox, run};

/// Lines that no test runs, and what is checked instead.
const NOT_RUN: &[(&str, Instead)] = &[
    // They need the network.
    ("herald pack search warcraft", FETCHED),
    ("herald pack install registry:peon", FETCHED),
    ("herald pack update", FETCHED),
    // They build everything, and install it for the user.
    ("cargo xtask first-sound", Instead::Chore("first-sound")),
    ("cargo xtask install", Instead::Chore("install")),
    ("cargo uninstall herald-cli", INSTALLED),
    // It runs this test.
    ("cargo xtask test", Instead::Chore("test")),
    (
        "cargo test -p herald-cli --test suite -- events documentation",
        Instead::Tests("tests/suite/cli/mod.rs", &["mod documentation;"]),
    ),
    (
        "cargo test -p herald-cli --test suite -- agents::table",
        Instead::Tests("tests/suite/agents/mod.rs", &["mod table;"]),
    ),
    // Run by the quick test.
    (
        "cargo test -p herald-audio --lib event",
        Instead::Tests("src/vocabulary/event.rs", &["#[test]"]),
    ),
    (
        "cargo test -p herald-audio --lib agents",
        Instead::Tests("src/agents/tests.rs", &["#[test]"]),
    ),
    // Also done by the Python package's own tests.
    (
        "pip install ./src/bindings/python",
        Instead::Chore("python"),
    ),
    (
        "pip install ./src/bindings/python -C build-args='--features playback'",
        Instead::Chore("python"),
    ),
    ("cargo xtask python", Instead::Chore("python")),
    // They write expected files of tests.
    (
        "HERALD_BLESS=1 cargo test -p public-api-tests",
        Instead::Tests("tests/public-api/public_api.rs", BLESS),
    ),
    (
        "HERALD_BLESS=1 cargo test -p herald-c --test header",
        Instead::Tests("src/bindings/c/tests/header.rs", BLESS),
    ),
    (
        "HERALD_BLESS=1 python -m pytest tests/python/test_api.py",
        Instead::Tests("tests/python/test_api.py", BLESS),
    ),
    (
        "HERALD_BLESS=1 cargo test -p herald-audio --features playback --test golden",
        Instead::Tests("tests/golden.rs", BLESS),
    ),
    (
        "HERALD_BLESS=1 cargo test -p herald-cli --test suite -- messages help",
        Instead::Tests("tests/suite/source/messages.rs", BLESS),
    ),
    ("cargo xtask order", Instead::Chore("order")),
    ("cargo xtask pictures", Instead::Chore("pictures")),
    (
        "HERALD_BLESS=1 cargo bench -p benches --bench hook",
        Instead::Bench("hook"),
    ),
    (
        "HERALD_BLESS=1 cargo bench -p benches --bench throttle",
        Instead::Bench("throttle"),
    ),
    // A test runs the built examples.
    ("cargo run --example ask_throttle", EXAMPLES),
    ("cargo run --example dispatch", EXAMPLES),
    (
        "cargo run --features playback --example play_in_process",
        EXAMPLES,
    ),
    // Also done by the C library's own tests.
    ("cargo build --release -p herald-c", IN_C),
    (
        "cargo build --release -p herald-c --features playback",
        IN_C,
    ),
    (
        "cargo rustc --release -p herald-c -- --print native-static-libs",
        IN_C,
    ),
    (
        "cc -Isrc/bindings/c src/bindings/c/examples/hook.c -Ltarget/release -lherald -o hook",
        IN_C,
    ),
    ("LD_LIBRARY_PATH=target/release ./hook", IN_C),
    (
        "cc -Isrc/bindings/c src/bindings/c/examples/hook.c target/release/libherald.a      -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o hook",
        IN_C,
    ),
    (
        "cargo bench -p benches --bench bindings",
        Instead::Bench("bindings"),
    ),
    (
        "cargo bench -p benches --bench config",
        Instead::Bench("config"),
    ),
    (
        "cargo bench -p benches --bench engine",
        Instead::Bench("engine"),
    ),
    (
        "cargo bench -p benches --bench hook",
        Instead::Bench("hook"),
    ),
    (
        "cargo bench -p benches --bench idle",
        Instead::Bench("idle"),
    ),
    (
        "cargo bench -p benches --bench latency",
        Instead::Bench("latency"),
    ),
    (
        "cargo bench -p benches --bench throttle",
        Instead::Bench("throttle"),
    ),
];

const BLESS: &[&str] = &["HERALD_BLESS"];

const INSTALLED: Instead = Instead::Tests("src/programs/Cargo.toml", &["name = \"herald-cli\""]);

const FETCHED: Instead = Instead::Tests("tests/studio/packs.rs", &["\"search\"", "\"update\""]);

const EXAMPLES: Instead = Instead::Tests(
    "tests/suite/library/examples.rs",
    &["\"ask_throttle\"", "\"dispatch\"", "\"play_in_process\""],
);

const IN_C: Instead = Instead::Tests(
    "src/bindings/c/tests/programs/build.rs",
    &["-lherald", "libherald.a", "-lgcc_s", "native-static-libs"],
);

/// What is checked if a line cannot run.
enum Instead {
    /// `cargo xtask` has this command.
    Chore(&'static str),
    /// A benchmark of this name exists.
    Bench(&'static str),
    /// This file contains tests, with these words.
    Tests(&'static str, &'static [&'static str]),
}

impl Instead {
    fn holds(&self) -> bool {
        let read = |file: &str| {
            let path = repository().join(file);
            fs::read_to_string(path).unwrap_or_default()
        };
        match self {
            Self::Chore(name) => {
                read("tests/xtask/src/args.rs").contains(&format!("        [{name:?}"))
            }
            Self::Bench(name) => read("benches/Cargo.toml").contains(&format!("name = {name:?}")),
            Self::Tests(file, words) => words.iter().all(|word| read(file).contains(word)),
        }
    }
}

#[test]
fn every_command_line_that_is_shown_runs() {
    in_real_time(run_every_line);
}

fn run_every_line() {
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut ran = 0;
    for page in pages() {
        for block in page.blocks() {
            let place = place_for(&page.name);
            for line in block.lines {
                let command = line.command.as_str();
                let excused = NOT_RUN.iter().find(|(excused, _)| *excused == command);
                if let Some((excused, instead)) = excused {
                    used.insert(*excused);
                    if !instead.holds() {
                        wrong.push(format!("{}: {command}: there is no such thing", page.name));
                    }
                } else {
                    ran += 1;
                    let complaint = run_line(&place, block.shell, &line);
                    wrong.extend(complaint.map(|why| format!("{}: {command}: {why}", page.name)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran > 30, "only {ran} lines were run");
    let excuses = NOT_RUN.iter().map(|(line, _)| *line);
    let unused: Vec<_> = excuses.filter(|line| !used.contains(line)).collect();
    assert_eq!(unused, [""; 0], "lines that nobody shows any more");
}

/// Why `line` does not do what the page says; none if it does.
fn run_line(place: &Sandbox, shell: &str, line: &Line) -> Option<String> {
    let mut command = place.command(shell);
    command.args(["-c", &line.command]);
    let output = run(command, b"");
    let [said, complaint] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    if output.status.code() != Some(line.exit_code()) {
        return Some(format!("{}: {said}{complaint}", output.status));
    }
    let json = line.json().filter(|json| *json != said.trim_end());
    json.map(|json| format!("it says {said}, and not {json}"))
}

fn page(name: &str) -> Page {
    let named = |page: &Page| page.name == name;
    pages().into_iter().find(named).unwrap()
}

/// The output of `herald COMMAND --help`, if the command exists.
fn help(place: &Sandbox, command: &str) -> Option<String> {
    let args: Vec<_> = command.split(' ').skip(1).chain(["--help"]).collect();
    let output = run(place.herald(&args), b"");
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

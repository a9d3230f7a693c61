//! C programs that use the library: built, run, and watched by valgrind.
#![cfg(unix)]

mod build;
mod sandbox;

use std::process::Command;

use build::{Linking, Program, example, library, package, program};
use sandbox::{Sandbox, output_of};

/// To `herald_open`.
const IN_PROCESS: &str = "1";
/// Rounds of a race; under valgrind, where all is slow, less.
const ROUNDS: &str = "200";
const FEW_ROUNDS: &str = "5";

/// What a manager may be opened with, in this build.
const ALL_FLAGS: &[&str] = if PLAYS { &["0", IN_PROCESS] } else { &["0"] };

const BOTH: [Linking; 2] = [Linking::Dynamic, Linking::Static];

/// Whether the library can play by itself, and there is a player to play for others.
const PLAYS: bool = cfg!(feature = "playback");

#[test]
fn the_example_asks_plays_and_replies() {
    for linking in BOTH {
        let sandbox = Sandbox::new();
        let hook = example("hook.c", linking);
        let said = sandbox.run(&hook, &[]);
        let lines: Vec<&str> = said.lines().collect();
        let [version, first, second, reply, report, closed] = lines[..] else {
            panic!("{said}");
        };
        assert_eq!(version, format!("herald {}", env!("CARGO_PKG_VERSION")));
        if PLAYS {
            assert_eq!(first, "admitted, played");
            assert!(second.starts_with("suppressed: again in "), "{second}");
            assert!(report.contains(r#""audio_played":true"#), "{report}");
        } else {
            // What did not sound does not throttle.
            assert_eq!([first, second], ["admitted, not played"; 2]);
            assert!(report.contains(r#""audio_played":false"#), "{report}");
        }
        assert_eq!(reply, r#"reply: {"continue": true}"#);
        let event = r#""event_type":"Notification""#;
        assert!(report.contains(event), "{report}");
        let not_open = "closed twice: the manager is not open";
        assert!(closed.starts_with(not_open), "{closed}");
        // Another process hears of it, or may sound in its place.
        let again = sandbox.run(&hook, &[]);
        assert_eq!(
            again.starts_with("herald 0.1.0\nsuppressed"),
            PLAYS,
            "{again}"
        );
    }
}

#[test]
fn every_function_does_what_it_is_for() {
    if !PLAYS {
        return;
    }
    for (flags, linking) in [
        ("0", Linking::Dynamic),
        (IN_PROCESS, Linking::Dynamic),
        (IN_PROCESS, Linking::Static),
    ] {
        let said = Sandbox::with_stop().run(&program("all.c", linking), &[flags]);
        assert_eq!(said, "every function works\n");
    }
}

#[test]
fn misuse_is_an_error_and_no_crash() {
    for linking in BOTH {
        let said = Sandbox::new().run(&program("misuse.c", linking), &[]);
        assert_eq!(said, "misuse does no harm\n");
    }
}

#[test]
fn of_eight_threads_one_wins_and_closing_harms_nobody() {
    for linking in BOTH {
        let said = Sandbox::new().run(&program("threads.c", linking), &[ROUNDS]);
        assert_eq!(said, format!("one winner in each of {ROUNDS} rounds\n"));
    }
}

#[test]
fn of_eight_processes_one_wins() {
    let said = Sandbox::new().run(&program("processes.c", Linking::Dynamic), &[ROUNDS]);
    assert_eq!(said, format!("one winner in each of {ROUNDS} rounds\n"));
}

#[test]
fn a_child_goes_on_whatever_other_threads_did() {
    for flags in ALL_FLAGS {
        let forks = program("forks.c", Linking::Dynamic);
        let said = Sandbox::new().run(&forks, &[ROUNDS, flags]);
        assert_eq!(said, format!("{ROUNDS} children went on\n"));
    }
}

#[test]
fn the_header_is_cxx_too() {
    for linking in BOTH {
        let said = Sandbox::new().run(&program("plain.cc", linking), &[]);
        assert_eq!(said, "opened and closed\n");
    }
}

const NO_LEAKS: &str = "--errors-for-leak-kinds=definite,possible";
/// Threads that play may still run when the program ends: what the system and Rust's library keep
/// for them counts as possibly lost.
const NO_SURE_LEAKS: &str = "--errors-for-leak-kinds=definite";
/// What the threads that a child does not have were using stays allocated in it.
const SOME_LEAKS: &str = "--errors-for-leak-kinds=none";

fn watched_by_valgrind(
    sandbox: &Sandbox,
    leaks: &str,
    program: &Program,
    args: &[&str],
) -> Command {
    let mut command = sandbox.command("valgrind");
    command.args(["--quiet", "--error-exitcode=97", "--leak-check=full", leaks]);
    command.arg(program.path()).args(args);
    command
}

#[test]
fn valgrind_has_nothing_to_say() {
    let hook = example("hook.c", Linking::Dynamic);
    output_of(watched_by_valgrind(&Sandbox::new(), NO_LEAKS, &hook, &[]));
    for (name, leaks, args) in [
        ("misuse.c", NO_LEAKS, &[][..]),
        ("threads.c", NO_LEAKS, &[FEW_ROUNDS]),
        ("processes.c", NO_LEAKS, &[FEW_ROUNDS]),
        ("forks.c", SOME_LEAKS, &[FEW_ROUNDS, "0"]),
    ] {
        let program = program(name, Linking::Dynamic);
        output_of(watched_by_valgrind(&Sandbox::new(), leaks, &program, args));
    }
    if PLAYS {
        let all = program("all.c", Linking::Dynamic);
        output_of(watched_by_valgrind(
            &Sandbox::with_stop(),
            NO_SURE_LEAKS,
            &all,
            &[IN_PROCESS],
        ));
    }
}

#[test]
fn valgrind_would_see_a_leak() {
    let (sandbox, leak) = (Sandbox::new(), program("leak.c", Linking::Dynamic));
    let output = watched_by_valgrind(&sandbox, NO_LEAKS, &leak, &[])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(97), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_library_exports_its_functions_and_nothing_else() {
    let mut nm = Command::new("nm");
    nm.args(["-D", "--defined-only"]);
    nm.arg(library().join("libherald.so"));
    let listed = output_of(nm);
    let mut exported: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    exported.sort_unstable();
    let header = std::fs::read_to_string(package().join("herald.h")).unwrap();
    let mut declared: Vec<_> = header
        .lines()
        .filter(|line| !line.starts_with("//") && !line.starts_with(' '))
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .collect();
    declared.sort_unstable();
    assert!(declared.len() > 20, "{declared:?}");
    assert_eq!(exported, declared);
}

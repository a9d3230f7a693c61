//! Builds C programs with the library, and runs them, also under valgrind.
#![cfg(unix)]

mod build;
mod sandbox;
#[cfg(target_os = "linux")]
mod valgrind;

use build::{Linking, example, package, program};
use sandbox::Sandbox;

/// The flag for `herald_open`.
const IN_PROCESS: &str = "1";
/// Rounds of a race.
const ROUNDS: &str = "200";

/// The flags that this build supports.
const ALL_FLAGS: &[&str] = if PLAYS { &["0", IN_PROCESS] } else { &["0"] };

const BOTH: [Linking; 2] = [Linking::Dynamic, Linking::Static];

/// Whether the library can play in process, and a player exists.
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
            // A sound that was not played does not throttle.
            assert_eq!([first, second], ["admitted, not played"; 2]);
            assert!(report.contains(r#""audio_played":false"#), "{report}");
        }
        assert_eq!(reply, r#"reply: {"continue": true}"#);
        let event = r#""event_type":"Notification""#;
        assert!(report.contains(event), "{report}");
        let not_open = "closed twice: the manager is not open";
        assert!(closed.starts_with(not_open), "{closed}");
        // Another process sees it, or may play instead.
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

#[cfg(target_os = "linux")]
#[test]
fn the_library_exports_its_functions_and_nothing_else() {
    let mut nm = std::process::Command::new("nm");
    nm.args(["-D", "--defined-only"]);
    nm.arg(build::library().join("libherald.so"));
    let listed = sandbox::output_of(nm);
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

//! The programs under valgrind.

use std::process::Command;

use crate::build::{Linking, Program, example, program};
use crate::sandbox::{LIMIT, Sandbox, output_of};
use crate::{IN_PROCESS, PLAYS};

/// Rounds of a race; valgrind is slow.
const FEW_ROUNDS: &str = "5";

const NO_LEAKS: &str = "--errors-for-leak-kinds=definite,possible";
/// Playing threads may still run when the program ends; their memory counts as possibly lost.
const NO_SURE_LEAKS: &str = "--errors-for-leak-kinds=definite";
/// Memory of threads that a child does not have stays allocated.
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
    let watched = watched_by_valgrind(&sandbox, NO_LEAKS, &leak, &[]);
    let output = test_support::output_within(watched, LIMIT);
    assert_eq!(output.status.code(), Some(97), "{output:?}");
}

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::doctor::{assert_found, found, of};
use crate::support::sandbox::{Sandbox, herald_alone, run, write_program};

/// A sandbox in which `script` is the first `name` on the `PATH`.
fn with_program(name: &str, script: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("bin");
    fs::create_dir(&bin).unwrap();
    let program = bin.join(name);
    write_program(&program, script);
    let path = format!("{}:/usr/bin:/bin", bin.display());
    sandbox.with("PATH", path)
}

#[test]
fn another_herald_before_this_one_is_named_with_its_version() {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    for (script, state, what) in [
        (
            "echo herald 0.0.1".to_owned(),
            "error",
            "bin/herald 0.0.1, not",
        ),
        (
            format!("echo herald {VERSION}"),
            "warning",
            "of the same version",
        ),
        (
            "echo something else".to_owned(),
            "error",
            "it prints \"something else\"",
        ),
        ("exit 1".to_owned(), "error", "it ended with exit status: 1"),
        // A program that hangs.
        (
            "exec sleep 600".to_owned(),
            "error",
            "it did not end within",
        ),
    ] {
        let sandbox = with_program("herald", &script);
        assert_found(
            &found(&sandbox, "program"),
            state,
            what,
            "remove it, or put ",
        );
    }
}

#[test]
fn this_herald_on_the_path_is_known_and_missed() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("bin");
    fs::create_dir(&bin).unwrap();
    let sandbox = sandbox.with("PATH", &bin);
    let missed = "herald is not on the PATH";
    assert_found(
        &found(&sandbox, "program"),
        "warning",
        missed,
        "export PATH=\"/",
    );
    symlink(env!("CARGO_BIN_EXE_herald"), bin.join("herald")).unwrap();
    let version = concat!("herald ", env!("CARGO_PKG_VERSION"), " at /");
    assert_found(&found(&sandbox, "program"), "ok", version, "");
    let player = concat!("herald-player ", env!("CARGO_PKG_VERSION"), " at /");
    assert_found(&found(&sandbox, "program"), "ok", player, "");
}

#[test]
fn a_player_that_is_missing_or_of_another_version_is_named() {
    let alone = herald_alone();
    let program = |sandbox: &Sandbox| {
        let mut herald = sandbox.command(alone.path().join("herald"));
        herald.args(["doctor", "--json", "--no-sound"]);
        let output = run(herald, b"");
        assert_eq!(output.status.code(), Some(1));
        let findings: Vec<_> = serde_json::from_slice(&output.stdout).unwrap();
        of(&findings, "program")
    };
    let hint = "install herald-player beside herald";
    let none = "herald-player is neither beside herald nor on the PATH";
    assert_found(&program(&Sandbox::new()), "error", none, hint);
    let old = with_program("herald-player", "echo herald-player 0.0.1");
    assert_found(
        &program(&old),
        "error",
        "has version 0.0.1, but herald has",
        hint,
    );
    let broken = with_program("herald-player", "exit 127");
    assert_found(
        &program(&broken),
        "error",
        "it ended with exit status: 127",
        hint,
    );
}

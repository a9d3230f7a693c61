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
            "unexpected output: \"something else\"",
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
fn unknown_values_of_variables_are_named() {
    let sandbox = Sandbox::new();
    let unknown = |sandbox: &Sandbox| {
        let mut findings = found(sandbox, "program");
        findings.retain(|finding| finding["what"].to_string().contains("unknown value"));
        findings
    };
    let sandbox = sandbox
        .with("HERALD_LOG", "Debug")
        .with("HERALD_POLICY", "Original");
    assert_eq!(unknown(&sandbox), [""; 0]);
    let sandbox = sandbox
        .with("HERALD_LOG", "bogus")
        .with("HERALD_POLICY", "strict");
    let findings = unknown(&sandbox);
    for (what, hint) in [
        (
            "HERALD_LOG has the unknown value \"bogus\"",
            "off, warn, info, debug",
        ),
        ("HERALD_POLICY has the unknown value \"strict\"", "original"),
    ] {
        assert_found(&findings, "warning", what, hint);
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
        let player = of(&findings, "player");
        let is_missing = player[0]["what"] == "missing: no sound can play";
        assert_ne!(is_missing, sandbox.path("bin").exists(), "{player:?}");
        of(&findings, "program")
    };
    let none = "herald-player is neither beside herald nor on the PATH";
    let beside = "put herald-player beside herald, or on the PATH";
    let without = Sandbox::new();
    assert_found(&program(&without), "error", none, beside);
    let mut status = without.command(alone.path().join("herald"));
    status.arg("status");
    let status = String::from_utf8(run(status, b"").stdout).unwrap();
    let missing = "player  missing: no sound can play; hint: put herald-player beside herald";
    assert!(status.contains(missing), "{status}");
    let hint = "install herald and herald-player of one version";
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

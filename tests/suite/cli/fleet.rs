//! `herald fleet` starts `herald-relay`, which is beside it or on the `PATH`.

use serde_json::json;

use crate::support::doctor::{assert_found, found};
use crate::support::sandbox::{Sandbox, herald_alone, run, write_program};

#[test]
fn without_the_relay_the_hint_says_how_to_get_it() {
    let (sandbox, alone) = (Sandbox::new(), herald_alone());
    let mut command = sandbox.command(alone.path().join("herald"));
    command
        .args(["fleet", "status"])
        .env("PATH", "/nonexistent");
    let output = run(command, b"");
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(says.starts_with("error: cannot start "), "{says}");
    assert!(
        says.contains("\nhint: put herald-relay beside herald"),
        "{says}"
    );
}

#[test]
fn the_relay_gets_the_arguments_and_says_the_exit_code() {
    let (sandbox, alone) = (Sandbox::new(), herald_alone());
    write_program(
        &alone.path().join("herald-relay"),
        "echo \"$*\"; cat; exit 7",
    );
    let fleet = |args: &[&str]| {
        let mut command = sandbox.command(alone.path().join("herald"));
        command.arg("fleet").args(args);
        let output = run(command, b"key\n");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let join = ["join", "rediss://home.ci@redis.example", "--desk"];
    assert_eq!(
        fleet(&join),
        (Some(7), format!("{}\nkey\n", join.join(" ")), String::new())
    );
    // Wrong usage is told by herald itself.
    for (args, says) in [
        (&["jion"][..], "did you mean herald fleet join?"),
        (
            &["join", "redis://home.ci@redis.example"],
            "write rediss://FLEET.MACHINE@HOST:PORT",
        ),
        (&["init", "Build 1"], "lower-case letters"),
        (
            &["join", "rediss://home.ci@redis.example", "--service"],
            "missing argument: --desk",
        ),
        (&["snooze", "8d"], "up to 7 days"),
    ] {
        let (code, stdout, stderr) = fleet(args);
        assert_eq!((code, &*stdout), (Some(2), ""), "{args:?}");
        assert!(stderr.contains(says), "{args:?}: {stderr}");
    }
}

#[test]
fn doctor_asks_the_relay_about_the_fleet() {
    let (sandbox, alone) = (Sandbox::new(), herald_alone());
    let config = sandbox.path("config.json");
    std::fs::write(
        &config,
        json!({"fleet": {"url": "rediss://redis.example", "name": "home.ci"}}).to_string(),
    )
    .unwrap();
    let sandbox = sandbox.with("HERALD_CONFIG", &config);
    let doctor = || {
        let mut command = sandbox.command(alone.path().join("herald"));
        command.args(["doctor", "--json", "--no-sound"]);
        let output = run(command, b"");
        let all: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        crate::support::doctor::of(&all, "fleet")
    };
    assert_found(
        &doctor(),
        "error",
        "herald-relay is missing",
        "cargo xtask install --fleet",
    );
    let answer = json!([{"state": "warning", "what": "no desk is present", "hint": "sit down"}]);
    write_program(
        &alone.path().join("herald-relay"),
        &format!("test \"$*\" = examine && echo '{answer}'"),
    );
    assert_found(&doctor(), "warning", "no desk is present", "sit down");
    write_program(&alone.path().join("herald-relay"), "exit 1");
    assert_found(&doctor(), "error", "says nothing about the fleet", "");
    // Its key file is missing.
    assert_found(
        &found(&sandbox, "config"),
        "warning",
        "fleet.url: cannot use the key file",
        "",
    );
}

//! Programs looked up by name, if the `PATH` includes the working directory of a hook.

use std::fs;

use crate::support::sandbox::{Sandbox, herald_alone, payload, run, write_program};

/// The names that Herald looks up, and a player named by the user.
const PROGRAMS: [&str; 10] = [
    "aplay",
    "claude",
    "ffplay",
    "herald-player",
    "herald-relay",
    "my-player",
    "pactl",
    "paplay",
    "parec",
    "pw-play",
];

#[test]
fn no_program_is_run_that_a_relative_path_leads_to() {
    let ran = |sandbox: &Sandbox| sandbox.path("home/ran");
    let sandbox = Sandbox::new();
    for dir in ["project", "project/bin"] {
        fs::create_dir_all(sandbox.path(dir)).unwrap();
        for program in PROGRAMS {
            let path = sandbox.path(dir).join(program);
            let script = format!("echo {dir}/{program} >> {}", ran(&sandbox).display());
            write_program(&path, &script);
        }
    }
    let of_sandbox = sandbox.vars().into_iter().find(|(name, _)| name == "PATH");
    let rest = of_sandbox.unwrap().1.into_string().unwrap();
    let alone = herald_alone();
    let named: &[_] = &[
        ("HERALD_OUTPUT", "command"),
        ("AUDIO_PLAYER_CMD", "my-player -q"),
    ];
    let commands: [(&[&str], &[_]); 6] = [
        (&["hook"], &[]),
        (&["play", "Stop", "--wait"], &[]),
        (&["play", "Stop", "--wait"], named),
        (&["doctor"], &[("HERALD_OUTPUT", "auto")]),
        (&["install", "--dry-run"], &[]),
        (&["fleet", "status"], &[]),
    ];
    for first in [".", "", "bin", "./bin"] {
        for (args, vars) in commands {
            // With its player next to it, and without.
            for herald in [
                alone.path().join("herald"),
                env!("CARGO_BIN_EXE_herald").into(),
            ] {
                let mut command = sandbox.command(herald);
                command.args(args).envs(vars.iter().copied());
                command.env("PATH", format!("{first}:{rest}"));
                // Some fail without a program, and say so.
                run(command, &payload("Stop"));
                let ran = fs::read_to_string(ran(&sandbox)).unwrap_or_default();
                assert_eq!(ran, "", "{first:?} {args:?}");
            }
        }
    }
}

/// An agent's shell may have another `PATH`, or stand in another directory.
#[test]
fn hooks_get_the_whole_path_of_herald() {
    let sandbox = Sandbox::new();
    let dir = herald_alone();
    let install = |path: &str| {
        let mut command = sandbox.command(dir.path().join("herald"));
        command.args(["install", "--dry-run", "--json"]);
        command.env("PATH", path);
        let output = run(command, b"");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["command"].as_str().unwrap().to_owned()
    };
    let dir = dir.path().display();
    for path in [
        format!("{dir}:/usr/bin:/bin"),
        format!(".:{dir}:/usr/bin:/bin"),
        format!("{dir}::/bin"),
        format!("{dir}:bin"),
    ] {
        let command = install(&path);
        assert!(command.contains('/'), "{path}: {command}");
    }
}

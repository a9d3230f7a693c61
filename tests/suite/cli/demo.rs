//! `herald demo`: only the built-in sounds.

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, complaint, run, samples};

const NAMES: [&str; 6] = ["attention", "finished", "failed", "started", "tick", "tock"];

/// The samples that `herald` with `args` renders, without surrounding silence.
fn rendered(args: &[&str]) -> (Sandbox, Vec<i16>) {
    let sandbox = Sandbox::new();
    let file = sandbox.path("rendered.wav");
    let sandbox = sandbox.with("HERALD_OUTPUT", format!("wav:{}", file.display()));
    complaint(run(sandbox.herald(args), b"")).unwrap();
    let samples = samples(&file);
    let is_sound = |sample: &i16| *sample != 0;
    let start = samples.iter().position(is_sound).unwrap();
    let end = samples.iter().rposition(is_sound).unwrap();
    (sandbox, samples[start..=end].to_vec())
}

#[test]
fn each_built_in_sound_is_played_in_turn_and_leaves_no_trace() {
    in_real_time(|| {
        let (sandbox, demo) = rendered(&["demo"]);
        let mut rest = &demo[..];
        for name in NAMES {
            let (_, sound) = rendered(&["play", name, "--wait"]);
            let at = rest
                .windows(sound.len())
                .position(|window| window == sound)
                .unwrap_or_else(|| panic!("{name} is not in {} samples", rest.len()));
            rest = &rest[at + sound.len()..];
        }
        assert!(rest.is_empty(), "{} samples too many", rest.len());

        assert!(sandbox.record().is_empty(), "{:?}", sandbox.record());
        let list = run(sandbox.herald(&["throttle", "list", "--json"]), b"");
        let list: Value = serde_json::from_slice(&list.stdout).unwrap();
        assert_eq!(list["keys"], json!([]));
        let home = std::fs::read_dir(sandbox.path("home")).unwrap();
        assert_eq!(home.count(), 0, "no config");
    });
}

#[test]
fn the_sounds_are_named_with_what_they_mean() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let output = run(sandbox.herald(&["demo"]), b"");
        let words = String::from_utf8(output.stdout).unwrap();
        let names = words.lines().map(|line| line.split_once(' ').unwrap().0);
        assert_eq!(names.collect::<Vec<_>>(), NAMES);
        let output = run(sandbox.herald(&["demo", "--json"]), b"");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let last = json!({
            "sound": "started", "meaning": "something started (off by default)", "through": "null",
        });
        assert_eq!(answer[3], last);
    });
}

#[test]
fn a_mute_and_a_missing_output_are_errors() {
    let sandbox = Sandbox::new();
    run(sandbox.herald(&["mute"]), b"");
    let output = run(sandbox.herald(&["demo"]), b"");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), &*error),
        (Some(1), "error: muted\nhint: herald unmute\n")
    );
    run(sandbox.herald(&["unmute"]), b"");
    let nowhere = format!("wav:{}", sandbox.path("nowhere/out.wav").display());
    let sandbox = sandbox.with("HERALD_OUTPUT", nowhere);
    let error = complaint(run(sandbox.herald(&["demo"]), b"")).unwrap_err();
    assert!(
        error.starts_with("error: ") && error.contains("nowhere/out.wav"),
        "{error}"
    );
}

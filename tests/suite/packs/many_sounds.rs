//! Packs with many sounds.

use std::fs;

use serde_json::json;

use super::{manifest, user_packs, write_manifest};
use crate::support::sandbox::{Sandbox, run, wav};

const COUNT: usize = 500;

/// The hook looks up the picked sound, the next one if it is missing, and two more in case the player cannot
/// decode it. It opens none of them. Checked by system calls.
#[test]
fn of_hundreds_of_sounds_three_are_looked_for() {
    let sandbox = Sandbox::new();
    let pack = user_packs(&sandbox).join("many");
    fs::create_dir_all(pack.join("sounds")).unwrap();
    let name = |n: usize| format!("sounds/{n}.wav");
    let sounds: Vec<_> = (0..COUNT).map(|n| json!({"file": name(n)})).collect();
    write_manifest(
        &pack,
        &manifest("many", json!({"task.complete": {"sounds": sounds}})),
    );
    let config = sandbox.path("home/.config/herald/config.json");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(config, r#"{"packs": {"active": "many"}}"#).unwrap();
    let trace = sandbox.path("trace");
    let opened = || {
        let reset = run(sandbox.herald(&["throttle", "reset", "--all"]), b"");
        assert!(reset.status.success(), "{reset:?}");
        let mut traced = sandbox.command("strace");
        traced.args([
            "-e",
            "trace=open,openat,openat2,readlink,stat,lstat,statx,newfstatat",
            "-o",
        ]);
        traced
            .arg(&trace)
            .args([env!("CARGO_BIN_EXE_herald"), "--hook", "Stop"]);
        let output = run(traced, b"");
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(line.contains("played=True"), "{line}");
        let path = line.split_once(" path=").map(|(_, path)| path.to_owned());
        let trace = fs::read_to_string(&trace).expect("strace is installed");
        let opened = |line: &str| line.starts_with("open") && line.contains(".wav\"");
        assert!(!trace.lines().any(opened), "{trace}");
        let looked_at = |n: &usize| trace.contains(&format!("{n}.wav\""));
        let looked_at = (0..COUNT).filter(|n| looked_at(n)).count();
        (looked_at, path)
    };
    for n in 0..COUNT {
        fs::write(pack.join(name(n)), wav(&[1, 2])).unwrap();
    }
    let (looked_at, path) = opened();
    // A name may end with another: 7.wav is found in 17.wav, too.
    assert!((1..=9).contains(&looked_at), "{looked_at} were looked at");
    assert!(path.unwrap().contains("/many/sounds/"));
    // If only one is left, it is found.
    for n in (0..COUNT).filter(|n| *n != 123) {
        fs::remove_file(pack.join(name(n))).unwrap();
    }
    let (_, path) = opened();
    assert!(path.unwrap().contains("sounds/123.wav"));
}

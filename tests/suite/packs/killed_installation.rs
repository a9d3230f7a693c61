//! Killed installations: the pack is complete or absent.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::json;

use super::{manifest, pack, user_packs, write_manifest};
use crate::support::sandbox::{Sandbox, run, wav};

const SOUNDS: usize = 40;

/// A pack with this many sounds, each beginning with `first`.
fn large(dir: &Path, first: i16, sounds: usize) {
    fs::create_dir_all(dir.join("sounds")).unwrap();
    let mut samples = vec![0; 100_000];
    samples[0] = first;
    let names = (0..sounds).map(|number| format!("sounds/{number}.wav"));
    let sounds = names.map(|name| {
        fs::write(dir.join(&name), wav(&samples)).unwrap();
        json!({"file": name, "label": name})
    });
    let sounds = sounds.collect::<Vec<_>>();
    let categories = json!({"task.complete": {"sounds": sounds}});
    write_manifest(dir, &manifest("large", categories));
}

/// The files below `dir`, with their content.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let content = fs::read(&path).unwrap();
                found.insert(path.strip_prefix(dir).unwrap().to_owned(), content);
            }
        }
    }
    found
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_installation_leaves_all_or_nothing() {
    let sandbox = Sandbox::new();
    let dirs = [1, 2].map(|first| {
        let dir = sandbox.path(&format!("project/{first}"));
        large(&dir, first, SOUNDS);
        dir
    });
    let whole = [content(&dirs[0]), content(&dirs[1])];
    let installed = user_packs(&sandbox).join("large");
    let mut interrupted = 0;
    // Killed at one of these calls: while copying, while putting the pack in its place, and while removing
    // the previous one.
    let first = [("fsync", 1), ("fsync", 20), ("fsync", 41), ("/^rename", 1)];
    let next = [("/^unlink", 1), ("/^unlink", 20), ("/^unlink", 43)];
    let calls = [&first[..], &first, &next, &next].concat();
    for (round, (call, when)) in calls.into_iter().enumerate() {
        let from = dirs[round % 2].to_str().unwrap();
        if round == first.len() {
            // The others replace a pack.
            assert_eq!(pack(&sandbox, &["install", from, "--force"]).0, 0);
        }
        let mut install = sandbox.command("strace");
        let kill = format!("inject={call}:signal=SIGKILL:when={when}");
        install.args(["-f", "-qq", "-o", "/dev/null", "-e", &kill]);
        install.arg(env!("CARGO_BIN_EXE_herald"));
        install.args(["pack", "install", from, "--force"]);
        interrupted += usize::from(!run(install, b"").status.success());
        assert!(
            installed.exists() || round < first.len(),
            "round {round}: a pack was lost"
        );
        if installed.exists() {
            let found = content(&installed);
            assert!(
                whole.contains(&found),
                "round {round}: {} files",
                found.len()
            );
        }
        let (_, out, _) = pack(&sandbox, &["list"]);
        let rows = out.lines().filter(|line| line.contains("large")).count();
        assert_eq!(rows, usize::from(installed.exists()), "{out}");
    }
    // A first installation killed at its rename may be complete, and then all later ones replace it.
    assert!(interrupted >= 12, "{interrupted} were interrupted");

    let from = dirs[0].to_str().unwrap();
    let (code, _, err) = pack(&sandbox, &["install", from, "--force"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(content(&installed), whole[0]);
    let left = fs::read_dir(user_packs(&sandbox)).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".herald-lock", "large"]);
}

#[test]
fn of_installations_at_once_each_is_whole() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/1");
    large(&dir, 1, 2);
    let from = dir.to_str().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let output = run(sandbox.herald(&["pack", "install", from, "--force"]), b"");
                assert!(output.status.success(), "{output:?}");
            });
        }
    });
    assert_eq!(content(&user_packs(&sandbox).join("large")), content(&dir));
}

//! README.md's instructions for uninstalling remove everything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::page;
use super::page::Block;
use super::place::place_for;
use crate::support::sandbox::{Sandbox, run};

const SETTINGS: &str = "{\n  \"model\": \"opus\"\n}\n";

#[test]
fn the_lines_in_the_readme_remove_everything() {
    let place = place_for("README.md");
    fs::create_dir_all(place.path("home/.claude")).unwrap();
    fs::write(place.path("home/.claude/settings.json"), SETTINGS).unwrap();
    // Another program's.
    fs::write(place.path("run/heraldry.txt"), "argent").unwrap();
    let before = files(&place);
    let used = [
        "install",
        "test",
        "mute",
        "pack install ./peon",
        "pack use peon",
    ];
    for args in used {
        must(&place, &format!("herald {args}"));
    }
    assert!(files(&place).len() > before.len() + 5, "nothing was used");

    let blocks = page("README.md").blocks();
    let is_uninstalling = |block: &&Block| block.lines[0].command == "herald uninstall --all";
    let block = blocks
        .iter()
        .find(is_uninstalling)
        .expect("how to uninstall");
    for line in &block.lines {
        // No program is installed here.
        if !line.command.starts_with("cargo ") {
            must(&place, &line.command);
        }
    }
    assert_eq!(files(&place), before);
}

#[track_caller]
fn must(place: &Sandbox, line: &str) {
    let mut shell = place.command("sh");
    // In the places that are used by default.
    shell.env_remove("HERALD_STATE_DIR").args(["-c", line]);
    let output = run(shell, b"");
    assert!(output.status.success(), "{line}: {output:?}");
}

/// All files in the user's directories.
fn files(place: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for dir in ["home", "run", "project"] {
        collect(&place.path(dir), &mut found);
    }
    found
}

fn collect(dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            found.insert(path, bytes);
        }
    }
}

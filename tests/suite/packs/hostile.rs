//! Malicious packs: nothing outside their directory is opened, and nothing hangs.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use herald_audio::internals::pack::Pack;
use serde_json::{Map, Value, json};

use super::{flat, manifest, pack, user_packs, write_manifest};
use crate::support::sandbox::{Sandbox, make_fifo, wav};

/// A pack with one category and a sound with each of these names.
fn with_sounds(dir: &Path, files: &[&str]) {
    fs::create_dir_all(dir.join("sounds")).unwrap();
    let sounds = files.iter().map(|file| json!({"file": file, "label": "x"}));
    let sounds = sounds.collect::<Vec<_>>();
    let categories = json!({"task.complete": {"sounds": sounds}});
    write_manifest(dir, &manifest("hostile", categories));
}

/// Nothing of it is played, and it cannot be installed.
#[track_caller]
fn is_refused(sandbox: &Sandbox, dir: &Path, says: &str) {
    if let Ok(pack) = Pack::open(dir) {
        assert!(pack.sounds("task.complete").is_empty());
    }
    for command in ["check", "install"] {
        let (code, out, err) = pack(sandbox, &[command, dir.to_str().unwrap()]);
        assert_eq!(code, 1, "{command}: {out}{err}");
        let words = out + &err;
        assert!(words.contains(says), "{command}: {words}");
    }
    let (_, out, _) = pack(sandbox, &["list"]);
    assert!(out.starts_with("no packs installed"), "{out}");
}

#[test]
fn no_file_outside_is_reached() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    fs::write(sandbox.path("project/secret.wav"), wav(&[1])).unwrap();
    with_sounds(&dir, &[]);
    symlink("../../secret.wav", dir.join("sounds/link.wav")).unwrap();
    symlink("../..", dir.join("sounds/up")).unwrap();
    symlink("/", dir.join("root")).unwrap();
    let absolute = sandbox.path("project/secret.wav");
    let by_root = format!("root{}", absolute.to_str().unwrap());
    for (file, severity) in [
        ("../../etc/passwd", "error"),
        ("../secret.wav", "error"),
        ("sounds/../../secret.wav", "error"),
        ("link.wav", "error"),
        ("sounds/link.wav", "error"),
        ("sounds/up/secret.wav", "error"),
        (absolute.to_str().unwrap(), "error"),
        (&by_root, "error"),
        // These do not leave the pack.
        ("....//secret.wav", "warning"),
        ("%2e%2e/secret.wav", "warning"),
    ] {
        with_sounds(&dir, &[file]);
        let says = format!("{severity}: categories[\"task.complete\"].sounds[0]");
        is_refused(&sandbox, &dir, &says);
    }
}

#[test]
fn the_manifest_may_not_be_a_link_outside() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    let secret = sandbox.path("project/secret.json");
    with_sounds(&dir, &[]);
    fs::rename(dir.join("openpeon.json"), &secret).unwrap();
    symlink(&secret, dir.join("openpeon.json")).unwrap();
    is_refused(&sandbox, &dir, "leads out of the pack");
}

#[test]
fn the_sounds_directory_may_not_be_a_link_outside() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    let outside = sandbox.path("project/outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a.wav"), wav(&[1])).unwrap();
    with_sounds(&dir, &["a.wav"]);
    fs::remove_dir(dir.join("sounds")).unwrap();
    symlink(&outside, dir.join("sounds")).unwrap();
    is_refused(&sandbox, &dir, "leads out of the pack");
}

#[test]
fn a_pipe_in_the_place_of_a_sound_or_a_manifest_keeps_nobody_waiting() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    with_sounds(&dir, &["pipe.wav"]);
    make_fifo(&dir.join("sounds/pipe.wav"));
    is_refused(&sandbox, &dir, "is not a regular file");
    fs::remove_file(dir.join("openpeon.json")).unwrap();
    make_fifo(&dir.join("openpeon.json"));
    is_refused(&sandbox, &dir, "not a regular file");
}

#[test]
fn endless_manifests_are_not_read() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    fs::create_dir(&dir).unwrap();
    let path = dir.join("openpeon.json");
    File::create(&path).unwrap().set_len(100 << 20).unwrap();
    is_refused(&sandbox, &dir, "larger than 256 KiB");
    fs::write(&path, "{\"categories\":".repeat(15_000)).unwrap();
    is_refused(&sandbox, &dir, "recursion limit");
    fs::write(&path, "[".repeat(256 << 10)).unwrap();
    is_refused(&sandbox, &dir, "recursion limit");
}

#[test]
fn a_pack_that_is_too_large_is_refused() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    with_sounds(&dir, &["a.wav"]);
    // Each of them is small enough, and sparse.
    for number in 0..60 {
        let file = File::create(dir.join(format!("sounds/{number}.wav"))).unwrap();
        file.set_len(1 << 20).unwrap();
    }
    is_refused(&sandbox, &dir, "MiB (limit: 50 MB)");
}

#[test]
fn a_manifest_with_a_million_mistakes_is_told_in_a_few_lines() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/hostile");
    with_sounds(&dir, &[]);
    let long = "x".repeat(50_000);
    let mut sounds: Vec<_> = (0..20_000).map(|_| json!({})).collect();
    sounds.push(json!({"file": long}));
    let categories = json!({"task.complete": {"sounds": sounds}, long.as_str(): 5});
    write_compactly(&dir, &manifest("hostile", categories));
    let (code, out, _) = pack(&sandbox, &["check", dir.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(
        out.contains("more warnings") && out.lines().count() < 210,
        "{out:.2000}"
    );
    assert!(out.len() < 60_000, "{}", out.len());
}

fn write_compactly(dir: &Path, manifest: &Value) {
    fs::write(dir.join("openpeon.json"), manifest.to_string()).unwrap();
}

#[test]
fn a_manifest_with_a_million_names_keeps_nobody_waiting() {
    let sandbox = Sandbox::new();
    let dir = user_packs(&sandbox).join("hostile");
    with_sounds(&dir, &[]);
    let names = |prefix: &str| {
        (0..5_000)
            .map(|n| format!("{prefix}{n}"))
            .collect::<Vec<_>>()
    };
    let empty = json!({"sounds": []});
    let categories = Map::from_iter(names("c").into_iter().map(|name| (name, empty.clone())));
    let aliases = names("a").into_iter().zip(names("c"));
    let mut manifest = manifest("hostile", categories.into());
    manifest["category_aliases"] = Map::from_iter(aliases.map(|(a, c)| (a, c.into()))).into();
    manifest["display_name"] = json!("d".repeat(50_000));
    write_compactly(&dir, &manifest);
    let (code, out, _) = pack(&sandbox, &["check", "hostile"]);
    assert_eq!(code, 1);
    assert!(out.contains("has 5000 members"), "{out:.2000}");
    let (code, out, _) = pack(&sandbox, &["list"]);
    assert_eq!(code, 0);
    assert!(out.len() < 1_000, "{out:.2000}");
}

#[test]
fn control_characters_reach_no_terminal() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/\u{1b}[7mhostile");
    with_sounds(&dir, &["a\u{1b}[2J\u{7}.wav", "b\u{202e}vaw.wav"]);
    let text = fs::read_to_string(dir.join("openpeon.json")).unwrap();
    let text = text.replace("The hostile pack", "The \\u001b[31mred\\u0000 pack\\nPACK");
    fs::write(dir.join("openpeon.json"), text).unwrap();
    let packs = user_packs(&sandbox);
    fs::create_dir_all(&packs).unwrap();
    symlink(&dir, packs.join("hostile")).unwrap();
    symlink(&dir, packs.join("\u{1b}[5mname")).unwrap();
    for args in [
        &["check", dir.to_str().unwrap()][..],
        &["check", dir.to_str().unwrap(), "--json"],
        &["check", "hostile"],
        &["install", dir.to_str().unwrap()],
        &["list"],
        &["list", "--json"],
        &["use", "\u{1b}[5mname"],
        &["remove", "\u{1b}[5mname"],
    ] {
        let (_, out, err) = pack(&sandbox, args);
        let told = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        let found = (out + &err).chars().find(|c| told(*c));
        assert_eq!(found, None, "{args:?}");
    }
}

#[test]
fn a_projects_pack_that_leads_out_of_the_project_is_not_used() {
    let sandbox = Sandbox::new();
    let packs = sandbox.path("project/.openpeon/packs");
    fs::create_dir_all(&packs).unwrap();
    symlink(flat(&sandbox.path("")), packs.join("flat")).unwrap();
    let (code, _, err) = pack(&sandbox, &["use", "flat", "--project"]);
    assert_eq!(code, 1, "{err}");
    let (_, out, _) = pack(&sandbox, &["list"]);
    assert!(
        out.contains("a link that leads out of the project"),
        "{out}"
    );
}

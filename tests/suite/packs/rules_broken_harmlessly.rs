//! Usable packs that break rules: they are installed, without unplayable sounds.

use std::fs;
use std::path::Path;

use herald_audio::internals::pack::Pack;
use serde_json::{Value, json};

use super::{manifest, pack, user_packs, write_manifest};
use crate::support::repository;
use crate::support::sandbox::{Sandbox, wav};
use crate::support::unplayable;

/// A pack with these files in `task.complete`.
fn with_files(dir: &Path, files: &[&str]) -> Value {
    fs::create_dir_all(dir.join("sounds")).unwrap();
    fs::write(dir.join("sounds/good.wav"), wav(&[1, 2])).unwrap();
    let sounds = files.iter().map(|file| json!({"file": file, "label": "x"}));
    let sounds = sounds.collect::<Vec<_>>();
    manifest("lenient", json!({"task.complete": {"sounds": sounds}}))
}

/// Installs it and returns the output. The installed pack has `files` next to its manifest.
#[track_caller]
fn installed(sandbox: &Sandbox, dir: &Path, manifest: &Value, files: &[&str]) -> String {
    write_manifest(dir, manifest);
    let args = ["install", dir.to_str().unwrap(), "--force"];
    let (code, out, err) = pack(sandbox, &args);
    assert_eq!(code, 0, "{out}{err}");
    let installed = user_packs(sandbox).join("lenient/sounds");
    let mut found: Vec<_> = fs::read_dir(installed)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, files, "{out}{err}");
    err + &out
}

#[test]
fn a_packs_metadata_never_prevents_its_use() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/lenient");
    let good = with_files(&dir, &["sounds/good.wav"]);
    for (key, value, says) in [
        ("cesp_version", Value::Null, "cesp_version: is missing"),
        ("cesp_version", json!(1), "cesp_version: expected \"1.0\""),
        ("display_name", Value::Null, "display_name: is missing"),
        (
            "version",
            json!("1"),
            "version: \"1\" is not a semver version",
        ),
        (
            "language",
            json!("en,ru"),
            "language: \"en,ru\" is not a BCP 47 language",
        ),
        ("extra", json!({}), "unknown key \"extra\""),
        (
            "category_aliases",
            json!({"a": 1}),
            "category_aliases[\"a\"]: expected",
        ),
    ] {
        let mut manifest = good.clone();
        manifest[key] = value;
        let told = installed(&sandbox, &dir, &manifest, &["good.wav"]);
        assert!(
            told.starts_with("warning: ") && told.contains(says),
            "{told}"
        );
    }
    let mut manifest = good;
    let sound = &mut manifest["categories"]["task.complete"]["sounds"][0];
    sound["sha256"] = json!("0".repeat(64));
    let told = installed(&sandbox, &dir, &manifest, &["good.wav"]);
    assert!(
        told.contains("warning: ") && told.contains("has a different checksum"),
        "{told}"
    );
}

#[test]
fn a_sound_that_cannot_be_played_is_left_out_alone() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/lenient");
    let mut names = vec!["gone.wav", "sounds", "good.wav"];
    let unplayable = unplayable::files();
    for (name, content, _) in &unplayable {
        fs::create_dir_all(dir.join("sounds")).unwrap();
        fs::write(dir.join("sounds").join(name), content).unwrap();
        names.push(name);
    }
    let manifest = with_files(&dir, &names);
    let told = installed(&sandbox, &dir, &manifest, &["good.wav"]);
    for (name, _, why) in &unplayable {
        let says = |line: &str| {
            line.contains(&format!("{name:?}"))
                && line.contains(why.trim_start_matches("the file "))
        };
        assert!(told.lines().any(says), "{name}: {told}");
    }
    let count = unplayable.len() + 2;
    let says = format!(", without {count} sounds that cannot be played; ");
    assert!(told.contains(&says), "{told}");
    // The installed pack can be checked and used.
    assert_eq!(pack(&sandbox, &["check", "lenient"]).0, 0);
    assert_eq!(pack(&sandbox, &["use", "lenient"]).0, 0);
}

#[test]
fn a_sound_of_another_kind_than_its_name_says_is_a_sound() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/lenient");
    let fixtures = repository().join("tests/fixtures/sounds");
    let manifest = with_files(&dir, &["mp3.wav", "flac.ogg", "flac.flac"]);
    for (fixture, name) in [
        ("mono.mp3", "mp3.wav"),
        ("mono-24.flac", "flac.ogg"),
        ("mono-24.flac", "flac.flac"),
    ] {
        fs::copy(fixtures.join(fixture), dir.join("sounds").join(name)).unwrap();
    }
    let told = installed(
        &sandbox,
        &dir,
        &manifest,
        &["flac.flac", "flac.ogg", "mp3.wav"],
    );
    for says in [
        "the content of \"mp3.wav\" is not WAV",
        "the content of \"flac.ogg\" is not Ogg",
        "the name of \"flac.flac\" does not end in .wav, .mp3 or .ogg",
    ] {
        assert!(told.contains(says), "{told}");
    }
    assert!(!told.contains("cannot be played"), "{told}");
    let pack = Pack::open(&user_packs(&sandbox).join("lenient")).unwrap();
    let sounds = pack.sounds("task.complete");
    assert_eq!(sounds.len(), 3);
    for sound in sounds {
        assert_eq!(sandbox.play(sound.to_str().unwrap()), Ok(()));
    }
}

#[test]
fn a_pack_of_which_nothing_can_be_played_is_refused() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/lenient");
    let manifest = with_files(&dir, &["gone.wav", "none.wav"]);
    fs::write(dir.join("sounds/none.wav"), "").unwrap();
    write_manifest(&dir, &manifest);
    for command in ["check", "install"] {
        let (code, out, err) = pack(&sandbox, &[command, dir.to_str().unwrap()]);
        assert_eq!(code, 1, "{command}: {out}{err}");
        let says = "error: categories: no sound can be played";
        assert!((out + &err).contains(says), "{command}");
    }
    assert!(!user_packs(&sandbox).join("lenient").exists());
}

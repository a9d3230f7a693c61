//! Rules about a pack's sounds and pictures.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::Rule;
use crate::support::repository;
use crate::support::sandbox::wav;

/// The sound for `task.complete` in the manifest.
pub(super) fn of(manifest: &mut Value) -> &mut Value {
    &mut manifest["categories"]["task.complete"]["sounds"][0]
}

fn name_sound(manifest: &mut Value, file: &str) {
    of(manifest)["file"] = json!(file);
}

pub(super) const RULES: &[Rule] = &[
    (
        |_, m| m["categories"] = Value::Null,
        "error",
        "categories",
        "is missing",
        "task.complete",
    ),
    (
        |_, m| m["categories"] = json!([]),
        "error",
        "categories",
        "found an array",
        "task.complete",
    ),
    (
        |_, m| m["categories"] = json!({}),
        "warning",
        "categories",
        "is empty",
        "task.complete",
    ),
    (
        |_, m| *of(m) = Value::Null,
        "warning",
        "categories[\"task.complete\"].sounds[0]",
        "found null",
        "sounds/",
    ),
    (
        |_, m| m["categories"]["task.completed"] = json!({"sounds": []}),
        "warning",
        "categories[\"task.completed\"]",
        "did you mean \"task.complete\"?",
        "CESP",
    ),
    (
        |_, m| m["categories"]["task.error"] = json!([]),
        "warning",
        "categories[\"task.error\"]",
        "found an array",
        "sounds",
    ),
    (
        |_, m| m["categories"]["task.error"] = json!({}),
        "warning",
        "categories[\"task.error\"]",
        "has no sounds",
        "sounds",
    ),
    (
        |_, m| m["categories"]["task.error"] = json!({"sounds": "x"}),
        "warning",
        "categories[\"task.error\"].sounds",
        "found \"x\"",
        "sounds",
    ),
    (
        |_, m| *of(m) = json!({"label": "x"}),
        "warning",
        "sounds[0]",
        "has no file",
        "sounds/",
    ),
    (
        |_, m| of(m)["file"] = json!(7),
        "warning",
        "sounds[0]",
        "found 7",
        "sounds/",
    ),
    (
        |_, m| of(m)["label"] = Value::Null,
        "warning",
        "sounds[0]",
        "has no label",
        "describes the sound",
    ),
    (
        |_, m| name_sound(m, ""),
        "warning",
        "sounds[0]",
        "\"\" names no file",
        "sounds/done.wav",
    ),
    (
        |_, m| name_sound(m, "sounds/gone.wav"),
        "warning",
        "sounds[0]",
        "\"sounds/gone.wav\" does not exist",
        "add the file",
    ),
    (
        |_, m| name_sound(m, "/etc/passwd"),
        "error",
        "sounds[0]",
        "is an absolute path",
        "into the pack",
    ),
    (
        |_, m| name_sound(m, "C:/done.wav"),
        "error",
        "sounds[0]",
        "is an absolute path",
        "into the pack",
    ),
    (
        |_, m| name_sound(m, "sounds\\done.wav"),
        "error",
        "sounds[0]",
        "contains a backslash",
        "use /",
    ),
    (
        |_, m| name_sound(m, "../../etc/passwd"),
        "error",
        "sounds[0]",
        "`..`",
        "into the pack",
    ),
    (
        |dir, m| {
            fs::write(dir.with_file_name("outside.wav"), wav(&[1])).unwrap();
            symlink("../../outside.wav", dir.join("sounds/out.wav")).unwrap();
            name_sound(m, "sounds/out.wav");
        },
        "error",
        "sounds[0]",
        "is a link that leads out of the pack",
        "replace the link",
    ),
    (
        |dir, m| {
            fs::create_dir(dir.join("sounds/dir.wav")).unwrap();
            name_sound(m, "dir.wav");
        },
        "warning",
        "sounds[0]",
        "is not a regular file",
        "replace it with a file",
    ),
    (
        |dir, m| {
            fs::write(dir.join("sounds/none.wav"), "").unwrap();
            name_sound(m, "none.wav");
        },
        "warning",
        "sounds[0]",
        "is empty",
        "replace it with a sound",
    ),
    (
        |dir, m| {
            fs::write(dir.join("sounds/large.wav"), wav(&[0; 600_000])).unwrap();
            name_sound(m, "large.wav");
        },
        "error",
        "sounds[0]",
        "is too large: 1172 KiB (limit: 1 MB)",
        "shorten it",
    ),
    (
        |dir, m| {
            fs::rename(dir.join("sounds/done.wav"), dir.join("sounds/done.flac")).unwrap();
            name_sound(m, "done.flac");
        },
        "warning",
        "sounds[0]",
        "does not end in .wav, .mp3 or .ogg",
        "rename it",
    ),
    (
        |dir, m| {
            fs::rename(dir.join("sounds/done.wav"), dir.join("sounds/done.mp3")).unwrap();
            name_sound(m, "done.mp3");
        },
        "warning",
        "sounds[0]",
        "is not MP3",
        "rename it",
    ),
    (
        |dir, m| {
            let opus = "tests/fixtures/sounds/opus.ogg";
            let opus = repository().join(opus);
            fs::copy(opus, dir.join("sounds/done.ogg")).unwrap();
            name_sound(m, "done.ogg");
        },
        "warning",
        "sounds[0]",
        "\"done.ogg\" cannot be played: unsupported format: Ogg Opus",
        "convert it",
    ),
    (
        |dir, _| fs::write(dir.join("sounds/done.wav"), b"RIFF\0\0\0\0WAVEjunk").unwrap(),
        "warning",
        "sounds[0]",
        "\"sounds/done.wav\" cannot be played: ",
        "",
    ),
    (
        |_, m| of(m)["volume"] = json!(1),
        "warning",
        "sounds[0]",
        "unknown key \"volume\"",
        "remove it",
    ),
    (
        |_, m| m["categories"]["task.complete"]["label"] = json!("x"),
        "warning",
        "categories[\"task.complete\"]",
        "unknown key \"label\"",
        "remove it",
    ),
    (
        |_, m| of(m)["label"] = json!("l".repeat(257)),
        "warning",
        "sounds[0].label",
        "is too long: 257 characters",
        "shorten",
    ),
    (
        |dir, m| {
            fs::rename(dir.join("sounds/done.wav"), dir.join("sounds/all done.wav")).unwrap();
            name_sound(m, "all done.wav");
        },
        "warning",
        "sounds[0]",
        "\"all done.wav\" has unusual characters",
        "ASCII",
    ),
    (
        |_, m| of(m)["sha256"] = json!("0".repeat(64)),
        "warning",
        "sounds[0].sha256",
        "different checksum",
        "download the file again",
    ),
    (
        |_, m| of(m)["sha256"] = json!("abc"),
        "warning",
        "sounds[0].sha256",
        "64 hexadecimal digits",
        "sha256sum",
    ),
    (
        |_, m| of(m)["icon"] = json!("../x.png"),
        "error",
        "sounds[0].icon",
        "`..`",
        "into the pack",
    ),
    (
        |_, m| m["icon"] = json!("gone.png"),
        "warning",
        "icon",
        "does not exist",
        "add the file",
    ),
    (
        |_, m| m["preview"] = json!("/p.mp3"),
        "error",
        "preview",
        "absolute",
        "into the pack",
    ),
    (
        |dir, m| {
            fs::write(dir.join("p.mp3"), vec![0; 513_000]).unwrap();
            m["preview"] = json!("p.mp3");
        },
        "warning",
        "preview",
        "is too large: 501 KiB (limit: 500 KiB)",
        "smaller",
    ),
    (
        |dir, _| {
            fs::File::create(dir.join("film"))
                .unwrap()
                .set_len(60 << 20)
                .unwrap()
        },
        "error",
        "the pack",
        "is too large: 61 MiB (limit: 50 MB)",
        "remove files",
    ),
];

//! `herald pack`, with packs as they exist in practice.

mod hostile;
mod killed_installation;
#[cfg(target_os = "linux")]
mod many_sounds;
mod rules;
mod rules_broken_harmlessly;
mod sounds_of_events;

use std::fs;
use std::path::{Path, PathBuf};

use herald_audio::internals::pack::Pack;
use serde_json::{Value, json};

use crate::support::repository;
use crate::support::sandbox::{Sandbox, run, wav};

/// Exit code, standard output and standard error of `herald pack` with `args`.
fn pack(sandbox: &Sandbox, args: &[&str]) -> (i32, String, String) {
    let output = run(sandbox.herald(&[&["pack"], args].concat()), b"");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn user_packs(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.openpeon/packs")
}

fn manifest(name: &str, categories: Value) -> Value {
    json!({
        "cesp_version": "1.0",
        "name": name,
        "display_name": format!("The {name} pack"),
        "version": "1.2.3",
        "categories": categories,
    })
}

fn write_manifest(dir: &Path, manifest: &Value) {
    fs::write(dir.join("openpeon.json"), format!("{manifest:#}")).unwrap();
}

/// A pack with sounds next to the manifest, named without a directory.
fn flat(parent: &Path) -> PathBuf {
    let dir = parent.join("flat");
    fs::create_dir_all(&dir).unwrap();
    for name in ["done.wav", "ask.wav", "ask2.wav"] {
        fs::write(dir.join(name), wav(&[1, 2, 3, 4])).unwrap();
    }
    let sound = |file: &str| json!({"file": file, "label": file});
    let categories = json!({
        "task.complete": {"sounds": [sound("done.wav")]},
        "input.required": {"sounds": [sound("ask2.wav"), sound("ask.wav")]},
    });
    write_manifest(&dir, &manifest("flat", categories));
    dir
}

/// A pack with MP3 files in `sounds/`, some under names older than CESP.
fn aliased(parent: &Path) -> PathBuf {
    let dir = parent.join("aliased");
    fs::create_dir_all(dir.join("sounds")).unwrap();
    let mp3 = repository().join("tests/fixtures/sounds/mono.mp3");
    for name in ["hello.mp3", "done.mp3"] {
        fs::copy(&mp3, dir.join("sounds").join(name)).unwrap();
    }
    fs::write(dir.join("LICENSE.md"), "free").unwrap();
    fs::write(dir.join("draft.txt"), "not named").unwrap();
    let categories = json!({
        "greeting": {"sounds": [{"file": "hello.mp3", "label": "Hello"}]},
        "task.complete": {"sounds": [{"file": "sounds/done.mp3", "label": "Done"}]},
    });
    let mut manifest = manifest("aliased", categories);
    manifest["category_aliases"] = json!({
        "greeting": "session.start",
        "complete": "task.complete",
        "annoyed": "user.spam",
    });
    write_manifest(&dir, &manifest);
    dir
}

#[test]
fn packs_of_either_layout_have_their_sounds() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project").canonicalize().unwrap();
    let sounds = |pack: &Path, category: &str| {
        let sounds = Pack::open(pack).unwrap().sounds(category).into_iter();
        let relative = sounds.map(|sound| sound.strip_prefix(pack).unwrap().to_owned());
        relative.collect::<Vec<_>>()
    };
    let pack = flat(&dir);
    assert_eq!(
        sounds(&pack, "input.required"),
        [Path::new("ask2.wav"), Path::new("ask.wav")]
    );
    assert!(sounds(&pack, "task.error").is_empty());
    let pack = aliased(&dir);
    for (category, sound) in [
        ("session.start", "sounds/hello.mp3"),
        ("greeting", "sounds/hello.mp3"),
        ("task.complete", "sounds/done.mp3"),
        ("complete", "sounds/done.mp3"),
    ] {
        assert_eq!(sounds(&pack, category), [Path::new(sound)], "{category}");
    }
}

#[test]
fn a_pack_comes_is_used_and_goes() {
    let sandbox = Sandbox::new();
    let from = sandbox.path("project/elsewhere");
    let dirs = [flat(&from), aliased(&from)];
    for dir in &dirs {
        let (code, out, err) = pack(&sandbox, &["check", dir.to_str().unwrap()]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.ends_with("0 errors, 0 warnings\n"), "{out}");
    }
    let (_, out, _) = pack(&sandbox, &["list"]);
    assert!(out.starts_with("no packs installed; "), "{out}");

    for dir in &dirs {
        let (code, out, err) = pack(&sandbox, &["install", dir.to_str().unwrap()]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
    }
    let dir = user_packs(&sandbox).join("aliased");
    assert!(dir.join("sounds/hello.mp3").is_file() && dir.join("LICENSE.md").is_file());
    assert!(!dir.join("draft.txt").exists(), "nobody named it");
    // By its name, from any directory.
    assert_eq!(pack(&sandbox, &["check", "aliased"]).0, 0);

    assert_eq!(pack(&sandbox, &["use", "aliased"]).0, 0);
    let (_, out, _) = pack(&sandbox, &["list"]);
    for line in [
        "*  aliased  The aliased pack  1.2.3    user   greeting 1, task.complete 1",
        "   flat     The flat pack     1.2.3    user   input.required 2, task.complete 1",
    ] {
        assert!(out.contains(line), "no {line:?} in:\n{out}");
    }
    let (_, out, _) = pack(&sandbox, &["list", "--json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list["active"], "aliased");
    assert_eq!(list["packs"][0]["active"], true);
    assert_eq!(list["packs"][1]["displayName"], "The flat pack");
    assert_eq!(list["packs"][1]["categories"]["input.required"], 2);
    assert_eq!(list["packs"][1]["error"], Value::Null);

    let again = ["install", dirs[0].to_str().unwrap()];
    let (code, _, err) = pack(&sandbox, &again);
    assert_eq!(code, 1);
    assert!(err.contains("already") && err.contains("--force"), "{err}");
    fs::remove_file(dirs[0].join("ask2.wav")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dirs[0].join("ask2.wav")).unwrap();
    let (code, _, err) = pack(&sandbox, &[&again[..], &["--force"]].concat());
    assert_eq!(code, 1, "a broken one replaced a whole one");
    assert!(err.contains("ask2.wav\" is a link that leads out"), "{err}");
    fs::remove_file(dirs[0].join("ask2.wav")).unwrap();
    assert!(user_packs(&sandbox).join("flat/ask2.wav").is_file());
    fs::write(dirs[0].join("ask2.wav"), wav(&[5; 8])).unwrap();
    let (code, out, _) = pack(&sandbox, &[&again[..], &["--force"]].concat());
    assert_eq!(
        (code, out.starts_with("flat replaced: ")),
        (0, true),
        "{out}"
    );
    let replaced = fs::read(user_packs(&sandbox).join("flat/ask2.wav")).unwrap();
    assert_eq!(replaced, wav(&[5; 8]));

    let (code, out, err) = pack(&sandbox, &["remove", "aliased"]);
    assert_eq!((code, out.as_str()), (0, "removed aliased\n"));
    assert!(err.contains("herald pack use none"), "{err}");
    assert!(!dir.exists());
    let (_, out, _) = pack(&sandbox, &["list"]);
    assert!(
        out.contains("names the pack aliased, which is not installed"),
        "{out}"
    );
    let (code, _, err) = pack(&sandbox, &["remove", "aliased"]);
    assert_eq!(code, 1);
    assert!(err.contains("no pack \"aliased\""), "{err}");
}

#[test]
fn a_pack_is_used_without_touching_the_rest_of_the_config() {
    let sandbox = Sandbox::new();
    pack(
        &sandbox,
        &["install", flat(&sandbox.path("")).to_str().unwrap()],
    );
    let user = sandbox.path("home/.config/herald/config.json");
    let project = sandbox.path("project/.claude/herald.json");
    for (path, more) in [(&user, &[][..]), (&project, &["--project"])] {
        let use_it = |name: &[&str]| {
            let (code, out, err) = pack(&sandbox, &[&["use"], name, more].concat());
            assert_eq!(code, 0, "{err}");
            assert!(out.contains(path.to_str().unwrap()), "{out}");
        };
        // There is no config yet.
        use_it(&["flat"]);
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(
            text,
            "{\n  \"packs\": {\n    \"active\": \"flat\"\n  }\n}\n"
        );
        use_it(&["none"]);
        assert_eq!(fs::read_to_string(path).unwrap(), "{}\n");

        let mine = "{\r\n\t// loud\r\n\t\"audio_settings\": { \"volume\" : 0.50 }, // half\r\n\r\n\
                    \t\"packs\": {\r\n\t\t\"muted\": [ \"user.spam\" ], /* ! */\r\n\t}\r\n}";
        fs::write(path, mine).unwrap();
        use_it(&["flat"]);
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(text.replace("\r\n\t\t\"active\": \"flat\",", ""), mine);
        use_it(&["--none"]);
        assert_eq!(fs::read_to_string(path).unwrap(), mine);
    }
}

#[test]
fn unusable_packs_are_reported_with_their_hints() {
    let sandbox = Sandbox::new();
    pack(
        &sandbox,
        &["install", flat(&sandbox.path("")).to_str().unwrap()],
    );
    let user = sandbox.path("home/.config/herald/config.json");
    fs::create_dir_all(user.parent().unwrap()).unwrap();
    fs::write(&user, "{ mine").unwrap();
    fs::create_dir(user_packs(&sandbox).join("broken")).unwrap();
    fs::write(user_packs(&sandbox).join("broken/openpeon.json"), "[]").unwrap();
    for (args, code, says) in [
        (
            &["use", "flut"][..],
            1,
            "no pack \"flut\"\nhint: did you mean flat?\n",
        ),
        (&["use", "../flat"], 1, "no pack \"../flat\""),
        (
            &["use", "broken"],
            1,
            "broken/openpeon.json: not a JSON object",
        ),
        (&["use", "flat"], 1, "config.json:1:3: not valid JSON: "),
        (
            &["check", "flut"],
            1,
            "no pack \"flut\"\nhint: did you mean flat?\n",
        ),
        (&["check", "."], 1, ""),
        (&["install", "gone"], 1, "no openpeon.json in gone"),
        (&["remove", "../flat"], 1, "no pack"),
        (&["remove", ".."], 1, "invalid pack name \"..\""),
        (&["use"], 2, "<NAME>"),
        (&["use", "flat", "--none"], 2, "cannot be used with"),
        (&[], 2, "Usage"),
    ] {
        let (found, _, err) = pack(&sandbox, args);
        assert_eq!(found, code, "{args:?}: {err}");
        assert!(err.contains(says), "{args:?}: {err}");
        assert!(
            code == 2 || says.is_empty() || err.contains("error: "),
            "{err}"
        );
    }
    assert_eq!(fs::read_to_string(&user).unwrap(), "{ mine");
    assert!(user_packs(&sandbox).join("flat/done.wav").is_file());
}

#[test]
fn of_a_link_only_the_link_is_removed() {
    let sandbox = Sandbox::new();
    let dir = flat(&sandbox.path("project"));
    fs::create_dir_all(user_packs(&sandbox)).unwrap();
    let link = user_packs(&sandbox).join("linked");
    std::os::unix::fs::symlink(&dir, &link).unwrap();
    let (_, out, _) = pack(&sandbox, &["list"]);
    assert!(out.contains("linked"), "{out}");
    let (code, out, _) = pack(&sandbox, &["remove", "linked"]);
    assert_eq!(code, 0);
    assert!(out.contains("the pack itself stays"), "{out}");
    assert!(link.symlink_metadata().is_err() && dir.join("done.wav").is_file());
}

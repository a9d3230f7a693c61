//! Each rule of CESP 1.0 that a pack may break, with its finding.

mod fields;
mod sounds;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{manifest, pack, write_manifest};
use crate::support::sandbox::{Sandbox, wav};

/// A change of a good pack, before its manifest is written; and the severity, place, text and hint of the
/// finding.
type Rule = (
    fn(&Path, &mut Value),
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

fn good(dir: &Path) -> Value {
    fs::create_dir_all(dir.join("sounds")).unwrap();
    for name in ["done.wav", "other.wav"] {
        fs::write(dir.join("sounds").join(name), wav(&[1, 2])).unwrap();
    }
    let sounds = ["done.wav", "other.wav"].map(|name| {
        let file = format!("sounds/{name}");
        json!({"file": file, "label": name})
    });
    manifest("good", json!({"task.complete": {"sounds": sounds}}))
}

#[test]
fn each_rule_has_its_own_message() {
    let rules = fields::RULES.iter().chain(sounds::RULES);
    for (number, (harm, severity, at, says, hint)) in rules.enumerate() {
        let sandbox = Sandbox::new();
        let dir = sandbox.path("project/good");
        let mut manifest = good(&dir);
        harm(&dir, &mut manifest);
        write_manifest(&dir, &manifest);
        let (code, out, err) = pack(&sandbox, &["check", "good", "--json"]);
        assert_eq!(
            code,
            i32::from(*severity == "error"),
            "rule {number}: {out}{err}"
        );
        let answer: Value = serde_json::from_str(&out).unwrap();
        let findings = answer["findings"].as_array().unwrap();
        // Without any category, no core category has sounds, either.
        let wanted = findings
            .iter()
            .filter(|finding| finding["what"] != "no core category has sounds");
        let [finding] = wanted.collect::<Vec<_>>()[..] else {
            panic!("rule {number}: {findings:#?}");
        };
        let text = |key: &str| finding[key].as_str().unwrap();
        assert_eq!(text("severity"), *severity, "rule {number}: {finding}");
        assert!(text("at").ends_with(at), "rule {number}: {finding}");
        assert!(text("what").contains(says), "rule {number}: {finding}");
        assert!(text("hint").contains(hint), "rule {number}: {finding}");
        // The same as text.
        let (_, out, _) = pack(&sandbox, &["check", "good"]);
        let line = format!(
            "{severity}: {}: {}\nhint: {}\n",
            text("at"),
            text("what"),
            text("hint")
        );
        assert!(out.contains(&line), "rule {number}: no {line:?} in:\n{out}");
    }
}

#[test]
fn a_pack_that_keeps_every_rule_has_no_findings() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/good");
    let mut manifest = good(&dir);
    sounds::of(&mut manifest)["sha256"] = json!("0".repeat(64));
    for (key, value) in [
        ("description", json!("A pack")),
        ("author", json!({"name": "A", "github": ""})),
        ("license", json!("MIT")),
        ("language", json!("zh-Hant-TW")),
        ("homepage", json!("https://example.org")),
        ("tags", json!(["short"])),
        ("icon", json!("icon.png")),
        ("min_player_version", json!("0.1.0")),
        (
            "category_aliases",
            json!({"complete": "task.complete", "annoyed": "user.spam"}),
        ),
    ] {
        manifest[key] = value;
    }
    fs::create_dir(dir.join("icons")).unwrap();
    fs::write(dir.join("icons/icon.png"), "png").unwrap();
    write_manifest(&dir, &manifest);
    // The finding about a wrong checksum contains the right one.
    let (_, out, _) = pack(&sandbox, &["check", "good", "--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    let what = answer["findings"][0]["what"].as_str().unwrap();
    let right = what.rsplit(' ').next().unwrap().to_uppercase();
    sounds::of(&mut manifest)["sha256"] = json!(right);
    write_manifest(&dir, &manifest);
    let (code, out, _) = pack(&sandbox, &["check", "good"]);
    assert_eq!(code, 0);
    assert!(out.ends_with("good: 0 errors, 0 warnings\n"), "{out}");
}

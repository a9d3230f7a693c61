//! Settings files of every kind, and obstacles.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use herald_audio::internals::agents;

use super::{backup, complain, herald, read, say, user_settings, with_settings};
use crate::support::sandbox::Sandbox;

const OTHERS: &str = r#""hooks": [{"type": "command", "command": "other.sh"}]"#;

fn documents() -> Vec<(&'static str, Vec<u8>)> {
    let others = |indent: &str, newline: &str| {
        let lines = [
            "{",
            "I\"permissions\": { \"allow\": [ \"Bash(ls:*)\" ] },",
            "I\"hooks\": {",
            "II\"Stop\": [",
            &format!("III{{ \"matcher\": \"\", {OTHERS} }}"),
            "II],",
            "II\"PreToolUse\": []",
            "I}",
            "}",
            "",
        ];
        lines
            .map(|line| line.replace('I', indent))
            .join(newline)
            .into_bytes()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("other people's hooks", others("  ", "\n")),
        ("tabs", others("\t", "\n")),
        ("three spaces", others("   ", "\n")),
        ("CRLF", others("  ", "\r\n")),
        (
            "a byte order mark",
            [b"\xef\xbb\xbf".to_vec(), others("  ", "\r\n")].concat(),
        ),
        (
            "one line",
            text(&format!(
                r#"{{"a": 1, "hooks": {{"Stop": [{{{OTHERS}}}], "X": []}}}}"#
            )),
        ),
        ("no final newline", text("{\n  \"a\": 1\n}")),
        (
            "comments",
            text(
                "// top\n{\n  // first\n  \"a\": 1, // one\n  \"hooks\": {\n    // none\n  } /* end */\n}\n// bottom\n",
            ),
        ),
        (
            "trailing commas",
            text("{\n  \"hooks\": {\n    \"Stop\": [\n    ],\n  },\n}\n"),
        ),
        ("an empty file", Vec::new()),
        ("space", text(" \n\n")),
        ("an empty object", text("{}\n")),
        ("an empty object with space", text("{ \n }")),
        ("empty hooks", text("{\n  \"hooks\": {}\n}\n")),
        (
            "empty arrays",
            text("{\"hooks\": {\"Stop\": [ ], \"Notification\": [\n]}}"),
        ),
        (
            "keys in an order of their own",
            text("{\"z\": 1, \"hooks\": {}, \"a\": {\"y\": 1, \"b\": 2}}"),
        ),
        (
            "keys twice",
            text("{\"hooks\": {\"Stop\": []}, \"hooks\": {\"Stop\": [], \"Stop\": []}}"),
        ),
    ]
}

#[test]
fn installing_and_uninstalling_gives_back_every_byte() {
    for (name, before) in documents() {
        let sandbox = with_settings(&before);
        let file = user_settings(&sandbox);
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        // Comments keep Claude Code from reading it, which is told.
        assert!(
            herald(&sandbox, &["install", "--json"])
                .1
                .contains("\"changed\": true"),
            "{name}"
        );
        let after = fs::read(&file).unwrap();
        assert_ne!(after, before, "{name}");
        assert_eq!(fs::read(backup(&sandbox)).unwrap(), before, "{name}");
        for path in [&file, &backup(&sandbox)] {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}: {}", path.display());
        }
        let (_, told, _) = herald(&sandbox, &["install"]);
        assert!(told.contains("\nnothing to do: "), "{name}: {told}");
        assert_eq!(fs::read(&file).unwrap(), after, "{name}: twice is once");
        let told = say(&sandbox, &["uninstall"]);
        assert!(
            told.contains("the file is as it was before herald install"),
            "{name}: {told}"
        );
        let back = fs::read(&file).unwrap();
        assert_eq!(back, before, "{name}: {}", String::from_utf8_lossy(&back));
        let left = fs::read_dir(sandbox.path("home/.claude")).unwrap().count();
        assert_eq!(left, 1, "{name}: nothing else is left");
    }
}

#[test]
fn what_others_change_meanwhile_stays() {
    let sandbox = with_settings("{\n  \"a\": 1\n}\n");
    let file = user_settings(&sandbox);
    say(&sandbox, &["install"]);
    // As agents do that rewrite the whole file.
    let mut settings = read(&file);
    settings["b"] = 2.into();
    let theirs = serde_json::json!({"matcher": "Bash", "hooks": []});
    settings["hooks"]["Stop"]
        .as_array_mut()
        .unwrap()
        .insert(0, theirs.clone());
    fs::write(&file, settings.to_string()).unwrap();
    let told = say(&sandbox, &["uninstall"]);
    assert!(
        told.contains("warning: the file has other changes since herald install"),
        "{told}"
    );
    let expected = serde_json::json!({"a": 1, "b": 2, "hooks": {"Stop": [theirs]}});
    assert_eq!(read(&file), expected);
    assert!(backup(&sandbox).exists());
    // The state before the next first installation.
    let before = fs::read(&file).unwrap();
    say(&sandbox, &["install"]);
    assert_eq!(fs::read(backup(&sandbox)).unwrap(), before);
    say(&sandbox, &["uninstall"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_file_that_installing_made_is_not_mistaken_for_an_older_one() {
    let sandbox = with_settings("{}");
    fs::write(backup(&sandbox), "{\"older\": 1}").unwrap();
    fs::remove_file(user_settings(&sandbox)).unwrap();
    say(&sandbox, &["install"]);
    say(&sandbox, &["uninstall"]);
    assert!(!sandbox.path("home/.claude").exists());
}

#[test]
fn a_link_stays_a_link() {
    for (name, target) in [
        ("absolute", None),
        ("relative", Some("../dotfiles/claude.json")),
    ] {
        let sandbox = Sandbox::new();
        let real = sandbox.path("home/dotfiles/claude.json");
        let link = user_settings(&sandbox);
        for dir in ["home/dotfiles", "home/.claude"] {
            fs::create_dir(sandbox.path(dir)).unwrap();
        }
        symlink(target.map_or(real.clone(), Into::into), &link).unwrap();
        // Dangling, then with content.
        for before in [None, Some("{\"a\":1}")] {
            if let Some(before) = before {
                fs::write(&real, before).unwrap();
            }
            say(&sandbox, &["install"]);
            assert!(read(&real)["hooks"].is_object(), "{name}");
            assert_eq!(backup(&sandbox).exists(), before.is_some(), "{name}");
            say(&sandbox, &["uninstall"]);
            assert!(link.is_symlink(), "{name}");
            assert_eq!(fs::read_to_string(&real).ok().as_deref(), before, "{name}");
        }
    }
}

/// A repository may contain links: the user's files are not changed or copied through them.
#[test]
fn a_project_does_not_lead_out_of_itself() {
    for (link, target, hooks) in [
        (
            "project/.claude/settings.json",
            "home/secrets.json",
            "home/secrets.json",
        ),
        (
            "project/.claude/settings.json",
            "home/nothing.json",
            "home/nothing.json",
        ),
        ("project/.claude", "home/other", "home/other/settings.json"),
    ] {
        let sandbox = Sandbox::new();
        fs::write(sandbox.path("home/secrets.json"), "{}").unwrap();
        fs::create_dir(sandbox.path("home/other")).unwrap();
        let link = sandbox.path(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(sandbox.path(target), &link).unwrap();
        for verb in ["install", "uninstall"] {
            let error = complain(&sandbox, &[verb, "--scope", "project"]);
            assert!(error.contains("leads out of the project"), "{error}");
        }
        let text = fs::read_to_string(sandbox.path(hooks)).unwrap_or_default();
        assert!(!text.contains("herald"), "{text}");
        let backup = sandbox.path("project/.claude/settings.json.herald-backup");
        assert!(!backup.exists());
    }
}

#[test]
fn no_agents_project_files_lead_out() {
    for agent in agents::ALL {
        let Some(file) = agent.settings().and_then(|settings| settings.project) else {
            continue;
        };
        let sandbox = Sandbox::new();
        let others = sandbox.path("home/others");
        fs::create_dir(&others).unwrap();
        let dir = Path::new(file).components().next().unwrap();
        symlink(&others, sandbox.path("project").join(dir)).unwrap();
        for verb in ["install", "uninstall"] {
            let args = [verb, "--agent", agent.name, "--scope", "project"];
            let error = complain(&sandbox, &args);
            assert!(error.contains("leads out of the project"), "{error}");
        }
        assert_eq!(fs::read_dir(&others).unwrap().count(), 0, "{}", agent.name);
    }
}

#[test]
fn what_cannot_be_understood_is_left_alone() {
    for (text, says) in [
        (
            &b"{\n  \"a\": 1\n  \"b\": 2\n}"[..],
            ":2:9: not valid JSON: ",
        ),
        (b"{", ":1:1: not valid JSON: "),
        (b"[]", ":1:1: the JSON is not an object"),
        (b"{\"hooks\": []}", ":1:11: \"hooks\" is not an object"),
        (
            b"{\"hooks\": {\n  \"Stop\": {}\n}}",
            ":2:11: \"Stop\" in \"hooks\" is not an array",
        ),
        (b"{\"a\": \"\xff\"}", ":1:8: not UTF-8"),
    ] {
        let sandbox = with_settings(text);
        let file = user_settings(&sandbox);
        for args in [&["install"][..], &["install", "--dry-run"]] {
            let error = complain(&sandbox, args);
            let place = format!("error: {}{says}", file.display());
            assert!(error.starts_with(&place), "{error}");
            assert!(
                error.ends_with("\nhint: fix the file by hand, then run the command again\n"),
                "{error}"
            );
        }
        assert_eq!(fs::read(&file).unwrap(), text);
        assert!(!backup(&sandbox).exists());
    }
}

#[test]
fn unreadable_and_unwritable_files_are_reported() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(user_settings(&sandbox)).unwrap();
    for args in ["install", "uninstall"] {
        let error = complain(&sandbox, &[args]);
        assert!(error.starts_with("error: cannot read "), "{error}");
        assert!(error.contains("settings.json: "), "{error}");
    }
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("home/.claude"), "a file").unwrap();
    let error = complain(&sandbox, &["install"]);
    assert!(error.contains("settings.json: "), "{error}");

    let (code, _, error) = herald(&Sandbox::new().with("HOME", ""), &["install"]);
    assert_eq!(code, 1);
    let says = "error: cannot find the settings of Claude Code\nhint: set HOME\n";
    assert_eq!(error, says);
    let (code, ..) = herald(&Sandbox::new(), &["install", "--agent", "emacs"]);
    assert_eq!(code, 2);
}

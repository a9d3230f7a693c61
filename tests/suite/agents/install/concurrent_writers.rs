//! Simultaneous writers of one settings file.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use super::{backup, command, groups, herald, read, say, user_settings, with_settings};
use crate::support::sandbox::{Running, Sandbox};

/// Starts all of them, then waits for all.
fn at_once(sandbox: &Sandbox, count: usize) -> Vec<bool> {
    let start = |number: usize| {
        // With separate state directories, so that they do not wait for each other.
        let state = sandbox.path(&format!("state{}", number % 2));
        let mut install = sandbox.herald(&["install"]);
        install.env("HERALD_STATE_DIR", state);
        install.stdout(Stdio::null());
        Running::start(install)
    };
    let started: Vec<_> = (0..count).map(start).collect();
    let wait = |mut install: Running| install.wait().success();
    started.into_iter().map(wait).collect()
}

#[test]
fn installations_at_once_register_each_hook_once() {
    let before = "{\n  \"a\": 1\n}\n";
    for _ in 0..5 {
        let sandbox = with_settings(before);
        assert_eq!(at_once(&sandbox, 8), [true; 8]);
        let settings = read(&user_settings(&sandbox));
        assert_eq!(settings["hooks"]["Stop"], groups(&command()));
        assert_eq!(settings["hooks"].as_object().unwrap().len(), 5);
        assert_eq!(fs::read_to_string(backup(&sandbox)).unwrap(), before);
        say(&sandbox, &["uninstall"]);
        assert_eq!(fs::read_to_string(user_settings(&sandbox)).unwrap(), before);
    }
    // The same without an existing file.
    let sandbox = Sandbox::new();
    assert_eq!(at_once(&sandbox, 8), [true; 8]);
    assert_eq!(
        read(&user_settings(&sandbox))["hooks"]["Stop"],
        groups(&command())
    );
    assert!(!backup(&sandbox).exists());
}

/// How often the other program writes.
const ROUNDS: usize = 40;

#[test]
fn simultaneous_changes_of_others_are_kept() {
    let before = "{\n  \"others\": [\"end\"]\n}\n";
    let sandbox = with_settings(before);
    let file = user_settings(&sandbox);
    // It reads, increments and renames, as editors and agents do. It may thereby remove what Herald has just
    // added, which is its own mistake. The pause gives Herald a chance to write.
    let script = "i=0; while [ $i -lt $2 ]; do \
        sed \"s/\\\"end\\\"/\\\"$i\\\", &/\" \"$1\" > \"$1.new\" && mv \"$1.new\" \"$1\" || exit 1; \
        i=$((i + 1)); sleep 0.01; done";
    let mut other = sandbox.command("sh");
    other
        .args(["-c", script, "sh"])
        .arg(&file)
        .arg(ROUNDS.to_string());
    let mut other = Running::start(other);
    let mut runs = 0;
    let status = loop {
        for verb in ["install", "uninstall"] {
            let (code, _, error) = herald(&sandbox, &[verb]);
            assert_eq!((code, &*error), (0, ""), "{verb}");
        }
        runs += 1;
        if let Some(status) = other.child().try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success() && runs > 0, "{status}, {runs}");
    let mut expected: Vec<_> = (0..ROUNDS).map(|round| round.to_string()).collect();
    expected.push("end".to_owned());
    let settings = read(&file);
    assert_eq!(settings["others"], json!(expected));
    // Its last version may include our hooks; they are removed without a trace.
    say(&sandbox, &["uninstall"]);
    let text = fs::read_to_string(&file).unwrap();
    let others: Vec<_> = expected.iter().map(|name| format!("{name:?}")).collect();
    assert_eq!(
        text,
        format!("{{\n  \"others\": [{}]\n}}\n", others.join(", "))
    );
}

//! Unreadable calls and policies.

use std::fs;
use std::io::{Seek, Write};
use std::process::Stdio;

use serde_json::Value;

use super::{hook, policy_file};
use crate::support::sandbox::{REPLY, Sandbox, holding, make_fifo, output_of, payload};

#[test]
fn unexpected_files_in_place_of_a_policy_are_harmless() {
    for what in ["fifo", "dir", "link", "large"] {
        let sandbox = Sandbox::new();
        let file = policy_file(&sandbox, "project");
        match what {
            "fifo" => {
                make_fifo(&file);
            }
            "dir" => fs::create_dir(&file).unwrap(),
            "link" => std::os::unix::fs::symlink("/dev/zero", &file).unwrap(),
            _ => fs::File::create(&file).unwrap().set_len(1 << 30).unwrap(),
        }
        let (reply, stderr) = hook(&sandbox, &["hook"], &payload("PreToolUse-Bash-dangerous"));
        assert_eq!(reply, REPLY, "{what}");
        assert!(stderr.contains("decision_policy.json"), "{what}: {stderr}");
    }
}

/// A tool call that is truncated, missing or anonymous is not allowed unasked.
#[test]
fn a_call_that_cannot_be_read_is_asked_about() {
    let sandbox = Sandbox::new();
    fs::write(policy_file(&sandbox, "user"), "{}").unwrap();
    let whole = payload("PreToolUse-Bash");
    let half = &whole[..whole.len() - 2];
    let decision = |args: &[&str], input: Stdio| {
        let mut command = sandbox.herald(&[&["hook", "--no-audio"], args].concat());
        command.stdin(input);
        let output = output_of(command);
        assert!(output.status.success(), "{args:?}");
        let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
        let decision = &reply["hookSpecificOutput"]["permissionDecision"];
        decision.as_str().unwrap_or("none").to_owned()
    };
    let cut_before = |part: &str| {
        let text = str::from_utf8(&whole).unwrap();
        let at = text.find(part).unwrap();
        holding(&text.as_bytes()[..at])
    };
    assert_eq!(decision(&[], cut_before("hook_event_name")), "ask");
    assert_eq!(decision(&[], holding(half)), "ask");
    assert_eq!(decision(&["--agent", "codex"], holding(half)), "deny");
    assert_eq!(decision(&["PreToolUse"], holding(b"")), "ask");
    assert_eq!(decision(&["PreToolUse"], holding(b"no payload")), "ask");
    assert_eq!(decision(&[], holding(b"{}")), "ask");
    assert_eq!(decision(&["Stop"], holding(half)), "none");
    // A pause longer than the hook waits.
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(half).unwrap();
    assert_eq!(decision(&[], reader.into()), "ask");
    drop(writer);
    // Longer than a hook reads.
    let mut long = tempfile::tempfile().unwrap();
    long.write_all(half.strip_suffix(b"}").unwrap_or(half))
        .unwrap();
    long.write_all(b",\"x\":\"").unwrap();
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..65 {
        long.write_all(&spaces).unwrap();
    }
    long.write_all(b"\"}").unwrap();
    long.rewind().unwrap();
    assert_eq!(decision(&[], long.into()), "ask");
}

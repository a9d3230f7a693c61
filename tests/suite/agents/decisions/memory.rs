//! The memory for decisions, for any policy of a repository.

use std::fs;

use serde_json::json;

use super::policy_file;
use crate::support::sandbox::{REPLY, Sandbox, payload, run};

/// A hook needs at most 32 MiB more for a repository's policy, and the user's own deny still applies.
#[test]
fn a_projects_policy_needs_little_memory() {
    let sandbox = Sandbox::new();
    let deny = json!({"pre_tool_use": {"rules": [{"action": "deny", "pattern": "git push"}]}});
    fs::write(policy_file(&sandbox, "user"), deny.to_string()).unwrap();
    let of_project = policy_file(&sandbox, "project");
    let command = format!("git push; {}", "ab".repeat(30_000));
    let call = json!({"hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": {"command": command}});
    // The reply of a hook limited to this many MiB of address space.
    let said = |payload: &[u8], limit: u64| {
        let script = format!("ulimit -v {}; exec \"$0\" hook --no-audio", limit << 10);
        let mut shell = sandbox.command("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_herald")]);
        String::from_utf8(run(shell, payload).stdout).unwrap()
    };
    let call = call.to_string();
    let denies = |limit| said(call.as_bytes(), limit).contains("\"deny\"");
    let without = (1..1_000).find(|mebibytes| denies(4 * mebibytes));
    let without = 4 * without.expect("a limit that is enough without a policy of the project");
    let rule = |pattern: &str| json!({"action": "deny", "pattern": pattern});
    let rules = |pattern: &str, count| {
        let rules = vec![rule(pattern); count];
        json!({"pre_tool_use": {"rules": rules}}).to_string()
    };
    let long = |part: &str| {
        let parts = vec![part; (250 << 10) / (part.len() + 1)];
        format!("{{\"pre_tool_use\": {{\"rules\": [{}]}}}}", parts.join(","))
    };
    let keys: Vec<_> = (0..20_000).map(|number| number.to_string()).collect();
    for (name, policy) in [
        ("many", rules("(a{50}){60}1", 5_000)),
        ("slow", rules("[ab]*a[ab]{400}c", 100)),
        ("large", rules(r"(\w{100}){100}", 100)),
        ("numbers", long("0")),
        ("lists", long("[[[[[[[[0]]]]]]]]")),
        ("objects", long("{\"\":{\"\":0}}")),
        (
            "keys",
            json!({"post_tool_use": {"error_keys": keys}}).to_string(),
        ),
    ] {
        assert!(policy.len() < 256 << 10, "{name}");
        fs::write(&of_project, policy).unwrap();
        assert!(denies(without + 32), "{name}: {without} MiB without");
        let stop = said(&payload("Stop"), without + 32);
        assert_eq!(stop, REPLY, "{name}");
    }
}

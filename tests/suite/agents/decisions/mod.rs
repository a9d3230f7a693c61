//! The decision policy through the real program.

#[cfg(target_os = "linux")]
mod memory;
mod original;
#[cfg(unix)]
mod unreadable;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::sandbox::{REPLY, Sandbox, payload, payloads, run};

fn policy_file(sandbox: &Sandbox, of: &str) -> PathBuf {
    let file = match of {
        "user" => sandbox.path("home/.config/herald/decision_policy.json"),
        _ => sandbox.path("project/.claude/hooks/utils/decision_policy.json"),
    };
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    file
}

/// Standard output and standard error of a hook that must succeed.
fn hook(sandbox: &Sandbox, args: &[&str], payload: &[u8]) -> (String, String) {
    let output = run(sandbox.herald(args), payload);
    assert!(output.status.success(), "{args:?}: {}", output.status);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

fn reply(sandbox: &Sandbox, name: &str) -> Value {
    let (reply, _) = hook(sandbox, &["hook", "--no-audio"], &payload(name));
    assert_eq!(reply.lines().count(), 1, "{name}: {reply}");
    serde_json::from_str(&reply).unwrap()
}

#[test]
fn the_users_policy_decides() {
    let sandbox = Sandbox::new();
    let rules = json!({"pre_tool_use": {"rules": [
        {"action": "allow", "pattern": "^cargo test"},
        {"type": "path", "action": "ask", "pattern": "\\.rs$", "reason": "source"},
    ]}});
    fs::write(policy_file(&sandbox, "user"), rules.to_string()).unwrap();
    let decision = |name: &str| {
        let reply = reply(&sandbox, name);
        let decision = &reply["hookSpecificOutput"]["permissionDecision"];
        (
            decision.as_str().map(str::to_owned),
            reply["continue"].as_bool(),
        )
    };
    let said = |decision: &str, goes_on| (Some(decision.to_owned()), goes_on);
    assert_eq!(decision("PreToolUse-Bash"), said("allow", Some(true)));
    // A deny is only that: the agent continues without the call.
    assert_eq!(decision("PreToolUse-Bash-dangerous"), said("deny", None));
    assert_eq!(decision("PreToolUse-legacy"), said("ask", Some(true)));
    assert_eq!(decision("PreToolUse-mcp"), (None, Some(true)));
    let failed = reply(&sandbox, "PostToolUse-Bash-failed");
    let reason = "the tool ended with exit code 101";
    assert_eq!(
        failed,
        json!({"continue": true, "decision": "block", "reason": reason})
    );
    for name in [
        "PostToolUse-Bash",
        "Stop",
        "Notification-idle_prompt",
        "SessionStart-startup",
    ] {
        assert_eq!(reply(&sandbox, name), json!({"continue": true}), "{name}");
    }
}

/// An agent that cannot ask gets a deny. The agent is given on the command line, else recognised by the
/// payload.
#[test]
fn the_command_line_says_which_agent_it_is() {
    let sandbox = Sandbox::new();
    let rules = json!({"pre_tool_use": {"rules": [{"action": "ask", "pattern": "cargo"}]}});
    fs::write(policy_file(&sandbox, "user"), rules.to_string()).unwrap();
    let decision = |args: &[&str], of_codex: bool| {
        let mut payload: Value = serde_json::from_slice(&payload("PreToolUse-Bash")).unwrap();
        if of_codex {
            payload["turn_id"] = "1".into();
        }
        let (reply, _) = hook(&sandbox, args, payload.to_string().as_bytes());
        let reply: Value = serde_json::from_str(&reply).unwrap();
        let decision = &reply["hookSpecificOutput"]["permissionDecision"];
        (
            decision.as_str().map(str::to_owned),
            reply["continue"].as_bool(),
        )
    };
    let ask = (Some("ask".to_owned()), Some(true));
    let deny = (Some("deny".to_owned()), None);
    for (args, of_codex, expected) in [
        (&["hook"][..], false, &ask),
        (&["hook"], true, &deny),
        (&["hook", "--agent", "codex"], false, &deny),
        (&["hook", "--agent=codex"], false, &deny),
        (&["hook", "--agent", "Codex", "PreToolUse"], false, &deny),
        (&["hook", "PreToolUse", "--agent", "codex"], false, &deny),
        (&["hook", "--agent", "claude"], true, &ask),
        // An agent unknown to this version counts as unable to ask.
        (&["hook", "--agent", "surprise"], false, &deny),
        // An empty name is ignored.
        (&["hook", "--agent"], false, &ask),
        (&["hook", "--agent="], true, &deny),
        (
            &["--hook", "PreToolUse", "--agent", "codex", "--json-only"],
            false,
            &deny,
        ),
    ] {
        assert_eq!(&decision(args, of_codex), expected, "{args:?} {of_codex}");
    }
}

/// Nothing in a cloned repository makes a reply allow anything.
#[test]
fn a_hostile_repository_allows_nothing() {
    let allow = json!({"action": "allow", "pattern": ".*"});
    let allow_all = json!({
        "pre_tool_use": {"rules": [
            allow, {"action": "allow", "type": "path", "pattern": ".*"},
            {"tags": ["system:dangerous"]},
        ], "default": "allow"},
        "post_tool_use": {"block_on_error": false, "decision": "approve"},
        "stop": {"block_on_loop": false},
        "default_action": "allow", "permissionDecision": "allow", "HERALD_POLICY": "original",
    });
    let many: Vec<_> = (0..5_000).map(|_| allow.clone()).collect();
    let with_file = |content: &str| {
        let sandbox = Sandbox::new();
        fs::write(policy_file(&sandbox, "project"), content).unwrap();
        sandbox
    };
    let of_config = Sandbox::new().with_config(&json!({
        "policy": "original", "HERALD_POLICY": "original", "permissionDecision": "allow",
        "decision_policy": allow_all, "rules": {"policy": "original"},
        "hookSpecificOutput": {"permissionDecision": "allow"},
    }));
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let sandboxes = [
        ("allow all", with_file(&allow_all.to_string())),
        (
            "many",
            with_file(&json!({"pre_tool_use": {"rules": many}}).to_string()),
        ),
        (
            "broken",
            with_file("{\"pre_tool_use\": {\"rules\": [{\"action\": \"allow\""),
        ),
        ("deep", with_file(&format!("{{\"pre_tool_use\": {deep}}}"))),
        ("zeros", with_file(&"\0".repeat(100_000))),
        ("config", of_config),
    ];
    for (name, sandbox) in &sandboxes {
        for (sample, payload) in payloads() {
            let (reply, _) = hook(sandbox, &["hook", "--no-audio"], &payload);
            let permits = reply.contains("allow") || reply.contains("approve");
            assert!(!permits, "{name}, {sample}: {reply}");
            let _: Value = serde_json::from_str(&reply).unwrap();
        }
    }
    let dangerous = |sandbox: &Sandbox| {
        let reply = reply(sandbox, "PreToolUse-Bash-dangerous");
        reply["hookSpecificOutput"]["permissionDecision"].clone()
    };
    assert_eq!(dangerous(&sandboxes[0].1), "deny", "built-in rules apply");
    // Nor can it undo the user's own policy.
    let [(_, repository), ..] = &sandboxes;
    let deny = json!({"pre_tool_use": {"rules": [{"action": "deny", "pattern": "cargo"}]}});
    fs::write(policy_file(repository, "user"), deny.to_string()).unwrap();
    let denied = reply(repository, "PreToolUse-Bash");
    assert_eq!(denied["hookSpecificOutput"]["permissionDecision"], "deny");
    let blocked = reply(repository, "PostToolUse-Bash-failed");
    assert_eq!(blocked["continue"], true);
}

#[test]
fn a_policy_that_is_not_understood_denies_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    let file = policy_file(&sandbox, "user");
    fs::write(&file, "{\"pre_tool_use\": {\"rules\": [}").unwrap();
    let (reply, stderr) = hook(&sandbox, &["hook"], &payload("PreToolUse-Bash-dangerous"));
    assert_eq!(reply, REPLY);
    assert!(stderr.starts_with("herald: "), "{stderr}");
    assert!(stderr.contains("decision_policy.json:1:"), "{stderr}");
    let log = fs::read_to_string(sandbox.state_dir().join("log.ndjson")).unwrap();
    let mut lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    // Slow steps have lines, too.
    let line = lines.find(|line| line["event"] == "policy").unwrap();
    assert_eq!(line["status"], "failed");
    assert!(
        line["reason"].as_str().unwrap().contains("not valid JSON"),
        "{line}"
    );
    // A mistake costs only its rule.
    let rules = json!({"pre_tool_use": {"rules": [
        {"action": "deny", "pattern": "cargo("},
        {"action": "ask", "pattern": "cargo", "reason": "sure?"},
    ]}});
    fs::write(&file, rules.to_string()).unwrap();
    let (reply, stderr) = hook(&sandbox, &["hook"], &payload("PreToolUse-Bash"));
    assert!(reply.contains("sure?"), "{reply}");
    assert!(stderr.contains("unclosed group"), "{stderr}");
    // Other events do not report it.
    let (_, stderr) = hook(&sandbox, &["hook"], &payload("SessionStart-startup"));
    assert_eq!(stderr, "");
}

#[test]
fn a_payload_too_long_for_rules_is_asked_about() {
    let sandbox = Sandbox::new();
    fs::write(policy_file(&sandbox, "project"), "{}").unwrap();
    let write = |len: usize| {
        let input = json!({"content": "x".repeat(len), "file_path": ".env"});
        let payload =
            json!({"hook_event_name": "PreToolUse", "tool_name": "Write", "tool_input": input});
        let (reply, stderr) = hook(&sandbox, &["hook"], payload.to_string().as_bytes());
        let reply: Value = serde_json::from_str(&reply).unwrap();
        let decision = reply["hookSpecificOutput"]["permissionDecision"].as_str();
        (decision.map(str::to_owned), stderr)
    };
    let (decision, _) = write(2 << 20);
    assert_eq!(decision.as_deref(), Some("deny"), "the path comes late");
    let (decision, stderr) = write(9 << 20);
    assert_eq!(decision.as_deref(), Some("ask"));
    assert!(
        stderr.contains("too long for the decision policy"),
        "{stderr}"
    );
}

#[test]
fn install_registers_what_a_policy_is_about() {
    let sandbox = Sandbox::new();
    fs::write(policy_file(&sandbox, "project"), "{}").unwrap();
    let registered = |scope: &str| {
        let output = run(
            sandbox.herald(&["install", "--scope", scope, "--json"]),
            b"",
        );
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut events = answer["events"].as_array().unwrap().iter();
        events.any(|event| event == "PostToolUse")
    };
    assert!(registered("project"));
    assert!(
        !registered("user"),
        "a project's policy is of no other project's business"
    );
}

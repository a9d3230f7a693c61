//! The decision policy, through the real program: what it decides, what it never does, and the
//! original Herald's command line.

use std::fs;
#[cfg(unix)]
use std::io::{Seek, Write};
use std::path::PathBuf;
#[cfg(unix)]
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::sandbox::{REPLY, Sandbox, payload, payloads, run, wav};
#[cfg(unix)]
use crate::support::sandbox::{holding, output_of};

fn policy_file(sandbox: &Sandbox, of: &str) -> PathBuf {
    let file = match of {
        "user" => sandbox.path("home/.config/herald/decision_policy.json"),
        _ => sandbox.path("project/.claude/hooks/utils/decision_policy.json"),
    };
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    file
}

/// Standard output and standard error of a hook that must have succeeded.
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
    // A deny is that, and nothing else: the agent goes on without the call.
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

/// An agent that cannot ask is told to deny; what it is comes from the command line, else from the
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
        // One that this version does not know is not taken for one that can ask.
        (&["hook", "--agent", "surprise"], false, &deny),
        // What nobody wrote is no name.
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

/// Nothing that a cloned repository can bring makes a reply allow anything.
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
    assert_eq!(dangerous(&sandboxes[0].1), "deny", "what is built in holds");
    // Nor can it undo what the user's own policy says.
    let [(_, repository), ..] = &sandboxes;
    let deny = json!({"pre_tool_use": {"rules": [{"action": "deny", "pattern": "cargo"}]}});
    fs::write(policy_file(repository, "user"), deny.to_string()).unwrap();
    let denied = reply(repository, "PreToolUse-Bash");
    assert_eq!(denied["hookSpecificOutput"]["permissionDecision"], "deny");
    let blocked = reply(repository, "PostToolUse-Bash-failed");
    assert_eq!(blocked["continue"], true);
}

#[cfg(unix)]
#[test]
fn what_stands_in_a_policys_place_does_no_harm() {
    for what in ["fifo", "dir", "link", "large"] {
        let sandbox = Sandbox::new();
        let file = policy_file(&sandbox, "project");
        match what {
            "fifo" => {
                crate::support::sandbox::make_fifo(&file);
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
    // What was slow has lines, too.
    let line = lines.find(|line| line["event"] == "policy").unwrap();
    assert_eq!(line["status"], "failed");
    assert!(
        line["reason"].as_str().unwrap().contains("not valid JSON"),
        "{line}"
    );
    // One mistake costs one rule.
    let rules = json!({"pre_tool_use": {"rules": [
        {"action": "deny", "pattern": "cargo("},
        {"action": "ask", "pattern": "cargo", "reason": "sure?"},
    ]}});
    fs::write(&file, rules.to_string()).unwrap();
    let (reply, stderr) = hook(&sandbox, &["hook"], &payload("PreToolUse-Bash"));
    assert!(reply.contains("sure?"), "{reply}");
    assert!(stderr.contains("unclosed group"), "{stderr}");
    // Events that it does not concern say nothing of it.
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

/// Whatever a repository writes into its policy, a hook needs 32 MiB more than without, at most; and
/// the user's own deny holds.
#[cfg(target_os = "linux")]
#[test]
fn a_projects_policy_needs_little_memory() {
    let sandbox = Sandbox::new();
    let deny = json!({"pre_tool_use": {"rules": [{"action": "deny", "pattern": "git push"}]}});
    fs::write(policy_file(&sandbox, "user"), deny.to_string()).unwrap();
    let of_project = policy_file(&sandbox, "project");
    let command = format!("git push; {}", "ab".repeat(30_000));
    let call = json!({"hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": {"command": command}});
    // What a hook says that may have so many MiB of addresses.
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

/// A tool call that is cut short, never comes or says nothing of itself is not waved through.
#[cfg(unix)]
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
    // A pause in the middle that is longer than a hook waits.
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(half).unwrap();
    assert_eq!(decision(&[], reader.into()), "ask");
    drop(writer);
    // More than a hook reads.
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

/// What the original Herald's scripts did for each event, in their place: the same reply, marker
/// line and exit code, and the second time within the window the word that says so.
#[test]
fn the_originals_command_line_goes_on_working() {
    let sandbox = Sandbox::new().with("HERALD_POLICY", "original");
    let config = include_str!("../../fixtures/original/audio_config.json");
    fs::create_dir_all(sandbox.path("project/.claude/hooks/utils")).unwrap();
    fs::write(
        sandbox.path("project/.claude/hooks/utils/audio_config.json"),
        config,
    )
    .unwrap();
    // Where it found no file it was silent.
    for name in ["task_complete", "agent_complete", "user_prompt"] {
        let file = sandbox.path(&format!("project/.claude/sounds/{name}.wav"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, wav(&[1, 1])).unwrap();
    }
    let permission =
        |decision: &str| json!({"hookEventName": "PreToolUse", "permissionDecision": decision});
    let allow = json!({"continue": true, "hookSpecificOutput": permission("allow")});
    let go_on = json!({"continue": true});
    for (event, sample, window, expected, markers) in [
        (
            "Notification",
            "Notification-idle_prompt",
            30,
            Some(&go_on),
            "",
        ),
        ("Stop", "Stop", 120, Some(&go_on), " decision=approve"),
        (
            "SubagentStop",
            "SubagentStop",
            120,
            Some(&go_on),
            " decision=approve",
        ),
        ("PreCompact", "PreCompact-auto", 0, Some(&go_on), ""),
        (
            "PreToolUse",
            "PreToolUse-Bash",
            60,
            Some(&allow),
            " decision=allow",
        ),
        (
            "PostToolUse",
            "PostToolUse-Bash",
            45,
            None,
            " decision=allow",
        ),
        ("SessionStart", "SessionStart-startup", 5, None, ""),
        ("SessionEnd", "SessionEnd-clear", 5, None, ""),
        ("UserPromptSubmit", "UserPromptSubmit", 10, None, ""),
    ] {
        for round in 0..2 {
            let (reply, line) = hook(
                &sandbox,
                &["--hook", event, "--enable-audio"],
                &payload(sample),
            );
            let reply: Value = serde_json::from_str(&reply).unwrap();
            match expected {
                Some(expected) => assert_eq!(&reply, expected, "{event}"),
                None => {
                    let output = &reply["hookSpecificOutput"];
                    assert_eq!(output["hookEventName"], event);
                    let context = output["additionalContext"].as_str().unwrap();
                    assert!(serde_json::from_str::<Value>(context).unwrap().is_object());
                }
            }
            let handler = match event {
                "Stop" | "SubagentStop" => "<lambda>",
                "PreCompact" => "_noop_handler",
                _ => "handler",
            };
            let begin =
                format!("[Herald] event={event} handler={handler} handled=True audio={event} ");
            assert!(line.starts_with(&begin), "{line}");
            assert!(line.ends_with(&format!("{markers}\n")), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
            let happened = match (window, round) {
                (0, _) => "played=False throttled=False notes=disabled".to_owned(),
                (_, 0) => "played=True throttled=False".to_owned(),
                _ => format!("played=False throttled=True notes=Throttled (<= {window}s)"),
            };
            assert!(line.contains(&happened), "{event}, {round}: {line}");
        }
    }
    for (sample, markers) in [
        ("PreToolUse-Bash-dangerous", " decision=deny blocked=True\n"),
        ("PostToolUse-Bash-failed", " decision=block blocked=True\n"),
    ] {
        let event = sample.split('-').next().unwrap();
        let (reply, line) = hook(&sandbox, &["--hook", event], &payload(sample));
        assert!(line.ends_with(markers), "{line}");
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["continue"], false);
        let (json_only, line) = hook(
            &sandbox,
            &["--hook", event, "--json-only"],
            &payload(sample),
        );
        let json_only: Value = serde_json::from_str(&json_only).unwrap();
        // What is told of a call that has run has the time in it.
        for member in ["continue", "decision", "reason"] {
            assert_eq!(json_only[member], reply[member], "{sample}");
        }
        assert_eq!(line, "");
    }
    for (event, looped) in [
        ("Stop", json!({"loopDetected": true})),
        ("Stop", json!({"summary": "The agent is in a Loop."})),
        ("SubagentStop", json!({"loopDetected": true})),
    ] {
        let (reply, line) = hook(&sandbox, &["--hook", event], looped.to_string().as_bytes());
        assert_eq!(reply, REPLY);
        assert!(line.contains(" decision=block blocked=True"), "{line}");
    }
    let (reply, line) = hook(&sandbox, &["--hook", "InvalidHookName"], b"{}");
    assert_eq!(reply, REPLY);
    assert!(line.contains("handler=none handled=False"), "{line}");
    let (reply, line) = hook(&sandbox, &["--hook", "PreToolUse"], b"no payload");
    let reply: Value = serde_json::from_str(&reply).unwrap();
    assert_eq!(reply["hookSpecificOutput"]["permissionDecision"], "ask");
    assert!(
        line.contains("errors=payload: it is not a JSON object"),
        "{line}"
    );
}

/// An original in the user's home is that of every project.
#[test]
fn an_original_of_the_users_is_found_in_every_project() {
    let sandbox = Sandbox::new();
    let utils = sandbox.path("home/.claude/hooks/utils");
    fs::create_dir_all(&utils).unwrap();
    let config = include_str!("../../fixtures/original/audio_config.json");
    fs::write(utils.join("audio_config.json"), config).unwrap();
    let rules = json!({"pre_tool_use": {"rules": [{"action": "allow", "pattern": "^cargo"}]}});
    fs::write(utils.join("decision_policy.json"), rules.to_string()).unwrap();
    let (reply, line) = hook(&sandbox, &["--hook", "Stop"], &payload("Stop"));
    assert_eq!(reply, REPLY);
    let silent = "played=False throttled=False notes=file_not_found\n";
    assert!(line.ends_with(silent), "{line}");
    let sound = sandbox.path("home/.claude/sounds/task_complete.wav");
    fs::create_dir_all(sound.parent().unwrap()).unwrap();
    fs::write(&sound, wav(&[1, 1])).unwrap();
    let (_, line) = hook(&sandbox, &["--hook", "Stop"], &payload("Stop"));
    let path = line.split_once("path=").map(|(_, path)| path.trim_end());
    assert!(line.contains("played=True"), "{line}");
    let path = fs::canonicalize(path.unwrap()).unwrap();
    assert_eq!(path, fs::canonicalize(&sound).unwrap());
    let allowed = self::reply(&sandbox, "PreToolUse-Bash");
    assert_eq!(allowed["hookSpecificOutput"]["permissionDecision"], "allow");
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
        assert!(output.status.success());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event == "PreToolUse")
    };
    assert!(registered("project"));
    assert!(
        !registered("user"),
        "a project's policy is of no other project's business"
    );
}

//! The state file is shortened while Herald's programs have it mapped: SIGBUS kills none of them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::process::{player, players};
use crate::support::sandbox::{REPLY, Running, Sandbox, at_once, payload, run, wait_until};

/// `herald hook` with `input`, stopped between mapping the state file and using it while the file is
/// shortened. Returns its standard output.
fn shortened_in_the_middle(sandbox: &Sandbox, input: &[u8]) -> String {
    let file = sandbox.state_dir().join("throttle.v1");
    let trace = sandbox.path("trace");
    let _ = fs::remove_file(&trace);
    // A new file, in which nothing fired: a suppressed hook does not map it.
    let listed = run(sandbox.herald(&["throttle", "list"]), b"");
    assert!(listed.status.success(), "{listed:?}");
    let mut hook = sandbox.command("strace");
    // The hook stops as soon as the file is mapped.
    hook.args([
        "-e",
        "trace=mmap",
        "-e",
        "inject=mmap:signal=SIGSTOP:when=1",
    ]);
    hook.arg("-o").arg(&trace).arg("-P").arg(&file);
    hook.args([env!("CARGO_BIN_EXE_herald"), "hook"]);
    hook.stdin(crate::support::sandbox::holding(input));
    hook.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(hook);
    let strace = running.child().id().to_string();
    let trace = || fs::read_to_string(&trace).unwrap_or_default();
    wait_until("the hook has stopped", || {
        trace().contains("stopped by SIGSTOP").then_some(())
    });
    truncate(&file);
    let children = format!("/proc/{strace}/task/{strace}/children");
    let hook = fs::read_to_string(children).unwrap().trim().to_owned();
    crate::support::process::signal(&hook, rustix::process::Signal::CONT);
    let output = running.output();
    let trace = trace();
    assert!(trace.contains("SIGBUS"), "it never touched it: {trace}");
    assert!(output.status.success(), "{output:?} {trace}");
    String::from_utf8(output.stdout).unwrap()
}

fn run_hook(sandbox: &Sandbox) {
    let output = run(sandbox.herald(&["hook"]), &payload("Stop"));
    assert_eq!(output.stdout, REPLY.as_bytes(), "{output:?}");
}

fn truncate(file: &Path) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(0).unwrap();
}

/// With sounds for tool calls, so that their hooks use the state file.
fn sandbox() -> Sandbox {
    Sandbox::new().with_config(&json!({"events": {"PreToolUse": {"enabled": true}}}))
}

fn with_policy(sandbox: &Sandbox, rules: &Value) {
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    let policy = json!({"pre_tool_use": {"rules": rules}});
    fs::write(dir.join("decision_policy.json"), policy.to_string()).unwrap();
}

#[test]
fn a_hook_whose_state_file_is_shortened_replies() {
    let sandbox = sandbox();
    assert_eq!(shortened_in_the_middle(&sandbox, &payload("Stop")), REPLY);
    let call = payload("PreToolUse-Bash");
    assert_eq!(shortened_in_the_middle(&sandbox, &call), REPLY, "no policy");
}

#[test]
fn a_hook_whose_state_file_is_shortened_asks_under_a_policy_and_denies_what_it_denies() {
    let sandbox = sandbox();
    let decision = || {
        let reply = shortened_in_the_middle(&sandbox, &payload("PreToolUse-Bash"));
        let reply: Value = serde_json::from_str(&reply).unwrap();
        reply["hookSpecificOutput"]["permissionDecision"].clone()
    };
    with_policy(&sandbox, &json!([]));
    assert_eq!(decision(), "ask", "no rule has anything to say");
    with_policy(&sandbox, &json!([{"action": "allow", "pattern": "."}]));
    assert_eq!(decision(), "ask");
    with_policy(&sandbox, &json!([{"action": "deny", "pattern": "."}]));
    assert_eq!(decision(), "deny");
    // Only a tool call can lead to an ask.
    assert_eq!(shortened_in_the_middle(&sandbox, &payload("Stop")), REPLY);
}

/// The player keeps it mapped, and checks the path at most once per second.
#[test]
fn a_player_whose_state_file_is_shortened_plays_on() {
    let sandbox = Sandbox::new();
    sandbox.play("Stop").unwrap();
    let first = player(&sandbox);
    for round in 0..20 {
        truncate(&sandbox.state_dir().join("throttle.v1"));
        sandbox.play("Stop").unwrap();
        assert_eq!(players(&sandbox), [&*first], "round {round}");
    }
}

/// As fast as possible, while hooks start and end: they reply at any point.
#[test]
fn hooks_reply_while_another_process_keeps_shortening_the_state_file() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 100;
    let sandbox = Sandbox::new();
    run_hook(&sandbox);
    let first = player(&sandbox);
    let mut shortener = Command::new("sh");
    let script =
        "while [ -e \"$0\" ]; do : > \"$0/throttle.v1\"; chmod 600 \"$0/throttle.v1\"; done";
    shortener.args(["-c", script]).arg(sandbox.state_dir());
    shortener.stderr(Stdio::null());
    let shortener = Running::start(shortener);
    let stop = payload("Stop");
    at_once(THREADS, |_| {
        for _ in 0..ROUNDS {
            let output = run(sandbox.herald(&["hook"]), &stop);
            assert_eq!(output.stdout, REPLY.as_bytes(), "{output:?}");
            assert!(output.status.success(), "{output:?}");
        }
    });
    assert_eq!(players(&sandbox), [first]);
    drop(shortener);
    sandbox.play("Stop").unwrap();
}

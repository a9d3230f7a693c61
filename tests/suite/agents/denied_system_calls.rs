//! Hooks with few permissions and damaged input files: one valid reply and exit code 0.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::namespaces::unshared;
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{REPLY, Sandbox, noise, payload, run, wav};

/// A reply that allows nothing.
#[track_caller]
fn assert_replies(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {output:?}");
    let reply: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{what}: {error}: {output:?}"));
    let is_reply = reply["continue"] == true || reply["hookSpecificOutput"].is_object();
    assert!(is_reply, "{what}: {reply}");
    assert!(!reply.to_string().contains("allow"), "{what}: {reply}");
}

fn write_policy(sandbox: &Sandbox, text: &[u8]) -> PathBuf {
    let dir = sandbox.path("home/.config/herald");
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join("decision_policy.json");
    fs::write(&file, text).unwrap();
    file
}

fn deny_all() -> Vec<u8> {
    let rules = json!([{"action": "deny", "pattern": "."}]);
    json!({"pre_tool_use": {"rules": rules}}).to_string().into()
}

/// `herald hook` under strace, with the failure `injected`.
fn traced(sandbox: &Sandbox, injected: Option<&str>, trace: &str) -> Command {
    let mut hook = sandbox.command("strace");
    hook.arg("-o").arg(trace);
    if let Some(injected) = injected {
        hook.args(["-e", &format!("inject={injected}")]);
    }
    hook.args([env!("CARGO_BIN_EXE_herald"), "hook"]);
    hook
}

/// The system calls of a hook that plays, each with the index of its first use after program start. Without
/// memory allocation, which no program can do without, and without the calls for the reply itself.
fn calls() -> BTreeMap<String, usize> {
    let sandbox = Sandbox::new();
    write_policy(&sandbox, &deny_all());
    let trace = sandbox.path("trace");
    let hook = traced(&sandbox, None, trace.to_str().unwrap());
    assert_replies(&run(hook, &payload("Stop")), "nothing is denied");
    let trace = fs::read_to_string(trace).expect("strace is installed");
    let mut seen = BTreeMap::<_, usize>::new();
    let mut calls = BTreeMap::new();
    let mut is_program = false;
    for line in trace.lines() {
        is_program |= line.starts_with("poll(");
        let Some((call, args)) = line.split_once('(') else {
            continue;
        };
        *seen.entry(call.to_owned()).or_default() += 1;
        let is_needed = ["write", "exit_group", "brk", "munmap", "madvise", "mremap"];
        if is_program && !is_needed.contains(&call) && !args.contains("MAP_ANONYMOUS") {
            let first = seen[call];
            calls.entry(call.to_owned()).or_insert(first);
        }
    }
    calls
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_hook_replies_whatever_system_call_is_denied() {
    let calls = calls();
    assert!(calls.len() >= 15, "{calls:?}");
    for (call, first) in &calls {
        // Later mappings are memory.
        let which = if call == "mmap" { "" } else { "+" };
        for error in ["EPERM", "ENOSYS"] {
            let what = format!("{call}:error={error}:when={first}{which}");
            let sandbox = Sandbox::new();
            let hook = traced(&sandbox, Some(&what), "/dev/null");
            let output = run(hook, &payload("Stop"));
            assert_replies(&output, &what);
            assert_eq!(output.stdout, REPLY.as_bytes(), "{what}");
            write_policy(&sandbox, &deny_all());
            let hook = traced(&sandbox, Some(&what), "/dev/null");
            assert_replies(&run(hook, &payload("PreToolUse-Bash")), &what);
        }
    }
}

#[test]
fn a_reply_goes_to_standard_output_and_nowhere_else_whatever_is_closed() {
    for closed in 0..8 {
        let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
        let mut script = "exec \"$0\" hook Stop".to_owned();
        for (number, redirection) in [" <&-", " >&-", " 2>&-"].into_iter().enumerate() {
            if closed & 1 << number != 0 {
                script += redirection;
            }
        }
        let mut shell = sandbox.command("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_herald")]);
        let output = run(shell, &payload("Stop"));
        assert!(output.status.success(), "{script}: {output:?}");
        let reply = if closed & 2 == 0 { REPLY } else { "" };
        assert_eq!(String::from_utf8_lossy(&output.stdout), reply, "{script}");
        for entry in fs::read_dir(sandbox.state_dir()).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read(&path).unwrap_or_default();
            let reply = text.windows(REPLY.len()).find(|it| *it == REPLY.as_bytes());
            assert!(reply.is_none(), "{script}: it went to {}", path.display());
        }
    }
}

#[test]
fn a_hook_replies_within_any_limit() {
    for limit in [
        "-n 4",
        "-n 6",
        "-f 0",
        "-s 256",
        "-l 0",
        "-c 0",
        "-v 131072",
    ] {
        let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
        for name in ["Stop", "PreToolUse-Bash", "Stop"] {
            let mut shell = sandbox.command("sh");
            let script = format!("ulimit {limit} && exec \"$0\" hook");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_herald")]);
            let output = run(shell, &payload(name));
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                REPLY,
                "{limit} {name}: {output:?}"
            );
            assert!(output.status.success(), "{limit} {name}: {output:?}");
        }
    }
}

/// Processes in containers reuse the numbers of others, and end with their first process.
#[test]
fn containers_that_share_a_state_directory_share_its_throttle_and_no_player() {
    let sandbox = Sandbox::new();
    let Some(unshared) = unshared(&sandbox, &["--map-root-user", "--pid", "--fork"]) else {
        return;
    };
    let contained = |args: &[&str]| {
        let mut herald = unshared();
        herald.arg(env!("CARGO_BIN_EXE_herald")).args(args);
        run(herald, &payload("Stop"))
    };
    assert_eq!(contained(&["hook"]).stdout, REPLY.as_bytes());
    assert_eq!(contained(&["hook"]).stdout, REPLY.as_bytes());
    let key = ["throttle", "check", "shared", "--window", "600s"];
    assert_eq!(contained(&key).status.code(), Some(0));
    assert_eq!(
        contained(&key).status.code(),
        Some(1),
        "seen in another one"
    );
    let here = run(sandbox.herald(&key), b"");
    assert_eq!(here.status.code(), Some(1), "seen here");
    // A player that ended with its container does not block others.
    for _ in 0..2 {
        assert_eq!(
            contained(&["play", "Stop", "--wait"]).status.code(),
            Some(0)
        );
        assert_eq!(sandbox.play("Stop"), Ok(()));
    }
}

#[test]
fn a_hook_replies_whatever_its_files_say() {
    let sandbox = Sandbox::new()
        .with("HERALD_LOG", "debug")
        .with_config(&json!({
            "sound_files": {"mappings": {"Stop": ["a.wav", "b.wav"]}},
            "audio_settings": {"volume": 0.5, "throttle_seconds": {"Stop": 1}},
            "events": {"PreToolUse": {"enabled": true}},
        }));
    write_policy(&sandbox, &deny_all());
    let hook = |name: &str| run(sandbox.herald(&["hook"]), &payload(name));
    assert_replies(&hook("Stop"), "as it was");
    let mut files = vec![
        sandbox.path("project/.claude/herald.json"),
        sandbox.path("home/.config/herald/decision_policy.json"),
    ];
    for name in ["throttle.v1", "throttle.v1.names", "log.ndjson"] {
        files.push(sandbox.state_dir().join(name));
    }
    let originals: Vec<_> = files
        .iter()
        .map(|file| fs::read(file).unwrap_or_default())
        .collect();
    // xorshift64
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = |sides: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 8) as usize % sides.max(1)
    };
    for round in 0..60 {
        for (file, original) in files.iter().zip(&originals) {
            let mut bytes = original.clone();
            for _ in 0..=roll(4) {
                let at = roll(bytes.len());
                match roll(4) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at.min(bytes.len()), roll(256) as u8),
                    2 => bytes.extend_from_within(at.min(bytes.len())..),
                    _ => {
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte ^= 1 << roll(8);
                        }
                    }
                }
            }
            // A temporary file, then renamed: a mapped file is not written to.
            let new = file.with_extension("mutated");
            fs::write(&new, bytes).unwrap();
            fs::rename(&new, file).unwrap();
        }
        for name in ["Stop", "PreToolUse-Bash", "Notification-idle_prompt"] {
            assert_replies(&hook(name), &format!("round {round}: {name}"));
        }
    }
}

/// The player runs in another container than the hook, and does not see its mounts.
#[test]
fn a_sound_that_only_the_hooks_container_has_gives_way_to_the_built_in_one() {
    in_real_time(|| {
        let config = json!({"sound_files": {"mappings": {"Stop": "stop.wav"}}});
        let sandbox = Sandbox::new().with_config(&config);
        sandbox.play("Notification").unwrap();
        let sounds = sandbox.path("project/.claude/sounds");
        fs::create_dir_all(&sounds).unwrap();
        fs::write(sandbox.path("stop.wav"), wav(&noise(50))).unwrap();
        let script = "mount -t tmpfs tmpfs \"$SOUNDS\"; cp \"$SOUND\" \"$SOUNDS/stop.wav\"; exec \"$HERALD\" hook";
        let Some(unshared) = unshared(&sandbox, &["--map-root-user", "--mount"]) else {
            return;
        };
        let mut hook = unshared();
        hook.args(["sh", "-ec", script]);
        hook.env("SOUNDS", &sounds);
        hook.env("SOUND", sandbox.path("stop.wav"));
        hook.env("HERALD", env!("CARGO_BIN_EXE_herald"));
        let output = run(hook, &payload("Stop"));
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, REPLY.as_bytes());
        let record = sandbox.wait_for_record(2);
        assert_eq!(record[1]["event"], "Stop", "{record:?}");
        assert_eq!(record[1]["status"], "played", "{record:?}");
        assert_eq!(record[1]["sound"], "builtin:finished", "{record:?}");
    });
}

//! README.md's promises about privacy: the connections of hook and player, and what they store.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::json;

use super::Way;
use super::server::SoundServer;
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{REPLY, Sandbox, noise, payload, run};

#[test]
fn hook_and_player_talk_to_each_other_and_to_the_sound_server_and_to_nobody_else() {
    in_real_time(|| {
        let sound = noise(50);
        let sandbox = Way::Native.sandbox(&sound);
        let server = SoundServer::start(&sandbox, &["speakers"]);
        let trace = sandbox.path("trace");
        let mut traced = sandbox.command("strace");
        traced.args(["-f", "-qq", "-e", "trace=%network", "-o"]);
        traced.arg(&trace);
        traced.args([env!("CARGO_BIN_EXE_herald"), "hook"]);
        let output = thread::scope(|scope| {
            // It ends with the player, which the hook starts.
            let traced = scope.spawn(|| run(traced, &payload("Stop")));
            server.wait_for_end("speakers", &sound);
            let stopped = run(sandbox.herald(&["player", "stop"]), b"");
            assert!(stopped.status.success(), "{stopped:?}");
            traced.join().unwrap()
        });
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
        let trace = fs::read_to_string(trace).expect("strace is installed");
        assert_local(&trace, &sandbox);
    });
}

/// No socket reaches another machine, and each address is Herald's own or the sound server's.
#[track_caller]
fn assert_local(trace: &str, sandbox: &Sandbox) {
    let sockets = trace.lines().filter(|line| line.contains(" socket("));
    for line in sockets {
        assert!(line.contains("AF_UNIX"), "{line}");
    }
    let quoted = |path: &Path| format!("\"{}", path.display());
    let (own, server) = (sandbox.state_dir(), sandbox.path("pulse/native"));
    let (own, server) = (quoted(&own), quoted(&server));
    let addresses = trace.split("sun_path=").skip(1);
    let mut reached = [0, 0];
    for address in addresses {
        let of = [&own, &server].map(|prefix| address.starts_with(prefix));
        assert!(of.contains(&true), "{address}");
        for (count, is_reached) in reached.iter_mut().zip(of) {
            *count += u32::from(is_reached);
        }
    }
    assert!(!reached.contains(&0), "{trace}");
}

#[test]
fn payloads_are_not_stored() {
    const SECRET: &str = "between us";
    let sandbox = Sandbox::new()
        .with("HERALD_LOG", "debug")
        .with_config(&json!({"events": {"PreToolUse": {"enabled": true}}}));
    for event in ["Notification", "PreToolUse", "UserPromptSubmit"] {
        let payload = json!({
            "hook_event_name": event,
            "message": SECRET,
            "prompt": SECRET,
            "tool_name": "Bash",
            "tool_input": {"command": SECRET},
        });
        let output = run(sandbox.herald(&["hook"]), payload.to_string().as_bytes());
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    }
    assert_eq!(sandbox.play("Stop"), Ok(()), "all before it was played");
    let mut seen = Vec::new();
    for dir in ["state", "home", "run", "project"] {
        read_all(&sandbox.path(dir), &mut seen);
    }
    let has = |text: &str| {
        let text = text.as_bytes();
        seen.iter()
            .any(|file| file.windows(text.len()).any(|part| part == text))
    };
    assert!(has("\"event\":\"UserPromptSubmit\""), "the log is there");
    assert!(!has(SECRET));
}

fn read_all(path: &Path, seen: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, seen),
            // Sockets cannot be read.
            false => seen.extend(fs::read(&path)),
        }
    }
}

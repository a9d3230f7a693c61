//! The system calls of a suppressed event.

use std::fs;
use std::io::Write;

use crate::support::sandbox::{REPLY, Sandbox, output_of, payload, run};

/// The table in the documentation of the hook.
fn documented() -> Vec<String> {
    let text = include_str!("../../../src/programs/cli/hook.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let calls = rows.filter_map(|row| row.split_once("` |"));
    calls.map(|(call, _)| call.to_owned()).collect()
}

/// Whether a call belongs to the C library's memory allocation, or to a sanitizer.
fn is_beside_the_point(line: &str) -> bool {
    let of_memory = ["brk(", "getrandom(", "madvise(", "mremap(", "munmap("];
    of_memory.iter().any(|call| line.starts_with(call))
        || line.contains("MAP_ANONYMOUS")
        || line.contains("F_GETFD")
        || line.starts_with("clock_gettime(")
}

/// The system calls of a hook after its reply; its input is closed before, or after it ended.
fn after_the_reply(is_closed: bool) -> String {
    let sandbox = Sandbox::new();
    let trace = sandbox.path("trace");
    let mut traced = sandbox.command("strace");
    traced.arg("-o").arg(&trace);
    traced.args([env!("CARGO_BIN_EXE_herald"), "hook", "--no-audio"]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&payload("Stop")).unwrap();
    let writer = Some(writer).filter(|_| !is_closed);
    traced.stdin(reader);
    let output = output_of(traced);
    drop(writer);
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    let trace = fs::read_to_string(trace).expect("strace is installed");
    let (_, after) = trace.split_once("write(1").expect("it replies");
    after.to_owned()
}

/// A writer that appends a line end after the payload must not find the pipe broken.
#[test]
fn an_input_that_is_not_closed_is_looked_at_once_more_after_the_reply() {
    let after = after_the_reply(false);
    assert!(after.contains("poll([{fd=0"), "{after}");
    let after = after_the_reply(true);
    assert!(
        !after.contains("poll(") && !after.contains("read("),
        "{after}"
    );
}

#[test]
fn a_suppressed_event_makes_the_system_calls_that_are_documented() {
    let sandbox = Sandbox::new();
    let trace = sandbox.path("trace");
    let herald = env!("CARGO_BIN_EXE_herald");
    // As for users: the state directory is in its usual place.
    let mut first = sandbox.herald(&["hook"]);
    first.env_remove("HERALD_STATE_DIR");
    let mut traced = sandbox.command("strace");
    traced.env_remove("HERALD_STATE_DIR");
    // Slow steps are logged, and everything is slow under strace.
    traced.env("HERALD_LOG", "off");
    traced.arg("-o").arg(&trace).args([herald, "hook"]);
    for command in [first, traced] {
        let output = run(command, &payload("Stop"));
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    }
    let trace = fs::read_to_string(trace).expect("strace is installed");
    let of_program = trace.lines().skip_while(|line| !line.starts_with("poll("));
    let of_program = of_program.filter(|line| !is_beside_the_point(line));
    let calls: Vec<_> = of_program
        .filter_map(|line| line.split_once('('))
        .map(|(call, _)| call.to_owned())
        .collect();
    assert_eq!(calls, documented(), "{trace}");
}

/// How often a hook for `PostToolUse` opens the state file, and whether it maps it.
fn of_post_tool_use(settle_ms: u32) -> (usize, bool) {
    let sandbox = Sandbox::new()
        .with_config(&serde_json::json!({"audio_settings": {"settle_ms": settle_ms}}));
    // The state file is there.
    run(sandbox.herald(&["hook"]), &payload("Stop"));
    let trace = sandbox.path("trace");
    let mut traced = sandbox.command("strace");
    traced.env("HERALD_LOG", "off").arg("-o").arg(&trace);
    traced.args([env!("CARGO_BIN_EXE_herald"), "hook"]);
    let input = br#"{"hook_event_name": "PostToolUse", "session_id": "s", "tool_name": "Bash", "tool_input": {}}"#;
    let output = run(traced, input);
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    let trace = fs::read_to_string(trace).expect("strace is installed");
    let file = herald_audio::internals::state_file::layout::FILE_NAME;
    let opened = trace
        .lines()
        .filter(|line| line.contains("openat(") && line.contains(file));
    (opened.count(), trace.contains("MAP_SHARED"))
}

/// A call that has run can only take a request back that the player holds: it looks once, and maps nothing.
#[test]
fn a_call_that_has_run_reads_the_state_file_only_if_requests_are_held() {
    assert_eq!(of_post_tool_use(0), (0, false));
    assert_eq!(of_post_tool_use(400), (1, false));
}

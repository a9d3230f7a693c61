//! `herald log` for people and scripts, also while the log grows.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::sandbox::{Running, Sandbox, payload, run, wait_until};

/// 1 January 2026, 00:00 UTC.
const MIDNIGHT_MS: u64 = 1_767_225_600_000;

fn entry(n: u64, event: &str, status: &str) -> String {
    let time_ms = MIDNIGHT_MS + n * 1_000;
    format!(r#"{{"time_ms":{time_ms},"event":"{event}","status":"{status}"}}"#)
}

fn log_path(sandbox: &Sandbox) -> PathBuf {
    sandbox.state_dir().join("log.ndjson")
}

fn append(sandbox: &Sandbox, lines: &str) {
    fs::create_dir_all(sandbox.state_dir()).unwrap();
    let mut options = fs::OpenOptions::new();
    let log = options.append(true).create(true).open(log_path(sandbox));
    log.unwrap().write_all(lines.as_bytes()).unwrap();
}

fn put_aside(sandbox: &Sandbox) {
    let log = log_path(sandbox);
    fs::rename(&log, log.with_extension("ndjson.1")).unwrap();
}

/// The output of `herald log` with `args`, which must succeed.
#[track_caller]
fn log(sandbox: &Sandbox, args: &[&str]) -> (String, String) {
    let output = run(sandbox.herald(&[&["log"], args].concat()), b"");
    assert!(output.status.success(), "{args:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// Hooks write a line about the config only if it was slow to read.
#[test]
fn the_debug_level_is_about_hooks() {
    let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
    run(
        sandbox.herald(&["hook"]),
        br#"{"hook_event_name": "Setup"}"#,
    );
    let (out, _) = log(&sandbox, &["--json"]);
    let lines = out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let (of_config, of_hooks): (Vec<_>, Vec<_>) = lines.partition(|line| line["event"] == "config");
    assert_eq!(of_hooks.len(), 1);
    assert!(
        of_config.iter().all(|line| line["slow"].is_object()),
        "{of_config:?}"
    );
}

#[test]
fn the_last_lines_are_told_in_local_time_whatever_was_written() {
    let sandbox = Sandbox::new().with("TZ", "XYZ-2");
    let (out, err) = log(&sandbox, &[]);
    assert_eq!((&*out, &*err), ("", "warning: the log is empty\n"));

    append(&sandbox, &(entry(0, "Stop", "played") + "\n"));
    put_aside(&sandbox);
    let failed = entry(1, "PreToolUse/Bash", "failed");
    append(
        &sandbox,
        &format!("{failed}\nwho wrote \u{1b}[2J this?\n{{\"time_ms\":1,\"ev"),
    );
    let (out, err) = log(&sandbox, &[]);
    assert_eq!(
        out,
        "2026-01-01 02:00:00  Stop               played\n\
         2026-01-01 02:00:01  PreToolUse/Bash    failed\n\
         who wrote \\u{1b}[2J this?\n\
         {\"time_ms\":1,\"ev\n"
    );
    assert_eq!(err, "");
    assert_eq!(log(&sandbox, &["-n", "1"]).0, "{\"time_ms\":1,\"ev\n");
    let (json, _) = log(&sandbox, &["--json", "-n", "3"]);
    let as_written = format!("{failed}\nwho wrote \\u001b[2J this?\n{{\"time_ms\":1,\"ev\n");
    assert_eq!(json, as_written, "as they are, but for what is raw");

    for args in [&["--failed"][..], &["--event", "pre_tool_use"]] {
        let (json, _) = log(&sandbox, &[&["--json"], args].concat());
        assert_eq!(json, failed.clone() + "\n", "{args:?}");
    }
    for (event, meant) in [
        ("Notification", ""),
        ("FutureEvent", ""),
        ("Stpo", "hint: did you mean --event Stop?\n"),
        (
            "notification/idle",
            "hint: did you mean --event Notification/idle_prompt?\n",
        ),
    ] {
        let (out, err) = log(&sandbox, &["--event", event]);
        assert_eq!(out, "");
        assert_eq!(err, format!("warning: no line of the log matches\n{meant}"));
    }
}

/// A hook without an event logs the reason, with the part of the name that it got.
#[test]
fn a_cut_payload_is_logged_with_what_was_read_of_its_event() {
    let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
    let truncated = "payload: truncated";
    for (payload, event, reason) in [
        (
            r#"{"hook_event_name": "Setup", "cwd": "/t"#,
            "Setup",
            "disabled".to_owned(),
        ),
        (
            r#"{"cwd": "/", "hook_event_name": "Sto"#,
            "hook",
            format!("{truncated} in hook_event_name, after \"Sto\""),
        ),
        (r#"{"cwd": "/tm"#, "hook", truncated.to_owned()),
        ("", "hook", "payload: empty".to_owned()),
    ] {
        run(sandbox.herald(&["hook"]), payload.as_bytes());
        let (last, _) = log(&sandbox, &["--json", "-n", "1"]);
        let last: serde_json::Value = serde_json::from_str(&last).unwrap();
        assert_eq!(last["event"], event, "{last}");
        assert_eq!(last["reason"], reason, "{last}");
    }
}

/// Of the hook and of the player; a program that plays a sound by hand has no agent.
#[test]
fn a_line_says_which_agent_project_and_session() {
    let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
    let payload = r#"{"hook_event_name": "Stop", "turn_id": "1", "session_id": "abc\n"}"#;
    run(sandbox.herald(&["hook"]), payload.as_bytes());
    run(sandbox.herald(&["play", "finished"]), b"");
    let wanted = if cfg!(feature = "playback") { 3 } else { 1 };
    let lines = wait_until("the lines are written", || {
        let text = fs::read_to_string(log_path(&sandbox)).ok()?;
        let lines = text.lines().map(|line| serde_json::from_str(line).ok());
        let mut lines: Vec<Value> = lines.collect::<Option<_>>()?;
        lines.retain(|line| line["event"] != "config");
        (lines.len() >= wanted).then_some(lines)
    });
    let project = sandbox.path("project");
    for line in lines {
        assert_eq!(line["project"], project.to_str().unwrap(), "{line}");
        let expected = match (&line["event"], &line["sound"]) {
            (Value::String(event), _) if event != "Stop" => [Value::Null, Value::Null],
            (_, Value::Null) => ["codex".into(), "abc\n".into()],
            // A message to the player has no control characters.
            _ => ["codex".into(), "abc ".into()],
        };
        assert_eq!(
            [&line["agent"], &line["session"]],
            expected.each_ref(),
            "{line}"
        );
    }
    let (text, _) = log(&sandbox, &["--event", "Stop"]);
    assert!(text.contains("codex in project"), "{text}");
}

#[test]
fn twenty_lines_are_shown_unless_others_are_asked_for() {
    let sandbox = Sandbox::new();
    let lines: String = (0..30).map(|n| entry(n, "Stop", "played") + "\n").collect();
    append(&sandbox, &lines);
    for (args, count) in [
        (&[][..], 20),
        (&["-n", "25"], 25),
        (&["-n", "0"], 0),
        (&["-n", "99"], 30),
    ] {
        let (out, _) = log(&sandbox, &[&["--json"], args].concat());
        assert_eq!(out.lines().count(), count, "{args:?}");
        assert!(lines.ends_with(&out), "{args:?}: the last ones");
    }
}

/// `herald log -f` with `args`, writing to a file.
struct Following {
    program: Running,
    output: PathBuf,
}

impl Following {
    fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let output = sandbox.path("followed");
        let mut log = sandbox.herald(&[&["log", "-f"], args].concat());
        log.stdout(File::create(&output).unwrap())
            .stderr(Stdio::piped());
        Self {
            program: Running::start(log),
            output,
        }
    }

    #[track_caller]
    fn expect(&self, lines: &str) {
        wait_until(&format!("{lines:?} is followed"), || {
            (fs::read_to_string(&self.output).unwrap() == lines).then_some(())
        });
    }

    /// Ends it with Ctrl-C; returns its errors.
    fn interrupt(mut self) -> String {
        let pid = Pid::from_child(self.program.child());
        kill_process(pid, Signal::INT).unwrap();
        self.program.wait();
        complaints(&mut self.program)
    }
}

fn complaints(ended: &mut Running) -> String {
    let mut complaints = String::new();
    let mut stderr = ended.child().stderr.take().unwrap();
    stderr.read_to_string(&mut complaints).unwrap();
    complaints
}

#[test]
fn new_lines_are_followed_through_everything_that_happens_to_the_log() {
    let sandbox = Sandbox::new();
    let following = Following::start(&sandbox, &["--json"]);
    let mut expected = String::new();
    let mut add = |text: &str| {
        append(&sandbox, text);
        expected.push_str(text);
        following.expect(&expected);
    };
    wait_until("the state directory is made", || {
        sandbox.state_dir().exists().then_some(())
    });
    add("one\n");
    add("two\nthree\n");
    put_aside(&sandbox);
    add("four\n");
    append(&sandbox, "five\n");
    put_aside(&sandbox);
    append(&sandbox, "six\n");
    expected.push_str("five\nsix\n");
    following.expect(&expected);
    fs::remove_dir_all(sandbox.state_dir()).unwrap();
    let mut add = |text: &str| {
        append(&sandbox, text);
        expected.push_str(text);
        following.expect(&expected);
    };
    add("seven\n");
    fs::remove_file(log_path(&sandbox)).unwrap();
    add("eight\n");
    assert_eq!(following.interrupt(), "");
}

#[test]
fn what_hooks_do_is_followed_as_it_happens() {
    let sandbox = Sandbox::new();
    append(&sandbox, &(entry(0, "Stop", "played") + "\n"));
    let following = Following::start(&sandbox, &["--event", "Stop"]);
    wait_until("the first line is followed", || {
        let followed = fs::read_to_string(&following.output).unwrap();
        followed.ends_with('\n').then_some(())
    });
    for name in ["Notification-idle_prompt", "Stop"] {
        run(sandbox.herald(&["hook"]), &payload(name));
    }
    wait_until("what became of the sound is followed", || {
        let followed = fs::read_to_string(&following.output).unwrap();
        let played = "  Stop               played      finished on null, ";
        followed.contains(played).then_some(())
    });
    assert_eq!(following.interrupt(), "");
}

#[test]
fn it_ends_quietly_when_the_reader_goes() {
    let sandbox = Sandbox::new();
    append(&sandbox, &(entry(0, "Stop", "played") + "\n"));
    let mut log = sandbox.herald(&["log", "--follow", "--json"]);
    log.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut log = Running::start(log);
    let mut first = String::new();
    // Like `head -1`; nothing is written to the log any more.
    let mut reader = BufReader::new(log.child().stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    assert_eq!(first, entry(0, "Stop", "played") + "\n");
    drop(reader);
    assert_eq!(log.wait().code(), Some(0));
    assert_eq!(complaints(&mut log), "");
}

#[test]
fn colours_are_for_terminals_and_whoever_asks_for_them() {
    let sandbox = Sandbox::new();
    append(&sandbox, &(entry(0, "Stop", "failed") + "\n"));
    let forced = Sandbox::new().with("CLICOLOR_FORCE", "1");
    append(&forced, &(entry(0, "Stop", "failed") + "\n"));
    let says = |sandbox: &Sandbox, args: &[&str]| {
        String::from_utf8(run(sandbox.herald(args), b"").stdout).unwrap()
    };
    for args in [&["log"][..], &["status"], &["test"], &["doctor"]] {
        let plain = says(&sandbox, args);
        assert!(
            !plain.is_empty() && !plain.contains('\u{1b}'),
            "{args:?}: {plain:?}"
        );
        let coloured = says(&forced, args);
        assert!(coloured.contains("\u{1b}["), "{args:?}: {coloured:?}");
    }
    for args in [
        &["log", "--json"][..],
        &["status", "--json"],
        &["test", "--json"],
    ] {
        assert!(!says(&forced, args).contains('\u{1b}'), "{args:?}");
    }
}

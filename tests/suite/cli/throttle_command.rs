//! `herald throttle` in shell scripts.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Running, Sandbox, run};

/// Exit code, standard output and standard error of `herald throttle` with `args`.
fn throttle(sandbox: &Sandbox, args: &[&str]) -> (i32, String, String) {
    let output = run(sandbox.herald(&[&["throttle"], args].concat()), b"");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_check_is_admitted_once_a_window() {
    let sandbox = Sandbox::new();
    let check = ["check", "build", "--window", "1h"];
    let peek = ["peek", "build", "--window", "1h"];
    assert_eq!(
        throttle(&sandbox, &peek),
        (0, "admitted\n".into(), String::new())
    );
    assert_eq!(
        throttle(&sandbox, &check),
        (0, "admitted\n".into(), String::new())
    );
    for args in [check, peek] {
        let (code, out, err) = throttle(&sandbox, &args);
        assert_eq!((code, err.as_str()), (1, ""));
        assert!(out.starts_with("suppressed: may fire again in "), "{out}");
    }
    let (code, out, _) = throttle(&sandbox, &["reset", "build"]);
    assert_eq!((code, out.as_str()), (0, "build may fire again now\n"));
    let (code, out, _) = throttle(&sandbox, &["reset", "build"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "build has not fired since its last reset\n")
    );
    assert_eq!(throttle(&sandbox, &check).0, 0);
    let (_, out, _) = throttle(&sandbox, &["reset", "--all"]);
    assert_eq!(out, "1 key may fire again now\n");
    assert_eq!(throttle(&sandbox, &check).0, 0);
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_what_is_right() {
    let sandbox = Sandbox::new();
    for (args, says) in [
        (&["check", "build"][..], "--window"),
        (
            &["check", "build", "--window", "soon"],
            "500ms, 30s, 5m, 1h",
        ),
        (&["check", "", "--window", "1s"], "the key is empty"),
        (&["reset"], "--all"),
        (&["reset", "build", "--all"], "cannot be used with"),
        (&[], "Usage"),
    ] {
        let (code, _, err) = throttle(&sandbox, args);
        assert_eq!(code, 2, "{args:?}");
        assert!(err.contains(says), "{args:?}: {err}");
    }
}

#[test]
fn the_list_names_keys_and_counts_hooks() {
    let sandbox = Sandbox::new().with_config(&json!({
        "audio_settings": {"throttle_seconds": {"Stop": 3600}},
    }));
    for _ in 0..3 {
        run(
            sandbox.herald(&["hook", "Stop"]),
            br#"{"hook_event_name": "Stop"}"#,
        );
    }
    run(
        sandbox.herald(&["hook"]),
        br#"{"hook_event_name": "Notification", "message": "hello"}"#,
    );
    throttle(&sandbox, &["check", "two\nlines", "--window", "1h"]);
    throttle(&sandbox, &["check", "agent_stop", "--window", "1h"]);

    let (code, out, err) = throttle(&sandbox, &["list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for line in [
        "Stop in ",
        "SubagentStop ",
        r"two\nlines",
        "and 1 whose names are not stored: ",
        "Stop          1         2           0",
    ] {
        assert!(out.contains(line), "no {line:?} in:\n{out}");
    }

    let (_, out, _) = throttle(&sandbox, &["list", "--json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list["events"]["Stop"]["suppressed"], 2);
    assert_eq!(list["events"]["Notification"]["admitted"], 1);
    assert_eq!(list["unnamedKeys"], 1);
    let names: Vec<_> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["name"])
        .collect();
    assert_eq!(names, ["Stop", "SubagentStop", "two\nlines"]);
    assert_eq!(list["keys"][0]["cancelled"], false);

    let (_, out, _) = throttle(&sandbox, &["reset", "stop"]);
    assert_eq!(
        out, "stop may fire again now\n",
        "the hooks' key of this project, too"
    );
}

#[test]
fn a_reset_of_an_event_frees_what_its_hooks_ask_for() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with_config(&json!({
            "events": {
                "Stop": {"scope": "global"},
                "PreToolUse": {"enabled": true},
                "PreToolUse/Bash": {"enabled": true, "scope": "global"},
                "deploy": {"sound": "builtin:finished"},
            },
            "audio_settings": {"throttle_seconds": {"Stop": 3_600, "PreToolUse": 3_600, "deploy": 3_600}},
        }));
        let is_admitted = |payload: &str| {
            let event: Value = serde_json::from_str(payload).unwrap();
            let hook = sandbox.herald(&["--hook", event["hook_event_name"].as_str().unwrap()]);
            let line = String::from_utf8(run(hook, payload.as_bytes()).stderr).unwrap();
            line.contains("played=True")
        };
        let stop = r#"{"hook_event_name": "Stop"}"#;
        let edit = r#"{"hook_event_name": "PreToolUse", "tool_name": "Edit"}"#;
        let bash = r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash"}"#;
        let deploy = r#"{"hook_event_name": "deploy"}"#;
        for (key, freed, others) in [
            ("stop", &[stop][..], &[edit, bash, deploy][..]),
            ("pre_tool_use/bash", &[bash], &[stop, edit, deploy]),
            ("PreToolUse", &[bash, edit], &[stop, deploy]),
            ("PreToolUse/Edit", &[edit], &[stop, bash, deploy]),
            ("deploy", &[deploy], &[stop, edit, bash]),
        ] {
            for payload in [stop, edit, bash, deploy] {
                is_admitted(payload);
            }
            let (code, out, _) = throttle(&sandbox, &["reset", key]);
            assert_eq!((code, out), (0, format!("{key} may fire again now\n")));
            assert!(freed.iter().all(|payload| is_admitted(payload)), "{key}");
            assert!(!others.iter().any(|payload| is_admitted(payload)), "{key}");
        }
        let (_, list, _) = throttle(&sandbox, &["list"]);
        assert!(list.contains("\ndeploy in "), "{list}");
    });
}

#[test]
fn of_two_shells_that_ask_in_turns_each_round_has_one_winner() {
    let sandbox = Sandbox::new();
    let script = r#"for n in $(seq 50); do "$HERALD" throttle check "round $n" --window 1h; done"#;
    let shell = || {
        let mut shell: Command = sandbox.command("sh");
        shell
            .args(["-c", script])
            .env("HERALD", env!("CARGO_BIN_EXE_herald"));
        shell
    };
    let admitted: usize = std::thread::scope(|scope| {
        let shells = [(); 2].map(|()| scope.spawn(|| run(shell(), b"")));
        let count = |out: Vec<u8>| String::from_utf8(out).unwrap().matches("admitted").count();
        shells
            .map(|shell| count(shell.join().unwrap().stdout))
            .iter()
            .sum()
    });
    assert_eq!(admitted, 50);
}

#[test]
fn a_fallback_is_said_and_the_answer_given() {
    let sandbox = Sandbox::without_mapping();
    let check = ["check", "build", "--window", "1h"];
    let (code, out, err) = throttle(&sandbox, &check);
    assert_eq!((code, out.as_str()), (0, "admitted\n"));
    assert!(
        err.starts_with("warning: cannot use the state file"),
        "{err}"
    );
    assert_eq!(throttle(&sandbox, &check).0, 1, "the locked file is shared");

    fs::remove_file(sandbox.state_dir().join("throttle.v1.locked")).unwrap();
    fs::create_dir(sandbox.state_dir().join("throttle.v1.locked")).unwrap();
    assert_eq!(
        throttle(&sandbox, &check).0,
        0,
        "nothing is shared, and nothing is silent"
    );
    let (_, list, _) = throttle(&sandbox, &["list", "--json"]);
    assert!(list.contains("this process"), "{list}");
}

#[test]
fn a_damaged_state_file_is_repaired_and_reported_once() {
    let sandbox = Sandbox::new();
    let check = ["check", "build", "--window", "1h"];
    assert_eq!(throttle(&sandbox, &check).0, 0);
    fs::write(sandbox.state_dir().join("throttle.v1"), "oops").unwrap();
    let (code, _, err) = throttle(&sandbox, &check);
    assert_eq!(code, 0);
    assert!(err.contains("the state file was replaced"), "{err}");
    assert!(err.contains("wrong length"), "{err}");
    let (code, _, err) = throttle(&sandbox, &check);
    assert_eq!((code, err.as_str()), (1, ""));
    let aside = fs::read(sandbox.state_dir().join("throttle.v1.damaged-0")).unwrap();
    assert_eq!(aside, b"oops", "nothing is lost");
}

/// A script uses the exit code, and the key is marked by then.
#[test]
#[cfg(target_os = "linux")]
fn the_exit_code_is_the_answer_even_where_nothing_can_be_written() {
    let sandbox = Sandbox::new();
    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let check = |out: Stdio, err: Stdio| {
        let mut check = sandbox.herald(&["throttle", "check", "build", "--window", "1h"]);
        check.stdout(out).stderr(err);
        Running::start(check).wait().code()
    };
    let damage = || fs::write(sandbox.state_dir().join("throttle.v1"), "oops");
    assert_eq!(check(full().into(), Stdio::null()), Some(0));
    assert_eq!(check(full().into(), full().into()), Some(1));
    damage().unwrap();
    assert_eq!(check(Stdio::null(), full().into()), Some(0));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(check(writer.into(), Stdio::null()), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_project_whose_path_is_no_text_can_be_listed() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let project = sandbox
        .path("project")
        .join(std::ffi::OsStr::from_bytes(b"p\xff"));
    fs::create_dir_all(project.join(".git")).unwrap();
    let herald = |args: &[&str]| {
        let mut herald = sandbox.herald(args);
        herald
            .current_dir(&project)
            .env_remove("CLAUDE_PROJECT_DIR");
        run(herald, br#"{"hook_event_name": "Stop"}"#)
    };
    herald(&["hook"]);
    let output = herald(&["throttle", "list", "--json"]);
    assert!(output.status.success());
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["keys"][0]["name"], "Stop");
    assert!(herald(&["throttle", "list"]).status.success());
}

/// Nor does it wait 2,048 times.
#[test]
fn a_reset_that_gets_no_lock_says_so() {
    let sandbox = Sandbox::without_mapping();
    assert_eq!(
        throttle(&sandbox, &["check", "build", "--window", "1h"]).0,
        0
    );
    let locked = fs::File::open(sandbox.state_dir().join("throttle.v1.locked")).unwrap();
    locked.lock().unwrap();
    let (code, out, err) = throttle(&sandbox, &["reset", "--all"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("cannot reset"), "{err}");
    assert!(err.contains("locked by another process"), "{err}");
}

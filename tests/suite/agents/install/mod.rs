//! `herald install` and `herald uninstall`: all other settings stay byte for byte.

mod concurrent_writers;
mod doctor;
mod killed_installation;
mod permissions;
mod settings_files;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run};

/// Exit code, standard output and standard error of `herald` with `args`.
fn herald(sandbox: &Sandbox, args: &[&str]) -> (i32, String, String) {
    let output = run(sandbox.herald(args), b"");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The output of `herald` with `args`, which must succeed without errors.
#[track_caller]
fn say(sandbox: &Sandbox, args: &[&str]) -> String {
    let (code, said, error) = herald(sandbox, args);
    assert_eq!((code, &*error), (0, ""), "{args:?}");
    said
}

#[track_caller]
fn answer(sandbox: &Sandbox, args: &[&str]) -> Value {
    serde_json::from_str(&say(sandbox, &[args, &["--json"]].concat())).unwrap()
}

/// The errors of `herald` with `args`, which must fail.
#[track_caller]
fn complain(sandbox: &Sandbox, args: &[&str]) -> String {
    let (code, said, error) = herald(sandbox, args);
    assert_eq!((code, &*said), (1, ""), "{args:?}");
    error
}

fn user_settings(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.claude/settings.json")
}

fn backup(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.claude/settings.json.herald-backup")
}

/// A sandbox whose user has these Claude Code settings.
fn with_settings(text: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("home/.claude")).unwrap();
    fs::write(user_settings(&sandbox), text).unwrap();
    sandbox
}

fn read(path: &PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The registered command if herald is not on the `PATH`.
fn command() -> String {
    format!("{} hook", env!("CARGO_BIN_EXE_herald"))
}

/// The events of Claude Code if only Herald's hook is registered.
fn groups(command: &str) -> Value {
    json!([{"hooks": [{"type": "command", "command": command, "timeout": 10}]}])
}

const BUILT_IN: [&str; 4] = ["Notification", "PermissionRequest", "Stop", "StopFailure"];

#[test]
fn sounding_events_are_registered_and_listed() {
    let sandbox = Sandbox::new();
    let told = answer(&sandbox, &["install"]);
    assert_eq!(told["events"], json!(BUILT_IN));
    assert_eq!(told["changed"], true);
    assert_eq!(told["command"], json!(command()));
    let hooks = &read(&user_settings(&sandbox))["hooks"];
    assert_eq!(hooks.as_object().unwrap().len(), BUILT_IN.len());
    for event in BUILT_IN {
        assert_eq!(hooks[event], groups(&command()), "{event}");
    }
    let told = say(&sandbox, &["uninstall"]);
    assert!(told.contains(", and then the empty file"), "{told}");
    assert!(!user_settings(&sandbox).exists());
}

#[test]
fn the_config_in_force_says_what_sounds() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {
        "StopFailure": {"enabled": false},
        "PermissionRequest": {"enabled": false},
        "PreToolUse/Bash": {"enabled": true},
        "WorktreeCreate": {"enabled": true},
    }}));
    let told = answer(&sandbox, &["install"]);
    assert_eq!(
        told["events"],
        json!(["Notification", "Stop", "PreToolUse"])
    );
    let notes = told["notes"].to_string();
    assert!(
        notes.contains("WorktreeCreate is never registered"),
        "{notes}"
    );
    // More events, later.
    let sandbox = sandbox.with_config(&json!({"events": {"SessionStart": {"enabled": true}}}));
    let told = answer(&sandbox, &["install"]);
    assert_eq!(
        told["events"],
        json!(["PermissionRequest", "StopFailure", "SessionStart"])
    );
    let all_off = BUILT_IN.map(|event| (event.to_owned(), json!({"enabled": false})));
    let events: serde_json::Map<_, _> = all_off.into_iter().collect();
    let silent = Sandbox::new().with_config(&json!({"events": events}));
    let told = say(&silent, &["install"]);
    assert!(told.starts_with("nothing to do: no event sounds"), "{told}");
    assert!(!user_settings(&silent).exists());
}

#[test]
fn codex_gets_the_events_it_has_and_a_word_about_trust() {
    let sandbox = Sandbox::new();
    for (args, file) in [
        (&["--agent", "codex"][..], "home/.codex/hooks.json"),
        (
            &["--agent", "codex", "--scope", "project"],
            "project/.codex/hooks.json",
        ),
        (&["--scope", "project"], "project/.claude/settings.json"),
    ] {
        let told = say(&sandbox, &[&["install"], args].concat());
        let hooks = &read(&sandbox.path(file))["hooks"];
        let names: Vec<_> = hooks.as_object().unwrap().keys().collect();
        let command = match args.contains(&"codex") {
            true => format!("{} --agent codex", command()),
            false => command(),
        };
        assert_eq!(hooks["Stop"], groups(&command), "{args:?}");
        if args.contains(&"codex") {
            // A registration without it is not changed, because Codex would ask for a new review.
            let older = fs::read_to_string(sandbox.path(file)).unwrap();
            let older = older.replace(" --agent codex", "");
            fs::write(sandbox.path(file), &older).unwrap();
            let again = say(&sandbox, &[&["install"], args].concat());
            assert!(again.starts_with("nothing to do"), "{again}");
            assert_eq!(fs::read_to_string(sandbox.path(file)).unwrap(), older);
            assert_eq!(names, ["PermissionRequest", "Stop"]);
            assert!(
                told.contains("review the hook in Codex with /hooks"),
                "{told}"
            );
            assert!(
                told.contains("no such event: Notification, StopFailure"),
                "{told}"
            );
        }
        say(&sandbox, &[&["uninstall"], args].concat());
        assert!(!sandbox.path(file).exists());
    }
    let named = Sandbox::new();
    let [claude, codex] = ["claude dir", "codex dir"].map(|name| named.path(name));
    let named = named
        .with("CLAUDE_CONFIG_DIR", &claude)
        .with("CODEX_HOME", &codex);
    say(&named, &["install"]);
    say(&named, &["install", "--agent", "codex"]);
    assert!(claude.join("settings.json").exists() && codex.join("hooks.json").exists());
}

#[test]
fn herald_on_path_is_registered_by_name() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("bin dir");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_herald"), bin.join("herald")).unwrap();
    say(&sandbox, &["install"]);
    let sandbox = sandbox.with("PATH", &bin);
    // The path is equivalent to the name.
    assert_eq!(answer(&sandbox, &["install"])["changed"], false);
    say(&sandbox, &["uninstall"]);
    say(&sandbox, &["install"]);
    assert_eq!(
        read(&user_settings(&sandbox))["hooks"]["Stop"],
        groups("herald hook")
    );
    // The old path of this program no longer exists.
    let elsewhere = sandbox.path("elsewhere");
    let sandbox = sandbox.with("PATH", elsewhere);
    let told = answer(&sandbox, &["install"]);
    assert_eq!(
        (&told["events"], &told["replaced"]),
        (&json!([]), &json!(BUILT_IN))
    );
    assert_eq!(
        read(&user_settings(&sandbox))["hooks"]["Stop"],
        groups(&command())
    );
}

#[test]
fn a_stale_hook_is_updated_in_place_and_removed_with_the_others() {
    let before = r#"{"hooks": {"Stop": [
  {"matcher": "*", "hooks": [{"type": "command", "command": "'/gone/herald' hook --no-audio"}]}, // mine
  {"hooks": [{"type": "command", "command": "say done"}]}
]}}"#;
    let sandbox = with_settings(before);
    let told = answer(&sandbox, &["install"]);
    assert_eq!(told["replaced"], json!(["Stop"]));
    let after = fs::read_to_string(user_settings(&sandbox)).unwrap();
    let program = env!("CARGO_BIN_EXE_herald");
    assert!(
        after.contains(&format!("\"{program} hook --no-audio\"}}]}}, // mine\n")),
        "{after}"
    );
    say(&sandbox, &["uninstall"]);
    let after = fs::read_to_string(user_settings(&sandbox)).unwrap();
    assert!(
        !after.contains("herald") && after.contains("say done"),
        "{after}"
    );
    assert_eq!(fs::read_to_string(backup(&sandbox)).unwrap(), before);
}

/// As for users of the original: its settings are in the project.
#[test]
fn the_original_is_replaced_and_comes_back() {
    let group = |command: &str| json!([{"matcher": "*", "hooks": [{"type": "command", "command": command}]}]);
    let script = "$CLAUDE_PROJECT_DIR/.claude/hooks/herald.py";
    let hooks = |program: &str| {
        let events = ["Notification", "Stop", "SubagentStop", "PreCompact"];
        let hook = |event: &str| {
            let command = format!("{program} --hook {event} --enable-audio");
            (event.to_owned(), group(&command))
        };
        let hooks: serde_json::Map<_, _> = events.into_iter().map(hook).collect();
        json!({"permissions": {}, "hooks": hooks})
    };
    let sandbox = Sandbox::new();
    let file = sandbox.path("project/.claude/settings.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let before = serde_json::to_string_pretty(&hooks(script)).unwrap();
    fs::write(&file, &before).unwrap();
    let install = ["install", "--scope", "project"];
    let told = answer(&sandbox, &install);
    assert_eq!(told["events"], json!([]));
    assert_eq!(told["replaced"].as_array().unwrap().len(), 4);
    assert_eq!(told["originals"], told["replaced"]);
    assert_eq!(read(&file), hooks(env!("CARGO_BIN_EXE_herald")));
    let again = say(&sandbox, &install);
    assert!(
        again.contains("has hooks for the events of the original Herald"),
        "{again}"
    );
    assert_eq!(read(&file), hooks(env!("CARGO_BIN_EXE_herald")));
    say(&sandbox, &["uninstall", "--scope", "project"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    let told = say(&sandbox, &install);
    assert!(
        told.starts_with("replaced the original Herald (herald.py) for "),
        "{told}"
    );
}

#[test]
fn an_old_claude_code_gets_no_event_it_may_not_know() {
    for (version, count) in [("2.1.100", 2), ("2.1.101", 4), ("unknown", 4)] {
        let sandbox = Sandbox::new();
        let claude = sandbox.path("claude");
        crate::support::sandbox::write_program(&claude, &format!("echo '{version} (Claude Code)'"));
        let dir = sandbox.path("");
        let told = answer(&sandbox.with("PATH", dir), &["install"]);
        assert_eq!(told["events"].as_array().unwrap().len(), count, "{version}");
        let notes = told["notes"].to_string();
        let is_told = notes.contains("not registered: PermissionRequest and StopFailure");
        assert_eq!(is_told, count == 2, "{notes}");
    }
}

/// Often it is a script that starts another program.
#[cfg(target_os = "linux")]
#[test]
fn a_claude_code_that_hangs_is_ended_with_what_it_has_started() {
    let sandbox = Sandbox::new();
    let pids = sandbox.path("pids");
    let hangs = format!(
        "/bin/sleep 3600 & echo $$ $! > {pids}.new\n/bin/mv {pids}.new {pids}\nwait",
        pids = pids.display()
    );
    crate::support::sandbox::write_program(&sandbox.path("claude"), &hangs);
    let dir = sandbox.path("");
    let sandbox = sandbox.with("PATH", dir);
    let told = answer(&sandbox, &["install"]);
    assert_eq!(told["events"].as_array().unwrap().len(), 4, "{told}");
    let pids = fs::read_to_string(pids).expect("it was asked");
    for pid in pids.split_whitespace() {
        crate::support::sandbox::wait_until("it has ended", || {
            // A zombie has no program.
            fs::read_link(format!("/proc/{pid}/exe")).err()
        });
    }
}

#[test]
fn a_dry_run_shows_a_diff_and_writes_nothing() {
    // No log line, even for a config that took long to read.
    let sandbox = Sandbox::new().with("HERALD_LOG", "debug");
    let before = "{\n  \"model\": \"opus\"\n}";
    let nothing = say(&sandbox, &["install", "--dry-run"]);
    assert!(nothing.starts_with("--- /dev/null\n+++ "), "{nothing}");
    assert!(nothing.contains("\n+    \"Stop\": [\n"), "{nothing}");
    assert!(
        nothing.ends_with("\ndry run: nothing changed\n"),
        "{nothing}"
    );
    assert_eq!(fs::read_dir(sandbox.path("home")).unwrap().count(), 0);
    assert!(!sandbox.state_dir().exists());

    let sandbox = with_settings(before);
    let told = answer(&sandbox, &["install", "--dry-run"]);
    assert_eq!(told["changed"], false);
    assert!(
        told["diff"]
            .as_str()
            .unwrap()
            .contains("\n-  \"model\": \"opus\"\n+  \"model\": \"opus\",\n")
    );
    assert_eq!(fs::read_to_string(user_settings(&sandbox)).unwrap(), before);
    assert!(!backup(&sandbox).exists());
    say(&sandbox, &["install"]);
    let after = fs::read(user_settings(&sandbox)).unwrap();
    let told = say(&sandbox, &["uninstall", "--dry-run"]);
    assert!(told.contains("\n-  \"hooks\": {\n"), "{told}");
    assert_eq!(fs::read(user_settings(&sandbox)).unwrap(), after);
    assert!(backup(&sandbox).exists());
}

#[test]
fn silenced_hooks_are_reported() {
    let sandbox = with_settings(
        r#"{"disableAllHooks": true, // for now
  "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "other"}]}]}}"#,
    );
    let told = say(&sandbox, &["install"]);
    for note in [
        "warning: disableAllHooks is set, so Claude Code runs no hook\nhint: remove it\n",
        "settings.json:1:27: comment, so Claude Code ignores the whole file\nhint: remove it",
    ] {
        assert!(told.contains(note), "{told}");
    }
}

#[test]
fn nothing_to_take_out_is_no_mistake() {
    let sandbox = Sandbox::new();
    let told = say(&sandbox, &["uninstall"]);
    assert!(
        told.starts_with("nothing to do: no hook of Herald in "),
        "{told}"
    );
    assert_eq!(fs::read_dir(sandbox.path("home")).unwrap().count(), 0);
}

/// Searching again for each of them would take minutes.
#[test]
fn thousands_of_hooks_are_taken_out_at_once() {
    let group = r#"{"hooks": [{"type": "command", "command": "herald hook"}]}"#;
    let theirs = r#"{"hooks": [{"type": "command", "command": "theirs"}]}"#;
    let mut groups = vec![group; 5_000];
    groups[2_500] = theirs;
    let groups = groups.join(",\n      ");
    let text = format!("{{\n  \"hooks\": {{\n    \"Stop\": [\n      {groups}\n    ]\n  }}\n}}\n");
    let sandbox = with_settings(text);
    say(&sandbox, &["uninstall"]);
    assert_eq!(
        fs::read_to_string(user_settings(&sandbox)).unwrap(),
        format!("{{\n  \"hooks\": {{\n    \"Stop\": [\n      {theirs}\n    ]\n  }}\n}}\n")
    );
}

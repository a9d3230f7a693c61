//! `herald install` and `herald uninstall`: all other settings stay byte for byte.

mod concurrent_writers;
mod doctor;
mod everything;
mod killed_installation;
mod permissions;
mod settings_files;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use herald_audio::internals::agents;
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

/// The errors of `herald` with `args`, which no machine could make work.
#[track_caller]
fn misuse(sandbox: &Sandbox, args: &[&str]) -> String {
    let (code, said, error) = herald(sandbox, args);
    assert_eq!((code, &*said), (2, ""), "{args:?}");
    error
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

/// The command for everybody in a project.
fn command_of_project() -> String {
    "herald hook 2>/dev/null || true".to_owned()
}

/// Where a shell finds herald by its name.
fn dir_of_herald() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_herald")).parent().unwrap()
}

/// The events of Claude Code if only Herald's hook is registered.
fn groups(command: &str) -> Value {
    json!([{"hooks": [{"type": "command", "command": command, "timeout": 10}]}])
}

const BUILT_IN: [&str; 5] = [
    "Notification",
    "PermissionRequest",
    "Stop",
    "StopFailure",
    "PreToolUse",
];

/// The events of Claude Code for `event` if only Herald's hook is registered by default.
fn groups_of(event: &str, command: &str) -> Value {
    let mut groups = groups(command);
    if event == "PreToolUse" {
        groups[0]["matcher"] = json!("AskUserQuestion|ExitPlanMode");
    }
    groups
}

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
        assert_eq!(hooks[event], groups_of(event, &command()), "{event}");
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

/// Codex runs no hook that its user has not approved, and the first line says so.
#[test]
fn codex_gets_the_events_it_has_and_a_word_about_trust() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("home/.codex/hooks.json");
    let install = ["install", "--agent", "codex"];
    let (code, told, _) = herald(&sandbox, &install);
    let hooks = read(&file)["hooks"].clone();
    let names: Vec<_> = hooks.as_object().unwrap().keys().collect();
    assert_eq!(names, ["PermissionRequest", "Stop"]);
    let of_codex = format!("{} --agent codex", command());
    assert_eq!(hooks["Stop"], groups(&of_codex));
    assert_eq!(code, 1, "{told}");
    let first = "not effective yet: Codex will not run Herald\nwarning: Codex runs the hooks for these events in ";
    assert!(told.starts_with(first), "{told}");
    let approve =
        "only after you approve them: PermissionRequest, Stop\nhint: run /hooks in Codex\n";
    assert!(told.contains(approve), "{told}");
    let (_, found, _) = herald(&sandbox, &["doctor", "--no-sound"]);
    assert!(
        found.contains("only after you approve them: PermissionRequest, Stop"),
        "{found}"
    );
    assert!(!found.contains("Codex, "), "they do not run: {found}");
    assert!(
        told.contains("note: Codex has no event for Notification and StopFailure\n"),
        "{told}"
    );
    // As Codex keeps that they are approved.
    let state = |event: &str| {
        format!(
            "[hooks.state.\"{}:{event}:0:0\"]\ntrusted_hash = \"x\"\n",
            file.display()
        )
    };
    let states = state("permission_request") + &state("stop");
    fs::write(sandbox.path("home/.codex/config.toml"), states).unwrap();
    let told = say(&sandbox, &install);
    assert!(
        told.starts_with("installed: Codex will run Herald\nnothing to do"),
        "{told}"
    );
    // A registration in an older form is left alone: Codex would want it approved again.
    let name = file.to_str().unwrap().to_owned();
    let older = fs::read_to_string(&file).unwrap();
    let older = older.replace(&of_codex, "herald hook");
    fs::write(&name, &older).unwrap();
    let sandbox = sandbox.with("PATH", dir_of_herald());
    say(&sandbox, &install);
    assert_eq!(fs::read_to_string(&file).unwrap(), older);
    say(&sandbox, &["install", "--agent", "codex", "--upgrade"]);
    let upgraded = fs::read_to_string(&file).unwrap();
    assert_eq!(upgraded, older.replace("herald hook", &command()));
    say(&sandbox, &["uninstall", "--agent", "codex"]);
    assert!(!file.exists());
}

/// Teammates and build servers share it, and need not have Herald.
#[test]
fn a_project_gets_a_command_that_is_silent_where_herald_is_missing() {
    let sandbox = Sandbox::new();
    let install = ["install", "--scope", "project"];
    let (code, told, _) = herald(&sandbox, &install);
    assert_eq!(code, 1);
    assert!(
        told.contains("runs herald, which does not exist\nhint: put herald on PATH"),
        "{told}"
    );
    let file = sandbox.path("project/.claude/settings.json");
    assert_eq!(read(&file)["hooks"]["Stop"], groups(&command_of_project()));
    let run_it = |path: &Path| {
        let shell = std::process::Command::new("/bin/sh")
            .args(["-c", &command_of_project()])
            .env_clear()
            .env("PATH", path)
            .env("HERALD_OUTPUT", "null")
            .env("HERALD_STATE_DIR", sandbox.state_dir())
            .stdin(std::process::Stdio::null())
            .output();
        let output = shell.unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run_it(Path::new("/nowhere")), "");
    assert_eq!(run_it(dir_of_herald()), "{\"continue\": true}\n");
    let sandbox = sandbox.with("PATH", dir_of_herald());
    let told = say(&sandbox, &install);
    assert!(
        told.starts_with("installed: Claude Code will run Herald\nnothing to do"),
        "{told}"
    );
    say(&sandbox, &["uninstall", "--scope", "project"]);
    assert!(!file.exists());
}

#[test]
fn variables_say_where_settings_are() {
    let named = Sandbox::new();
    let [claude, codex] = ["claude dir", "codex dir"].map(|name| named.path(name));
    let named = named
        .with("CLAUDE_CONFIG_DIR", &claude)
        .with("CODEX_HOME", &codex);
    herald(
        &named,
        &["install", "--agent", "claude", "--agent", "codex"],
    );
    assert!(claude.join("settings.json").exists() && codex.join("hooks.json").exists());
}

/// Each in its own form, each with its own names; and all of it goes again.
#[test]
fn the_agents_on_this_machine_are_found() {
    let sandbox = Sandbox::new();
    for dir in [".claude", ".gemini", ".cursor", ".codeium/windsurf"] {
        fs::create_dir_all(sandbox.path("home").join(dir)).unwrap();
    }
    let settings = sandbox.path("home/.gemini/settings.json");
    let before = "{\n\t\"theme\": \"dark\" // mine\n}\n";
    fs::write(&settings, before).unwrap();
    let told = say(&sandbox, &["install"]);
    let first = "installed: Claude Code, Gemini CLI, Cursor and Windsurf will run Herald\n";
    assert!(told.starts_with(first), "{told}");
    let text = fs::read_to_string(&settings).unwrap();
    assert!(text.contains("\"timeout\": 10000"), "{text}");
    let cursor = read(&sandbox.path("home/.cursor/hooks.json"));
    let hook = json!({"command": format!("{} --agent cursor", command()), "timeout": 10});
    assert_eq!(cursor, json!({"version": 1, "hooks": {"stop": [hook]}}));
    let told = say(&sandbox, &["install"]);
    assert_eq!(told.matches("nothing to do: ").count(), 4, "{told}");
    let answers = answer(&sandbox, &["install"]);
    assert_eq!(answers.as_array().unwrap().len(), 4);
    assert_eq!(answers[1]["willRun"], true);
    let told = say(&sandbox, &["uninstall"]);
    assert_eq!(told.matches("removed the hooks").count(), 4, "{told}");
    assert_eq!(fs::read_to_string(&settings).unwrap(), before);
    assert!(!sandbox.path("home/.cursor/hooks.json").exists());
}

/// Every file below `dir`, with what is in it.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => _ = found.insert(path.clone(), fs::read(&path).unwrap()),
        }
    }
    found
}

/// Whatever the form of its files.
#[test]
fn every_agents_files_are_as_before_once_uninstalled() {
    let with_settings = agents::ALL
        .iter()
        .filter(|agent| agent.settings().is_some());
    for agent in with_settings {
        let sandbox = Sandbox::new();
        let home = sandbox.path("home");
        // Codex wants each hook approved, which the exit code says.
        let run = |verb: &str| _ = herald(&sandbox, &[verb, "--agent", agent.name]);
        run("install");
        let installed = files(&home);
        assert!(!installed.is_empty(), "{}", agent.name);
        for text in installed.values() {
            let text = String::from_utf8_lossy(text);
            assert!(text.contains(env!("CARGO_BIN_EXE_herald")), "{text}");
        }
        run("install");
        assert_eq!(files(&home), installed, "{}", agent.name);
        run("uninstall");
        assert_eq!(files(&home), BTreeMap::new(), "{}", agent.name);
    }
}

/// A failing or talking hook would stop Cline.
#[test]
fn cline_gets_a_script_for_each_event() {
    let sandbox = Sandbox::new().with_config(&json!({"events": {"PreToolUse": {"enabled": true}}}));
    let dir = sandbox.path("home/Documents/Cline/Hooks");
    fs::create_dir_all(&dir).unwrap();
    let theirs = dir.join("PreToolUse");
    fs::write(&theirs, "#!/bin/sh\nexit 0\n").unwrap();
    let (code, _, error) = herald(&sandbox, &["install", "--agent", "cline"]);
    assert_eq!(code, 1);
    let wrong = format!(
        "{}: the script in this file is not Herald's",
        theirs.display()
    );
    assert!(error.contains(&wrong), "{error}");
    fs::remove_file(&theirs).unwrap();
    say(&sandbox, &["install", "--agent", "cline"]);
    let names: Vec<_> = files(&dir).into_keys().collect();
    assert_eq!(names, [theirs, dir.join("TaskComplete")]);
    let task = br#"{"clineVersion": "3.40.0", "hookName": "TaskComplete", "taskId": "1"}"#;
    let reply = |script: &Path| {
        let output = run(sandbox.command(script), task);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let script = dir.join("TaskComplete");
    assert_eq!(reply(&script), "{\"cancel\": false}\n");
    let text = fs::read_to_string(&script).unwrap();
    fs::write(
        &script,
        text.replace(env!("CARGO_BIN_EXE_herald"), "/gone/herald"),
    )
    .unwrap();
    assert_eq!(reply(&script), "");
    let told = say(&sandbox, &["install", "--agent", "cline"]);
    assert!(
        told.contains("updated the hooks for TaskComplete"),
        "{told}"
    );
    say(&sandbox, &["uninstall", "--agent", "cline"]);
    assert!(files(&sandbox.path("home")).is_empty());
    assert!(sandbox.path("home/Documents").is_dir());
}

#[test]
fn what_no_machine_could_install_is_wrong_usage_and_changes_nothing() {
    let sandbox = Sandbox::new();
    for (agent, scope, installing, uninstalling) in [
        (
            "vscode",
            "user",
            "cannot register hooks with VS Code: it runs the hooks of another agent\nhint: herald install --agent claude\n",
            "cannot remove hooks from VS Code: it runs the hooks of another agent\nhint: herald uninstall --agent claude\n",
        ),
        (
            "kiro",
            "project",
            "cannot register hooks with Kiro\nhint: add \"herald hook --agent kiro\" under \"stop\" to the file",
            "cannot remove hooks from Kiro\nhint: remove what runs \"herald hook\" from the file",
        ),
        (
            "kimi",
            "project",
            "Kimi CLI has no hooks in a project\nhint: use --scope user\n",
            "Kimi CLI has no hooks in a project\nhint: use --scope user\n",
        ),
        (
            "codex",
            "local",
            "Codex has no settings for one person in a project\nhint: use --scope user or --scope project\n",
            "Codex has no settings for one person in a project\nhint: use --scope user or --scope project\n",
        ),
    ] {
        for (verb, says) in [("install", installing), ("uninstall", uninstalling)] {
            let args = [
                verb, "--agent", "claude", "--agent", agent, "--scope", scope,
            ];
            let error = misuse(&sandbox, &args);
            assert!(error.starts_with(&format!("error: {says}")), "{error}");
        }
    }
    assert_eq!(fs::read_dir(sandbox.path("home")).unwrap().count(), 0);
}

#[test]
fn empty_directories_go_with_the_file() {
    let sandbox = Sandbox::new();
    let copilot_home = sandbox.path("copilot");
    let sandbox = sandbox.with("COPILOT_HOME", &copilot_home);
    fs::create_dir(sandbox.path("project/.claude")).unwrap();
    fs::write(sandbox.path("project/.claude/CLAUDE.md"), "").unwrap();
    for (scope, agent, stays, goes) in [
        ("project", "copilot", "project", "project/.github"),
        (
            "project",
            "claude",
            "project/.claude",
            "project/.claude/settings.json",
        ),
        ("user", "windsurf", "home", "home/.codeium"),
        // The agent may need the directory that the variable names.
        ("user", "copilot", "copilot", "copilot/hooks"),
    ] {
        let args = ["--scope", scope, "--agent", agent];
        herald(&sandbox, &[&["install"][..], &args].concat());
        assert!(sandbox.path(goes).exists(), "{goes}");
        say(&sandbox, &[&["uninstall"][..], &args].concat());
        assert!(!sandbox.path(goes).exists(), "{goes}");
        assert!(sandbox.path(stays).exists(), "{stays}");
    }
}

/// A path that other machines have as well, where they share the file.
#[test]
fn shared_settings_get_a_path_from_home() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("home/bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_herald"), bin.join("herald")).unwrap();
    let sandbox = sandbox.with("PATH", &bin);
    let from_home = "\"$HOME/bin/herald\" hook";
    let stop = |sandbox: &Sandbox| read(&user_settings(sandbox))["hooks"]["Stop"].clone();
    say(&sandbox, &["install"]);
    assert_eq!(
        stop(&sandbox),
        groups(&format!("{}/herald hook", bin.display()))
    );
    say(&sandbox, &["uninstall"]);
    say(&sandbox, &["install", "--portable"]);
    assert_eq!(stop(&sandbox), groups(from_home));
    // It is not written anew, though it leads to nothing here.
    fs::remove_file(bin.join("herald")).unwrap();
    assert_eq!(herald(&sandbox, &["install"]).0, 1);
    assert_eq!(stop(&sandbox), groups(from_home));
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_herald"), bin.join("herald")).unwrap();
    say(&sandbox, &["uninstall"]);
    // Dotfiles in a repository, and a link into them.
    let dotfiles = sandbox.path("dotfiles");
    fs::create_dir_all(dotfiles.join(".git")).unwrap();
    fs::write(dotfiles.join("settings.json"), "{}").unwrap();
    fs::create_dir_all(sandbox.path("home/.claude")).unwrap();
    std::os::unix::fs::symlink(dotfiles.join("settings.json"), user_settings(&sandbox)).unwrap();
    say(&sandbox, &["install"]);
    assert_eq!(stop(&sandbox), groups(from_home));
    say(&sandbox, &["uninstall"]);
    assert_eq!(
        fs::read_to_string(dotfiles.join("settings.json")).unwrap(),
        "{}"
    );
}

#[test]
fn a_fragment_is_printed_and_nothing_written() {
    let sandbox = Sandbox::new();
    let told = say(&sandbox, &["install", "--print", "--agent", "cursor"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["hooks"]["stop"][0]["timeout"], 10);
    assert_eq!(fs::read_dir(sandbox.path("home")).unwrap().count(), 0);
    let args = [
        "install", "--print", "--agent", "cursor", "--agent", "codex",
    ];
    let needs_one = "error: --print needs one agent\nhint: add --agent NAME\n";
    assert_eq!(misuse(&sandbox, &args), needs_one);
}

#[test]
fn herald_on_path_is_registered_by_the_path_that_leads_there() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("bin dir");
    fs::create_dir(&bin).unwrap();
    let link = bin.join("herald");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_herald"), &link).unwrap();
    say(&sandbox, &["install"]);
    let sandbox = sandbox.with("PATH", &bin);
    // One path is as good as another.
    assert_eq!(answer(&sandbox, &["install"])["changed"], false);
    say(&sandbox, &["uninstall"]);
    say(&sandbox, &["install"]);
    let by_link = groups(&format!("'{}' hook", link.display()));
    assert_eq!(read(&user_settings(&sandbox))["hooks"]["Stop"], by_link);
    // Agents that a desktop starts may not find the name alone.
    let text = fs::read_to_string(user_settings(&sandbox)).unwrap();
    let by_name = text.replace(&format!("'{}'", link.display()), "herald");
    fs::write(user_settings(&sandbox), by_name).unwrap();
    let told = answer(&sandbox, &["install"]);
    assert_eq!(told["replaced"], json!(BUILT_IN));
    assert_eq!(read(&user_settings(&sandbox))["hooks"]["Stop"], by_link);
    // What was the path of this program is that of none.
    fs::remove_file(link).unwrap();
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
    // The comment keeps Claude Code from reading it.
    let (code, told, _) = herald(&sandbox, &["install", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["willRun"]), (1, &json!(false)));
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
        told.contains("\nreplaced the original Herald (herald.py) for "),
        "{told}"
    );
}

#[test]
fn an_old_claude_code_gets_no_event_it_may_not_know() {
    for (version, count) in [("2.1.100", 2), ("2.1.101", 5), ("unknown", 5)] {
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
    assert_eq!(told["events"], json!(BUILT_IN));
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
fn silenced_hooks_are_reported_first() {
    let sandbox = with_settings(
        r#"{"disableAllHooks": true, // for now
  "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "other"}]}]}}"#,
    );
    let (code, told, _) = herald(&sandbox, &["install"]);
    assert_eq!(code, 1);
    assert!(
        told.starts_with("not effective yet: Claude Code will not run Herald\n"),
        "{told}"
    );
    for cause in [
        "settings.json: disableAllHooks is true, so Claude Code runs no hook\nhint: remove disableAllHooks from ",
        "settings.json:1:27: comment, so Claude Code ignores the whole file\nhint: remove it\n",
    ] {
        assert!(told.contains(cause), "{told}");
    }
}

/// Agents merge layers, and one of them may switch off what another has registered.
#[test]
fn what_silences_hooks_in_another_layer_is_told_by_install_and_doctor() {
    for (agent, file, text, cause) in [
        (
            "claude",
            "project/.claude/settings.local.json",
            r#"{"disableAllHooks": true}"#,
            "disableAllHooks is true, so Claude Code runs no hook",
        ),
        (
            "codex",
            "home/.codex/config.toml",
            "model = 'm'\n[features]\nhooks = false # for now\n",
            "features.hooks is false, so Codex runs no hook",
        ),
        (
            "gemini",
            "home/.gemini/settings.json",
            r#"{"hooksConfig": {"enabled": false}}"#,
            "hooksConfig.enabled is false, so Gemini CLI runs no hook",
        ),
        (
            "qwen",
            "project/.qwen/settings.json",
            r#"{"disableAllHooks": true}"#,
            "disableAllHooks is true, so Qwen Code runs no hook",
        ),
        (
            "copilot",
            "home/.copilot/settings.json",
            r#"{"disableAllHooks": true}"#,
            "disableAllHooks is true, so Copilot CLI runs no hook",
        ),
    ] {
        let sandbox = Sandbox::new();
        let file = sandbox.path(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let (code, told, _) = herald(&sandbox, &["install", "--agent", agent]);
        assert_eq!(code, 1, "{agent}: {told}");
        assert!(told.contains(cause), "{agent}: {told}");
        let (_, told, _) = herald(&sandbox, &["doctor", "--no-sound"]);
        assert!(told.contains(cause), "{agent}: {told}");
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

//! The plugin for Claude Code: valid by its documentation, silent without Herald, and never a second sound.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use herald_audio::internals::agents::Agent;
use serde_json::{Value, json};

use crate::support::doctor::{assert_found, examined, of};
use crate::support::sandbox::{REPLY, Sandbox, payload, run};
use crate::support::{repository, sandbox};

/// The marketplace: a folder of the repository, so that the repository is one.
fn marketplace() -> PathBuf {
    repository().join(".claude-plugin")
}

fn plugin() -> PathBuf {
    marketplace().join("herald")
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The only hook of each event: its matcher and its command.
fn hooks() -> Vec<(String, Option<String>, String)> {
    let file = read(&plugin().join("hooks/hooks.json"));
    let events = file["hooks"].as_object().unwrap();
    let hook = |(event, groups): (&String, &Value)| {
        let [group] = &groups.as_array().unwrap()[..] else {
            panic!("{event}: {groups}");
        };
        let [hook] = &group["hooks"].as_array().unwrap()[..] else {
            panic!("{event}: {group}");
        };
        let command = hook["command"].as_str().unwrap();
        let expected = json!({"type": "command", "command": command, "timeout": 10});
        assert_eq!(hook, &expected);
        let matcher = group.get("matcher");
        let matcher = matcher.map(|matcher| matcher.as_str().unwrap().to_owned());
        (event.clone(), matcher, command.to_owned())
    };
    events.iter().map(hook).collect()
}

fn command_of(event: &str) -> String {
    let mut hooks = hooks().into_iter();
    hooks.find(|(name, ..)| name == event).unwrap().2
}

/// Runs a hook of the plugin as Claude Code does.
fn run_hook(sandbox: &Sandbox, event: &str) -> Output {
    let mut shell = sandbox.command("sh");
    shell.args(["-c", &command_of(event)]);
    run(shell, &payload("Stop"))
}

fn with_herald() -> Sandbox {
    let herald = Path::new(env!("CARGO_BIN_EXE_herald"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", herald.parent().unwrap().display());
    Sandbox::new().with("PATH", path)
}

/// As Claude Code's reference of plugins says.
#[test]
fn the_manifests_are_valid() {
    let is_name = |name: &Value| {
        let name = name.as_str().unwrap();
        !name.is_empty() && name.bytes().all(|c| c.is_ascii_lowercase())
    };
    let is_text = |text: &Value| text.as_str().is_some_and(|text| !text.is_empty());
    let members = |object: &Value, known: &[&str]| {
        let members = object.as_object().unwrap().keys();
        members.map(String::as_str).for_each(|member| {
            assert!(known.contains(&member), "{member} in {object}");
        });
    };

    let market = read(&marketplace().join("marketplace.json"));
    members(&market, &["name", "owner", "metadata", "plugins"]);
    assert!(is_name(&market["name"]) && is_text(&market["owner"]["name"]));
    let [entry] = &market["plugins"].as_array().unwrap()[..] else {
        panic!("{market}");
    };
    members(entry, &["name", "source", "description"]);
    let source = entry["source"].as_str().unwrap();
    let source = repository().join(source.strip_prefix("./").unwrap());
    assert_eq!(source, plugin());

    let manifest = read(&plugin().join(".claude-plugin/plugin.json"));
    let known = [
        "name",
        "version",
        "description",
        "author",
        "license",
        "keywords",
    ];
    members(&manifest, &known);
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["name"], entry["name"]);
    assert!(is_name(&manifest["name"]) && is_text(&manifest["author"]["name"]));
    // As Claude Code calls it in its settings.
    let key = format!(
        "{}@{}",
        manifest["name"].as_str().unwrap(),
        market["name"].as_str().unwrap()
    );
    let plugin = Agent::claude().settings().unwrap().plugin.unwrap();
    assert_eq!(plugin, ["enabledPlugins", key.as_str()]);

    let commands = fs::read_dir(self::plugin().join("commands")).unwrap();
    let mut names: Vec<_> = commands
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["mute.md", "snooze.md", "test.md", "unmute.md"]);
    for name in names {
        let text = fs::read_to_string(self::plugin().join("commands").join(&name)).unwrap();
        let (front, body) = text
            .strip_prefix("---\n")
            .unwrap()
            .split_once("---\n")
            .unwrap();
        let command = name.strip_suffix(".md").unwrap();
        let may_run = format!("allowed-tools: Bash(herald {command}:*)");
        assert!(front.lines().any(|line| line == may_run), "{front}");
        assert!(front.starts_with("description: "), "{front}");
        assert!(body.contains(&format!("!`herald {command}")), "{body}");
        let help = run(Sandbox::new().herald(&[command, "--help"]), b"");
        assert!(help.status.success(), "{command}");
    }
}

#[test]
fn the_events_are_those_of_install_and_the_first_one() {
    let sandbox = Sandbox::new();
    let printed = run(
        sandbox.herald(&["install", "--print", "--agent", "claude"]),
        b"",
    );
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let mut expected: Vec<_> = printed["hooks"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(event, groups)| (event.clone(), groups[0].get("matcher").cloned()))
        .collect();
    expected.push(("SessionStart".to_owned(), Some(json!("startup"))));
    let plugin = hooks().into_iter();
    let mut plugin: Vec<_> = plugin
        .map(|(event, matcher, _)| (event, matcher.map(Value::from)))
        .collect();
    for list in [&mut plugin, &mut expected] {
        list.sort_by(|one, other| one.0.cmp(&other.0));
    }
    assert_eq!(plugin, expected);
    let mut known = herald_cli::agent::OF_PLUGIN.map(str::to_owned).to_vec();
    known.sort();
    let names: Vec<_> = plugin.into_iter().map(|(event, _)| event).collect();
    assert_eq!(names, known);
}

/// An update replaces the plugin's directory while sessions run the hooks that they have read.
#[test]
fn an_update_leaves_running_sessions_their_hooks() {
    for (event, _, command) in hooks() {
        for changing in [
            "CLAUDE_PLUGIN_ROOT",
            "CLAUDE_PLUGIN_DATA",
            env!("CARGO_PKG_VERSION"),
        ] {
            assert!(!command.contains(changing), "{event}: {command}");
        }
    }
}

#[test]
fn without_herald_the_first_event_says_so_and_all_others_are_silent() {
    let sandbox = Sandbox::new().with("PATH", "/nonexistent");
    for (event, ..) in hooks() {
        let output = run_hook(&sandbox, &event);
        assert_eq!(output.status.code(), Some(0), "{event}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{event}");
        if event != "SessionStart" {
            assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{event}");
            continue;
        }
        let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
        let members: Vec<_> = reply.as_object().unwrap().keys().collect();
        assert_eq!(members, ["systemMessage"]);
        let said = reply["systemMessage"].as_str().unwrap();
        assert!(said.contains("not installed"), "{said}");
    }
}

#[test]
fn with_herald_each_hook_replies_also_where_path_lacks_it() {
    for event in ["SessionStart", "Stop"] {
        let output = run_hook(&with_herald(), event);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    }
    let sandbox = Sandbox::new();
    let bin = sandbox.path("home/.local/bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_herald"), bin.join("herald")).unwrap();
    let output = run_hook(&sandbox, "Stop");
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
}

#[test]
fn the_plugin_and_an_installed_hook_make_one_sound() {
    let sandbox = with_herald();
    let installed = run(sandbox.herald(&["install"]), b"");
    assert!(installed.status.success(), "{installed:?}");
    let settings = read(&sandbox.path("home/.claude/settings.json"));
    let hook = settings["hooks"]["Stop"][0]["hooks"][0]["command"]
        .as_str()
        .unwrap();
    let both = [hook.to_owned(), command_of("Stop")];
    let replies = sandbox::at_once(2, |number| {
        let mut shell = sandbox.command("sh");
        shell.args(["-c", &both[number]]);
        run(shell, &payload("Stop")).stdout
    });
    assert_eq!(replies, [REPLY.as_bytes(), REPLY.as_bytes()]);
    sandbox.wait_for_record(1);
    let stopped = run(sandbox.herald(&["player", "stop"]), b"");
    assert!(stopped.status.success(), "{stopped:?}");
    assert_eq!(sandbox.record().len(), 1);
}

#[test]
fn doctor_and_test_know_the_plugin() {
    let sandbox = with_herald();
    fs::create_dir(sandbox.path("home/.claude")).unwrap();
    let file = sandbox.path("home/.claude/settings.json");
    fs::write(&file, r#"{"enabledPlugins": {"herald@herald": true}}"#).unwrap();
    let findings = || of(&examined(&sandbox, &["--no-sound"]), "hooks");
    assert_found(&findings(), "ok", "Herald's plugin", "");
    assert_eq!(findings().len(), 1);
    let first_step = |event: &str| {
        let output = run(sandbox.herald(&["test", event, "--json"]), b"");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["agents"].clone()
    };
    assert_eq!(first_step("Stop"), json!(["Claude Code"]));
    assert_eq!(first_step("SessionEnd"), json!([]));

    let installed = run(sandbox.herald(&["install"]), b"");
    assert!(installed.status.success(), "{installed:?}");
    let hint = "herald uninstall --agent claude";
    assert_found(&findings(), "warning", "you hear one sound", hint);
}

//! Configs of the original Herald, of a project and of a user.

use std::path::Path;
use std::time::Duration;

use super::Project;
use crate::config::{Config, check_file, files};
use crate::event::{EVENTS, Event};
use crate::policy::{self, Action, Policy};
use crate::sound::{Chime, Sound};
use crate::system::env::Env;
use crate::trust::Owner;

const ORIGINAL: &str = include_str!("../../../tests/fixtures/original/audio_config.json");
const ORIGINAL_PATH: &str = ".claude/hooks/utils/audio_config.json";

#[test]
fn the_originals_config_holds_unchanged() {
    let project = Project::new()
        .with(ORIGINAL_PATH, ORIGINAL)
        .with(".claude/sounds/task_complete.wav", "");
    let config = project.load();
    assert_eq!(config.issues(), []);
    assert_eq!(config.volume(), 0.2);
    assert_eq!(
        config.base_path(),
        Some(project.root().join("./.claude/sounds").as_path())
    );
    for (name, seconds) in [
        ("Stop", 120),
        ("SubagentStop", 120),
        ("Notification", 30),
        ("PreToolUse", 60),
        ("PostToolUse", 45),
        ("SessionStart", 5),
        ("SessionEnd", 5),
        ("UserPromptSubmit", 10),
    ] {
        assert!(config.is_enabled(name), "{name}");
        assert_eq!(
            config.window(name),
            Some(Duration::from_secs(seconds)),
            "{name}"
        );
    }
    let file: serde_json::Value = serde_json::from_str(ORIGINAL).unwrap();
    let effective = config.effective();
    for part in ["mappings", "base_path"] {
        let found = &effective["sound_files"][part];
        let expected = match part {
            "base_path" => project
                .root()
                .join("./.claude/sounds")
                .to_str()
                .unwrap()
                .into(),
            part => file["sound_files"][part].clone(),
        };
        assert_eq!(*found, expected, "{part}");
    }
    let task_complete = project
        .root()
        .canonicalize()
        .unwrap()
        .join(".claude/sounds/task_complete.wav");
    assert_eq!(config.resolve_file("Stop"), Some(task_complete));
    assert_eq!(config.resolve_file("Notification"), None, "no such file");
    assert_eq!(config.sound("Notification"), None);
    assert_eq!(
        config.get("audio_settings.throttle_seconds.Stop").unwrap(),
        120.0
    );
    assert_eq!(
        config.get("sound_files.mappings.SessionEnd").unwrap(),
        "task_complete.wav"
    );
    assert_eq!(config.get("no.such.key"), None);
}

#[test]
fn its_effective_values_mean_the_same_in_a_config_of_herald() {
    let original = Project::new().with(ORIGINAL_PATH, "{}").load();
    let effective = original.effective().to_string();
    let herald = Project::new()
        .with(".claude/herald.json", &effective)
        .load();
    assert!(!herald.has_original());
    let details = |event: &'static Event| {
        let details = event.about.iter().chain(event.silent);
        details.map(|detail| format!("{}/{detail}", event.name))
    };
    for tool in ["AskUserQuestion", "exit_plan_mode", "Bash"] {
        assert!(!original.is_request(tool) && !herald.is_request(tool));
    }
    let names = EVENTS.iter().map(|event| event.name.to_owned());
    for name in names.chain(EVENTS.iter().flat_map(details)) {
        let of = |config: &Config| {
            let window = config.window(&name);
            (config.is_enabled(&name), config.scope(&name), window)
        };
        assert_eq!(of(&herald), of(&original), "{name}");
    }
}

#[test]
fn an_empty_original_config_brings_the_originals_defaults() {
    let config = Project::new().with(ORIGINAL_PATH, "{}").load();
    assert_eq!(
        config.get("sound_files.mappings.PreToolUse").unwrap(),
        "security_check.wav"
    );
    assert_eq!(config.window("PostToolUse"), Some(Duration::from_secs(45)));
    assert!(
        config.is_enabled("PermissionRequest"),
        "what the original did not know stays"
    );
}

/// The original was silent if it did not find a file.
#[test]
fn missing_files_of_the_original_stay_silent() {
    let chime = |chime| Some(Sound::Chime(chime));
    let gone = r#"{"sound_files": {"mappings": {"Stop": "gone.wav"}}}"#;
    for config in ["{}", gone, ORIGINAL] {
        let project = Project::new().with(ORIGINAL_PATH, config);
        let silent = project.load();
        for name in ["Stop", "SubagentStop", "PreToolUse", "PreToolUse/Bash"] {
            assert_eq!(silent.sound(name), None, "{config} {name}");
            assert_eq!(silent.sounds(name), [], "{config} {name}");
        }
        // Events unknown to the original, and those set in another file, have their built-in sound.
        assert_eq!(silent.sound("PermissionRequest"), chime(Chime::Attention));
        let project = project.with(".claude/herald.json", gone);
        assert_eq!(project.load().sound("Stop"), chime(Chime::Finished));
        // A SubagentStop had its own file or no sound.
        let project = project.with(".claude/sounds/task_complete.wav", "");
        assert_eq!(project.load().sound("SubagentStop"), None, "{config}");
    }
    let issues = Project::new()
        .with(ORIGINAL_PATH, gone)
        .load()
        .missing_sounds();
    let issue = issues[0].to_string();
    assert!(
        issue.ends_with("gone.wav does not exist; nothing is played, as in the original Herald"),
        "{issue}"
    );
}

#[test]
fn a_window_that_no_file_says_is_not_configured() {
    let config = Project::new().with(ORIGINAL_PATH, "{}").load();
    assert_eq!(config.configured_window("Stop"), None);
    assert!(config.windows().is_empty());
    assert_eq!(config.window("Stop"), Some(Duration::from_secs(120)));
}

#[test]
fn keys_of_its_own_that_nothing_reads_are_known() {
    let text = r#"{"audio_settings": {"enabled": true, "mode": "x", "volume": 0.25}}"#;
    let project = Project::new().with(ORIGINAL_PATH, text);
    let config = project.load();
    assert_eq!(config.issues(), []);
    assert_eq!(config.volume(), 0.25);
    assert_eq!(check_file(&project.root().join(ORIGINAL_PATH)), []);
    // In another place, the settings have an effect.
    let project = Project::new().with(".claude/herald.json", text);
    assert_eq!(project.load().issues().len(), 2);
    let policy = r#"{"metadata": {}, "pre_tool_use": {"default": {"action": "allow"},
        "severity_thresholds": {}, "rules": [{"name": "a", "action": "ask", "pattern": "x"}]},
        "post_tool_use": {"severity_thresholds": {}}, "stop": {"notes": ""}}"#;
    let path = ".claude/hooks/utils/decision_policy.json";
    let project = Project::new().with(path, policy);
    let found = Policy::load(&Env::of::<&str, &str>([]), &project.load()).unwrap();
    assert_eq!(found.issues(), []);
    let project = Project::new().with(path, policy.replace("name", "nom"));
    let found = Policy::load(&Env::of::<&str, &str>([]), &project.load()).unwrap();
    assert_eq!(found.issues().len(), 1);
}

/// A home directory with the original, and a project.
fn home() -> (Project, Env) {
    let home = Project::new()
        .with(".claude/hooks/utils/audio_config.json", ORIGINAL)
        .with(".claude/sounds/task_complete.wav", "")
        .with(".claude/sounds/other.wav", "");
    let dir = home.root();
    let env = Env::of([
        ("HOME", dir.to_owned()),
        ("USERPROFILE", dir.to_owned()),
        ("XDG_CONFIG_HOME", dir.join(".config")),
        ("APPDATA", dir.join(".config")),
    ]);
    (home, env)
}

#[test]
fn an_original_of_the_users_holds_in_every_project() {
    let (home, env) = home();
    let project = Project::new();
    let config = project.load_with(env.clone());
    assert_eq!(config.issues(), []);
    assert_eq!(config.volume(), 0.2);
    let done = home.root().join("./.claude/sounds/task_complete.wav");
    let found = config.resolve_file("Stop");
    assert_eq!(found.as_deref(), Some(&*done));
    assert_eq!(config.owner_of(&done), Owner::User);
    assert_eq!(config.sound("Notification"), None, "its file is missing");
    // The user's own file has precedence, key by key, and its own sounds directory.
    let home = home
        .with(
            ".config/herald/config.json",
            r#"{"audio_settings": {"volume": 0.75}, "sound_files": {"mappings": {"Setup": "own.wav"}}}"#,
        )
        .with(".config/herald/sounds/own.wav", "");
    let config = project.load_with(env.clone());
    assert_eq!(config.volume(), 0.75);
    assert_eq!(config.resolve_file("Stop"), Some(done.clone()));
    let own = home.root().join(".config/herald/sounds/own.wav");
    assert_eq!(config.resolve_file("Setup"), Some(own));
    // A project's file has precedence, too, and names its own sounds.
    let project = project
        .with(
            ".claude/herald.json",
            r#"{"sound_files": {"mappings": {"Setup": "theirs.wav", "PostToolUse": "other.wav"}}}"#,
        )
        .with(".claude/sounds/theirs.wav", "");
    let config = project.load_with(env.clone());
    let theirs = project.root().join(".claude/sounds/theirs.wav");
    assert_eq!(config.resolve_file("Setup"), theirs.canonicalize().ok());
    assert_eq!(config.resolve_file("PostToolUse"), None, "it is the user's");
    // With an original in the project, that one's sounds are the project's.
    let project = project
        .with(ORIGINAL_PATH, ORIGINAL)
        .with(".claude/sounds/task_complete.wav", "");
    let config = project.load_with(env);
    let theirs = project.root().join(".claude/sounds/task_complete.wav");
    assert_eq!(config.resolve_file("Stop"), theirs.canonicalize().ok());
    assert_eq!(config.owner_of(&theirs), Owner::Project);
}

#[test]
fn at_home_the_original_is_the_users() {
    let (home, env) = home();
    let config = home.load_with(env.clone());
    assert_eq!(config.sources().count(), 1);
    let done = home.root().join("./.claude/sounds/task_complete.wav");
    assert_eq!(config.resolve_file("Stop"), Some(done));
    let listed = files(&env, Some(home.root()));
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(listed[0], home.root().join(ORIGINAL_PATH));
    #[cfg(unix)]
    {
        // Under any name of the home directory.
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("home");
        std::os::unix::fs::symlink(home.root(), &link).unwrap();
        let own = home.root().join(".config/herald/config.json");
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::write(&own, r#"{"audio_settings": {"volume": 0.9}}"#).unwrap();
        let dir = home.root().join(".config");
        let env = env.clone().with("XDG_CONFIG_HOME", dir);
        let config = super::load(&env, Some(&link));
        assert_eq!(config.sources().count(), 2);
        assert_eq!(config.volume(), 0.9);
    }
    // Named explicitly, it is treated as such.
    let asked_for = env.with("HERALD_CONFIG", &listed[0]);
    let config = Project::new().load_with(asked_for);
    assert!(config.resolve_file("Stop").is_some());
}

#[test]
fn where_the_original_is_not_installed_nothing_is_looked_for() {
    let home = Project::new();
    let env = Env::of([("HOME", home.root()), ("USERPROFILE", home.root())]);
    let files = files(&env, Some(Path::new("/project")));
    assert!(
        files
            .iter()
            .all(|file| !file.starts_with(home.root().join(".claude"))),
        "{files:?}"
    );
}

#[test]
fn a_policy_of_the_users_original_may_allow_and_stands_below_the_own_one() {
    let (home, env) = home();
    let rule = |action: &str, pattern: &str| {
        format!(
            r#"{{"pre_tool_use": {{"rules": [{{"action": "{action}", "pattern": "{pattern}"}}]}}}}"#
        )
    };
    let path = ".claude/hooks/utils/decision_policy.json";
    let home = home.with(path, rule("allow", "^make"));
    let project = Project::new();
    let action = |project: &Project, command: &str| {
        let config = project.load_with(env.clone());
        let policy = Policy::load(&env, &config)?;
        let payload = serde_json::json!({"tool_name": "Bash", "tool_input": {"command": command}});
        let payload = payload.as_object().unwrap().clone();
        let event = crate::payload::typed::HookEvent::new(Some("PreToolUse"), payload);
        let ruling = policy.on_call(event.tool_call().unwrap(), &event.other);
        ruling.map(|ruling| ruling.action)
    };
    assert!(policy::is_on(&env, Some(project.root())));
    assert_eq!(action(&project, "make"), Some(Action::Allow));
    assert_eq!(
        action(&project, "reboot"),
        Some(Action::Deny),
        "built-in defaults apply"
    );
    assert_eq!(
        action(&home, "make"),
        Some(Action::Allow),
        "at home it is the user's"
    );
    // A project's policy cannot allow.
    let project = project.with(path, rule("allow", "^ls"));
    assert_eq!(action(&project, "ls"), None);
    let _home = home.with(
        ".config/herald/decision_policy.json",
        rule("ask", "^make install"),
    );
    assert_eq!(action(&project, "make install"), Some(Action::Ask));
    assert_eq!(action(&project, "make all"), Some(Action::Allow));
}

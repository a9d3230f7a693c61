use super::*;
use herald_audio::internals::config;
use herald_audio::internals::system::env::Env;

fn agent(name: &str) -> &'static Agent {
    Agent::named(name).unwrap()
}

fn loaded(text: &str) -> Config {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    config::load(&Env::of([("HERALD_CONFIG", file.path())]), None)
}

const QUESTIONS: &str = "PreToolUse (questions)";

#[test]
fn only_events_that_sound_are_registered() {
    let cases = [
        (
            "{}",
            &[
                "Notification",
                "PermissionRequest",
                "Stop",
                "StopFailure",
                QUESTIONS,
            ][..],
        ),
        (
            r#"{"events": {"Stop": {"enabled": false}, "stop_failure": {"enabled": false}}}"#,
            &["Notification", "PermissionRequest", QUESTIONS],
        ),
        (
            r#"{"events": {"PermissionRequest": {"enabled": false},
                "PermissionRequest/ExitPlanMode": {"enabled": true}}}"#,
            &[
                "Notification",
                "PermissionRequest",
                "Stop",
                "StopFailure",
                QUESTIONS,
            ],
        ),
        (
            r#"{"events": {"PermissionRequest": {"enabled": false}}}"#,
            &["Notification", "Stop", "StopFailure"],
        ),
        (
            r#"{"events": {"PreToolUse/AskUserQuestion": {"enabled": false},
                "PreToolUse/ExitPlanMode": {"enabled": false}}}"#,
            &["Notification", "PermissionRequest", "Stop", "StopFailure"],
        ),
        (
            r#"{"events": {"Notification": {"enabled": false}, "StopFailure": {"enabled": false},
                "Notification/idle_prompt": {"enabled": true},
                "pre_tool_use/Bash": {"sound": "builtin:started"},
                "PostToolUse/Bash": {"enabled": false}}}"#,
            &["Notification", "PermissionRequest", "Stop", "PreToolUse"],
        ),
    ];
    for (text, events) in cases {
        let found = events_to_register(Agent::claude(), None, &loaded(text), false);
        assert_eq!(names(&found.events), events, "{text}");
    }
}

#[test]
fn a_key_for_a_command_is_for_its_event_and_one_for_an_agent_for_that_alone() {
    for (text, event, with_claude, with_codex) in [
        (
            r#"{"PreToolUse/Bash:git commit*": {"enabled": true}}"#,
            "PreToolUse",
            true,
            true,
        ),
        (
            r#"{"PreToolUse/Bash:git commit*@codex": {"enabled": true}}"#,
            "PreToolUse",
            false,
            true,
        ),
        (
            r#"{"SessionStart@claude": {"enabled": true}}"#,
            "SessionStart",
            true,
            false,
        ),
        (r#"{"Stop@codex": {"enabled": false}}"#, "Stop", true, false),
        (
            r#"{"PermissionRequest@claude": {"enabled": false}}"#,
            QUESTIONS,
            false,
            false,
        ),
    ] {
        let config = loaded(&format!(r#"{{"events": {text}}}"#));
        for (name, is_expected) in [("claude", with_claude), ("codex", with_codex)] {
            let found = events_to_register(agent(name), None, &config, false);
            let has = names(&found.events).iter().any(|name| name == event);
            assert_eq!(has, is_expected, "{text} {name}");
        }
    }
}

#[test]
fn an_agent_gets_what_it_has() {
    let builtin = Config::builtin();
    let codex = events_to_register(agent("codex"), None, &builtin, false);
    assert_eq!(names(&codex.events), ["PermissionRequest", "Stop"]);
    assert_eq!(codex.unknown, ["Notification", "StopFailure"]);
    for (name, events) in [
        (
            "qwen",
            &[
                "Notification",
                "PermissionRequest",
                "Stop",
                "StopFailure",
                QUESTIONS,
            ][..],
        ),
        ("gemini", &["Notification", "AfterAgent"]),
        ("cursor", &["stop"]),
        (
            "copilot",
            &["Notification", "PermissionRequest", "Stop", "ErrorOccurred"],
        ),
        ("windsurf", &["post_cascade_response"]),
    ] {
        let found = events_to_register(agent(name), None, &builtin, false);
        assert_eq!(names(&found.events), events, "{name}");
    }
    let old = events_to_register(Agent::claude(), Some([2, 1, 100]), &builtin, false);
    assert_eq!(names(&old.events), ["Notification", "Stop"]);
    assert_eq!(old.too_new, ["PermissionRequest", "StopFailure"]);
    let new = events_to_register(Agent::claude(), Some([2, 1, 101]), &builtin, false);
    assert_eq!(new.events.len(), 5);
}

#[test]
fn what_a_policy_is_about_is_registered() {
    let config = loaded(r#"{"events": {"Stop": {"enabled": false}}}"#);
    let found = events_to_register(agent("codex"), None, &config, true);
    assert_eq!(
        names(&found.events),
        ["PermissionRequest", "Stop", "PreToolUse", "PostToolUse"]
    );
}

#[test]
fn what_a_rule_needs_is_registered() {
    let config =
        loaded(r#"{"events": {"AllIdle": {"enabled": true}, "Stop": {"enabled": false}}}"#);
    let found = names(&events_to_register(Agent::claude(), None, &config, false).events);
    for event in ["UserPromptSubmit", "Stop", "SessionEnd"] {
        assert!(found.contains(&event.to_owned()), "{event}");
    }
    assert!(!found.contains(&"AllIdle".to_owned()));
    let config = loaded(r#"{"events": {"Stop": {"min_turn": "30s"}}}"#);
    for agent in [agent("claude"), agent("codex")] {
        let found = names(&events_to_register(agent, None, &config, false).events);
        assert!(
            found.iter().any(|name| name == "UserPromptSubmit"),
            "{agent:?}"
        );
        assert!(found.iter().all(|name| name != "SessionStart"), "{agent:?}");
    }
}

#[test]
fn a_provider_is_never_registered() {
    let config = loaded(r#"{"events": {"WorktreeCreate": {"enabled": true}}}"#);
    let found = events_to_register(Agent::claude(), None, &config, false);
    assert!(
        names(&found.events)
            .iter()
            .all(|name| name != "WorktreeCreate")
    );
    assert_eq!(found.providers, PROVIDERS);
}

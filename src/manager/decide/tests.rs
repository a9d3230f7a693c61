//! The decision about events, by config and payload.

use super::*;
use crate::system::env::Env;

fn here() -> Circumstances<'static> {
    Circumstances {
        root: Some(Path::new("/p")),
        ..Circumstances::default()
    }
}

fn gates(name: &str, json: &str, config: &Config) -> Vec<Gate> {
    let payload = Payload::parse(json.as_bytes()).unwrap();
    match dispatch(name, &payload, config, &here()) {
        Action::Sound { gates, .. } => gates,
        Action::Nothing(why) => panic!("{name}: {why:?}"),
    }
}

#[test]
fn what_is_off_or_unknown_does_nothing() {
    let config = Config::builtin();
    for name in ["PreToolUse", "FutureEvent", ""] {
        let action = dispatch(name, &Payload::default(), &config, &here());
        assert_eq!(action, Action::Nothing(Why::Disabled), "{name}");
    }
}

#[test]
fn an_event_has_one_gate_of_its_own() {
    let config = Config::builtin();
    let [gate] = &gates("stop", "{}", &config)[..] else {
        panic!()
    };
    assert_eq!(gate.key, "/p\0Stop\0default");
    assert_eq!(gate.window, Duration::from_secs(5));
    let [marked] = &gates("Stop", r#"{"marker":"m"}"#, &config)[..] else {
        panic!()
    };
    assert_eq!(marked.key, "/p\0Stop\0m");
}

#[test]
fn notifications_differ_by_their_message() {
    let config = Config::builtin();
    let key = |message| {
        gates(
            "Notification",
            &format!(r#"{{"message":"{message}"}}"#),
            &config,
        )[0]
        .key
        .clone()
    };
    assert_eq!(key("a"), key("a"));
    assert_ne!(key("a"), key("b"));
}

#[test]
fn a_permission_request_and_its_notification_share_a_gate() {
    let config = Config::builtin();
    let request = gates("PermissionRequest", "{}", &config);
    let notification = gates(
        "Notification",
        r#"{"notification_type":"permission_prompt","message":"x"}"#,
        &config,
    );
    // The notification may come seconds after the request's window.
    let shared = Gate {
        window: LATE,
        ..request[0].clone()
    };
    assert!(notification.contains(&shared));
    let idle = gates(
        "Notification",
        r#"{"notification_type":"idle_prompt","message":"x"}"#,
        &config,
    );
    assert!(idle.iter().all(|gate| gate.key != shared.key));
}

fn config(text: &str) -> Config {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("c.json");
    std::fs::write(&file, text).unwrap();
    let config = crate::config::load(&Env::of([("HERALD_CONFIG", &file)]), None);
    assert_eq!(config.issues(), [], "{text}");
    config
}

fn action(name: &str, json: &str, config: &Config, here: &Circumstances<'_>) -> Action {
    dispatch(
        name,
        &Payload::parse(json.as_bytes()).unwrap(),
        config,
        here,
    )
}

#[test]
fn the_finest_key_that_is_configured_is_the_throttles_and_the_sounds() {
    let config = config(
        r#"{"events": {
            "pre_tool_use/bash": {"enabled": true, "throttle_seconds": 7},
            "Notification/idle_prompt": {"enabled": false},
            "SessionStart": {"enabled": true},
            "StopFailure/rate_limit": {"throttle_seconds": 300}
        }}"#,
    );
    let bash = gates("PreToolUse", r#"{"tool_name":"Bash"}"#, &config);
    assert_eq!(bash[0].key, "/p\0PreToolUse/bash\0default");
    assert_eq!(bash[0].window, Duration::from_secs(7));
    let start = gates("SessionStart", r#"{"source":"resume"}"#, &config);
    assert_eq!(
        start[0].key, "/p\0SessionStart\0default",
        "no finer key is configured"
    );
    let limit = gates("StopFailure", r#"{"error":"rate_limit"}"#, &config);
    assert_eq!(limit[0].window, Duration::from_secs(300));
    let other = gates("StopFailure", r#"{"error":"server_error"}"#, &config);
    assert_eq!(other[0].window, Duration::from_secs(30));
    for (name, json) in [
        ("PreToolUse", r#"{"tool_name":"Write"}"#),
        ("Notification", r#"{"notification_type":"idle_prompt"}"#),
    ] {
        let action = action(name, json, &config, &here());
        assert_eq!(action, Action::Nothing(Why::Disabled), "{name}");
    }
}

#[test]
fn a_permission_request_for_one_tool_shares_the_gate_of_all() {
    let config = config(r#"{"events": {"PermissionRequest/Bash": {"volume": 0.5}}}"#);
    let request = gates("PermissionRequest", r#"{"tool_name":"Bash"}"#, &config);
    let notification = gates(
        "Notification",
        r#"{"notification_type":"permission_prompt","message":"x"}"#,
        &config,
    );
    assert!(notification.iter().any(|gate| gate.key == request[1].key));
}

#[test]
fn a_scope_says_among_what_an_event_sounds_once() {
    let config = config(
        r#"{"events": {"Stop": {"scope": "session"}, "Notification": {"scope": "global"}}}"#,
    );
    let stop = |session| {
        gates("Stop", &format!(r#"{{"session_id":"{session}"}}"#), &config).swap_remove(0)
    };
    assert_eq!(stop("a"), stop("a"));
    assert_ne!(stop("a"), stop("b"));
    assert_eq!(
        gates("Notification", "{}", &config)[0].key,
        "\0Notification\0default"
    );
}

#[test]
fn rules_keep_events_quiet_and_say_why() {
    let rules = config(
        r#"{"rules": {"skip_stop_while_tasks_run": true, "skip_subagents": true,
                "quiet_hours": [{"from": "12:00", "to": "13:00"}]},
            "events": {"PostToolUse": {"enabled": true}, "SubagentStop": {"enabled": true}}}"#,
    );
    let headless = Circumstances {
        headless: true,
        ..here()
    };
    let at = |hour| Circumstances {
        now: Some(jiff::civil::date(2026, 1, 2).at(hour, 30, 0, 0)),
        ..here()
    };
    let tasks = r#"{"background_tasks":[{"status":"running"}]}"#;
    let subagent = r#"{"background_tasks":[{"type":"subagent","status":"running"}]}"#;
    let inside = r#"{"agent_id":"a1","tool_name":"Bash"}"#;
    for (name, json, circumstances, expected) in [
        ("Stop", "{}", here(), None),
        ("Stop", "{}", headless, Some(Why::Headless)),
        ("Stop", "{}", at(12), Some(Why::QuietHours)),
        ("Stop", "{}", at(13), None),
        ("Stop", tasks, here(), Some(Why::TasksRun)),
        ("Stop", subagent, here(), Some(Why::TasksRun)),
        ("Stop", r#"{"background_tasks":[]}"#, here(), None),
        ("PostToolUse", inside, here(), Some(Why::Subagent)),
        ("PostToolUse", r#"{"tool_name":"Bash"}"#, here(), None),
        ("SubagentStop", inside, here(), Some(Why::Subagent)),
        ("PermissionRequest", inside, here(), None),
        ("PreToolUse", inside, headless, Some(Why::Disabled)),
    ] {
        let why = match action(name, json, &rules, &circumstances) {
            Action::Nothing(why) => Some(why),
            Action::Sound { .. } => None,
        };
        assert_eq!(why, expected, "{name} {json}");
    }
    // By default everything sounds, unless the agent has no terminal, or subagents that it waits for.
    let builtin = Config::builtin();
    let waits = action("Stop", subagent, &builtin, &here());
    assert_eq!(waits, Action::Nothing(Why::SubagentsRun));
    let has_ended = subagent.replace("running", "completed");
    let sounds = action("Stop", &has_ended, &builtin, &here());
    assert!(matches!(sounds, Action::Sound { .. }));
    let without = config(r#"{"events": {"PostToolUse": {"enabled": true}}}"#);
    for (name, json) in [("Stop", tasks), ("PostToolUse", inside)] {
        assert!(
            matches!(action(name, json, &without, &at(12)), Action::Sound { .. }),
            "{name}"
        );
    }
    let loud = config(r#"{"rules": {"mute_headless": false}}"#);
    assert!(matches!(
        action("Stop", "{}", &loud, &headless),
        Action::Sound { .. }
    ));
}

#[test]
fn without_a_window_identical_payloads_still_share_a_gate() {
    let config = config(r#"{"audio_settings":{"throttle_seconds":{"Stop":0}}}"#);
    let twice = [
        gates("Stop", r#"{"n":1}"#, &config),
        gates("Stop", r#"{"n":1}"#, &config),
    ];
    assert_eq!(twice[0], twice[1]);
    assert_eq!(twice[0][1].window, SHORT_WINDOW);
    assert_ne!(twice[0][1], gates("Stop", r#"{"n":2}"#, &config)[1]);
}

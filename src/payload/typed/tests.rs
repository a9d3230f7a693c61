use std::fs;

use serde_json::json;

use super::*;
use crate::event::{EVENTS, Field};
use crate::payload::Payload;

fn event(payload: Value) -> HookEvent {
    HookEvent::parse(None, payload.to_string().as_bytes()).unwrap()
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/payloads");
    let sample = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    };
    let samples: Vec<_> = fs::read_dir(dir).unwrap().map(sample).collect();
    assert!(samples.len() > 40, "the sample payloads are gone");
    samples
}

#[test]
fn every_field_of_every_sample_has_a_place_of_its_own() {
    for (name, payload) in samples() {
        let event = HookEvent::parse(None, &payload).unwrap();
        if name == "FutureEvent" {
            assert_eq!(event.detail, Detail::Unknown);
            assert_eq!(
                event.other,
                *json!({"something_new": {"a": [1, 2, 3]}})
                    .as_object()
                    .unwrap()
            );
        } else {
            assert_ne!(event.detail, Detail::Unknown, "{name}");
            assert_eq!(event.other, Map::new(), "{name}");
        }
        for common in [&event.session_id, &event.transcript_path, &event.cwd] {
            assert!(common.is_some(), "{name}");
        }
    }
}

/// The two readers of payloads must not disagree.
#[test]
fn what_the_fast_reader_finds_is_the_same() {
    for (name, bytes) in samples() {
        let event = HookEvent::parse(None, &bytes).unwrap();
        let payload = Payload::parse(&bytes).unwrap();
        assert_eq!(Some(&event.name), payload.event.as_ref(), "{name}");
        assert_eq!(event.session_id, payload.session_id, "{name}");
        assert_eq!(event.cwd, payload.cwd, "{name}");
        assert_eq!(event.agent_id, payload.agent_id, "{name}");
        assert_eq!(event.agent_type, payload.agent_type, "{name}");
        let tool = event.tool_call().and_then(|call| call.tool_name.clone());
        assert_eq!(tool, payload.tool_name, "{name}");
    }
}

#[test]
fn every_event_is_known_here() {
    for known in &EVENTS {
        let event = HookEvent::new(Some(known.name), Map::new());
        assert_ne!(event.detail, Detail::Unknown, "{}", known.name);
    }
}

#[test]
fn known_words_are_those_of_the_events() {
    for (name, words) in [
        ("SessionStart", StartSource::KNOWN),
        ("Setup", SetupTrigger::KNOWN),
        ("SessionEnd", EndReason::KNOWN),
        ("Notification", NotificationType::KNOWN),
        ("StopFailure", FailureKind::KNOWN),
        ("PreCompact", CompactTrigger::KNOWN),
    ] {
        let event = EVENTS.iter().find(|event| event.name == name).unwrap();
        assert_eq!(event.about, words, "{name}");
        assert!(!matches!(event.told_by, None | Some(Field::ToolName)));
    }
    assert_eq!(
        StartSource::from("compact".to_owned()),
        StartSource::Compact
    );
    let new = StartSource::from("teleport".to_owned());
    assert_eq!(new, StartSource::Other("teleport".into()));
    assert_eq!(new.as_str(), "teleport");
}

#[test]
fn spelling_does_not_count_and_what_does_not_fit_is_kept() {
    let camel = event(json!({
        "hookEventName": "pre_tool_use", "sessionId": "s", "toolName": "Bash",
        "toolInput": {"command": "ls"}, "toolUseId": "u", "permissionMode": "plan",
    }));
    assert_eq!(camel.name, "PreToolUse");
    assert_eq!(camel.permission_mode.as_deref(), Some("plan"));
    let call = camel.tool_call().unwrap();
    assert_eq!(call.tool_input, Some(json!({"command": "ls"})));
    assert_eq!(camel.other, Map::new());

    let odd = event(json!({
        "hook_event_name": "Stop", "session_id": 7, "stop_hook_active": "yes", "cwd": null,
    }));
    assert_eq!(odd.detail, Detail::Stop(Stop::default()));
    assert_eq!(
        Value::Object(odd.other),
        json!({"session_id": 7, "stop_hook_active": "yes", "cwd": null})
    );
    for bad in ["[1]", "", "{\"cwd\":", "\u{feff}"] {
        assert!(HookEvent::parse(None, bad.as_bytes()).is_err(), "{bad:?}");
    }
    let more = HookEvent::parse(None, "\u{feff}{\"cwd\": \"/\"} more".as_bytes());
    assert_eq!(more.unwrap().cwd.as_deref(), Some("/"));
    let named = HookEvent::parse(Some("Setup"), b"{\"hook_event_name\": \"Stop\"}");
    assert_eq!(named.unwrap().name, "Setup");
}

/// Each of them would take a hundred times its place in memory: seven mebibytes became 633.
#[test]
fn a_payload_of_very_many_values_is_refused_before_they_are_made() {
    let payload = |count: usize| {
        let items = "{\"a\":0},".repeat(count);
        format!(r#"{{"hook_event_name": "PreToolUse", "tool_input": {{"x": [{items}0]}}}}"#)
    };
    assert!(HookEvent::parse(None, payload(20_000).as_bytes()).is_ok());
    let error = HookEvent::parse(None, payload(50_000).as_bytes()).unwrap_err();
    assert!(
        error.to_string().contains("more than 50000 values"),
        "{error}"
    );
    let text = format!(
        r#"{{"tool_input": {{"command": "{}"}}}}"#,
        "[,{".repeat(100_000)
    );
    assert!(
        HookEvent::parse(None, text.as_bytes()).is_ok(),
        "one long text"
    );
}

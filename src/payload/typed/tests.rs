use std::fs;

use serde_json::json;

use super::*;
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

/// Both readers must agree.
#[test]
fn what_the_fast_reader_finds_is_the_same() {
    for (name, bytes) in samples() {
        let event = HookEvent::parse(None, &bytes).unwrap();
        let payload = Payload::parse(&bytes).unwrap();
        assert_eq!(Some(&event.name), payload.event.as_ref(), "{name}");
        for (names, read) in [
            (["session_id", "sessionId"], payload.session_id),
            (["cwd", "cwd"], payload.cwd),
            (["agent_id", "agentId"], payload.agent_id),
            (["agent_type", "agentType"], payload.agent_type),
        ] {
            assert_eq!(event.text(&names), read.as_deref(), "{name}");
        }
        if let Some(call) = event.tool_call() {
            assert_eq!(call.tool_name, payload.tool_name, "{name}");
        }
    }
}

#[test]
fn spelling_does_not_count_and_what_does_not_fit_is_kept() {
    let camel = event(json!({
        "hookEventName": "pre_tool_use", "toolName": "Bash", "toolInput": {"command": "ls"},
    }));
    assert_eq!(camel.name, "PreToolUse");
    let call = camel.tool_call().unwrap();
    assert_eq!(call.tool_name.as_deref(), Some("Bash"));
    assert_eq!(call.tool_input, Some(json!({"command": "ls"})));

    let odd = json!({"tool_name": 7, "tool": "Bash", "tool_input": null, "args": []});
    let odd = HookEvent::new(Some("PreToolUse"), odd.as_object().unwrap().clone());
    let call = odd.tool_call().unwrap();
    assert_eq!(call.tool_name.as_deref(), Some("Bash"));
    assert_eq!(call.tool_input, Some(json!([])));
    assert_eq!(
        Value::Object(odd.other),
        json!({"tool_name": 7, "tool_input": null})
    );
    for bad in ["[1]", "", "{\"cwd\":", "\u{feff}"] {
        assert!(HookEvent::parse(None, bad.as_bytes()).is_err(), "{bad:?}");
    }
    let more = HookEvent::parse(None, "\u{feff}{\"cwd\": \"/\"} more".as_bytes());
    assert_eq!(more.unwrap().text(&["cwd"]), Some("/"));
    let named = HookEvent::parse(Some("Setup"), b"{\"hook_event_name\": \"Stop\"}");
    assert_eq!(named.unwrap().name, "Setup");
}

/// The parsed form is a hundred times larger: 7 MiB became 633 MiB.
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

//! The agent's own terminal, which its reply may ring.

use serde_json::{Value, json};

use crate::support::sandbox::{REPLY, Sandbox, run};

fn with(events: &Value) -> Sandbox {
    Sandbox::new().with_config(&json!({"events": events}))
}

/// The reply to a Stop of `agent`.
fn reply(sandbox: &Sandbox, agent: &str, more: &Value) -> String {
    let mut payload = json!({"hook_event_name": "Stop", "session_id": "s"});
    for (key, value) in more.as_object().unwrap() {
        payload[key] = value.clone();
    }
    let args = ["hook", "--agent", agent];
    let output = run(sandbox.herald(&args), payload.to_string().as_bytes());
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_agent_rings_its_terminal_if_the_event_is_admitted() {
    let bell = json!({"Stop": {"terminal": "bell"}});
    for agent in ["claude", "qwen"] {
        let sandbox = with(&bell);
        let expected = json!({"continue": true, "terminalSequence": "\u{7}"});
        let first: Value = serde_json::from_str(&reply(&sandbox, agent, &json!({}))).unwrap();
        assert_eq!(first, expected, "{agent}");
        assert_eq!(reply(&sandbox, agent, &json!({})), REPLY, "suppressed");
    }
    // Others would not know the member.
    for agent in herald_audio::internals::agents::ALL {
        let told = reply(&with(&bell), agent.name, &json!({}));
        assert_eq!(told.contains("terminalSequence"), agent.can_use_terminal());
    }
    for quiet in [
        json!({}),
        json!({"Stop": {"terminal": "bell", "enabled": false}}),
    ] {
        assert_eq!(reply(&with(&quiet), "claude", &json!({})), REPLY, "{quiet}");
    }
    // In place of a sound.
    let instead = with(&json!({"Stop": {"terminal": "bell", "volume": 0}}));
    assert!(reply(&instead, "claude", &json!({})).contains("terminalSequence"));
    let muted = with(&bell);
    assert!(run(muted.herald(&["mute"]), b"").status.success());
    assert_eq!(reply(&muted, "claude", &json!({})), REPLY);
}

#[test]
fn a_notification_says_what_the_agent_says_and_where() {
    let sandbox = with(&json!({"Stop": {"terminal": "notify"}}));
    let sandbox = sandbox.with("TERM_PROGRAM", "ghostty");
    let told = reply(&sandbox, "claude", &json!({"message": "done\u{7}"}));
    let told: Value = serde_json::from_str(&told).unwrap();
    let expected = "\u{1b}]777;notify;Herald;done  (project)\u{7}";
    assert_eq!(told["terminalSequence"], expected);
}

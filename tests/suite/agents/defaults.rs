//! What sounds without a config: what wants the user, once, and not again.

use std::fs;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run};

/// Whether the event in `payload` sounds; otherwise why not.
fn sounds(sandbox: &Sandbox, payload: &Value) -> Result<(), String> {
    let event = payload["hook_event_name"].as_str().unwrap();
    let output = run(
        sandbox.herald(&["--hook", event]),
        payload.to_string().as_bytes(),
    );
    let line = String::from_utf8(output.stderr).unwrap();
    match line.split_once(" notes=") {
        None => {
            assert!(line.contains(" played=True "), "{line}");
            Ok(())
        }
        Some((_, notes)) => Err(notes.trim_end().to_owned()),
    }
}

/// Of a session in the project of the sandbox.
fn of(sandbox: &Sandbox, session: &str, event: &str, more: &Value) -> Value {
    let mut payload = json!({
        "hook_event_name": event,
        "session_id": session,
        "cwd": sandbox.path("project"),
    });
    for (key, value) in more.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload
}

fn notification(sandbox: &Sandbox, session: &str, kind: &str) -> Value {
    let more = json!({"notification_type": kind, "message": kind});
    of(sandbox, session, "Notification", &more)
}

#[test]
fn notifications_sound_if_they_want_the_user() {
    let sandbox = Sandbox::new();
    for (kind, is_heard) in [
        ("permission_prompt", true),
        ("agent_needs_input", true),
        ("elicitation_dialog", true),
        ("something_new", true),
        ("idle_prompt", true),
        ("auth_success", false),
        ("agent_completed", false),
        ("elicitation_complete", false),
        ("elicitation_response", false),
    ] {
        let heard = sounds(&sandbox, &notification(&sandbox, "s", kind));
        assert_eq!(heard.is_ok(), is_heard, "{kind}: {heard:?}");
    }
    let events = json!({"Notification/auth_success": {"enabled": true}});
    let sandbox = Sandbox::new().with_config(&json!({"events": events}));
    let wanted = notification(&sandbox, "s", "auth_success");
    assert_eq!(sounds(&sandbox, &wanted), Ok(()));
}

/// What sounded with the original's config goes on sounding.
#[test]
fn a_config_of_the_original_knows_no_such_defaults() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("project/.claude/hooks/utils");
    fs::create_dir_all(&dir).unwrap();
    let config = json!({"sound_files": {"mappings": {"Notification": "builtin:attention"}}});
    fs::write(dir.join("audio_config.json"), config.to_string()).unwrap();
    for kind in ["auth_success", "idle_prompt", "permission_prompt"] {
        let heard = sounds(&sandbox, &notification(&sandbox, "s", kind));
        assert_eq!(heard, Ok(()), "{kind}");
    }
}

#[test]
fn each_session_gets_its_own_permission_prompt_and_one_sound_for_it() {
    let sandbox = Sandbox::new();
    let request = |session: &str, more: &Value| of(&sandbox, session, "PermissionRequest", more);
    assert_eq!(sounds(&sandbox, &request("a", &json!({}))), Ok(()));
    assert_eq!(sounds(&sandbox, &request("b", &json!({}))), Ok(()));
    let prompt = notification(&sandbox, "a", "permission_prompt");
    assert!(sounds(&sandbox, &prompt).is_err());
    for mode in ["bypassPermissions", "yolo"] {
        let bypassed = request("c", &json!({"permission_mode": mode}));
        let heard = sounds(&sandbox, &bypassed);
        assert_eq!(heard, Err("permissions are bypassed".to_owned()), "{mode}");
    }
}

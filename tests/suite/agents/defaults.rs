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
        ("idle_prompt", false),
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

/// An idle prompt says again what a Stop has said, so it is heard only for one that was not.
#[test]
fn an_idle_prompt_sounds_in_place_of_a_stop_that_was_missed() {
    let sandbox = Sandbox::new();
    let throttled = || Err("throttled".to_owned());
    let plain = |heard: Result<(), String>| {
        heard.map_err(|why| match why.starts_with("Throttled") {
            true => "throttled".to_owned(),
            false => why,
        })
    };
    let mut number = 0;
    let mut idle = |sandbox: &Sandbox, session: &str| {
        // Each is another moment.
        number += 1;
        let more = json!({"notification_type": "idle_prompt", "message": format!("{number}")});
        plain(sounds(
            sandbox,
            &of(sandbox, session, "Notification", &more),
        ))
    };
    let stop = |sandbox: &Sandbox, session| {
        plain(sounds(sandbox, &of(sandbox, session, "Stop", &json!({}))))
    };
    let repeated = || Err("no Stop was missed".to_owned());
    let reset = |sandbox: &Sandbox| {
        let done = run(sandbox.herald(&["throttle", "reset", "Stop"]), b"");
        assert!(done.status.success(), "{done:?}");
    };
    assert_eq!(stop(&sandbox, "a"), Ok(()));
    assert_eq!(stop(&sandbox, "a"), throttled());
    assert_eq!(idle(&sandbox, "a"), repeated());
    assert_eq!(stop(&sandbox, "b"), throttled());
    assert_eq!(idle(&sandbox, "a"), repeated());
    assert_eq!(idle(&sandbox, "b"), Ok(()));
    assert_eq!(idle(&sandbox, "b"), repeated());
    // At most once an hour.
    assert_eq!(stop(&sandbox, "b"), throttled());
    assert_eq!(idle(&sandbox, "b"), throttled());
    // One that is heard later is not missed.
    assert_eq!(stop(&sandbox, "c"), throttled());
    reset(&sandbox);
    assert_eq!(stop(&sandbox, "c"), Ok(()));
    assert_eq!(idle(&sandbox, "c"), repeated());
    // Nor is one that nobody was to hear.
    assert!(run(sandbox.herald(&["mute"]), b"").status.success());
    assert_eq!(stop(&sandbox, "d"), Err("muted".to_owned()));
    assert!(run(sandbox.herald(&["unmute"]), b"").status.success());
    assert_eq!(idle(&sandbox, "d"), repeated());
    let sandbox = sandbox.with_config(&json!({"events": {"Stop": {"enabled": false}}}));
    assert_eq!(stop(&sandbox, "e"), Err("disabled".to_owned()));
    assert_eq!(idle(&sandbox, "e"), repeated());
}

#[test]
fn an_idle_prompt_sounds_in_place_of_a_stop_that_failed() {
    let sandbox = Sandbox::new()
        .with("HERALD_OUTPUT", "command")
        .with("AUDIO_PLAYER_CMD", "false");
    assert_eq!(
        sounds(&sandbox, &of(&sandbox, "s", "Stop", &json!({}))),
        Ok(())
    );
    assert_eq!(sandbox.wait_for_record(1)[0]["status"], "failed");
    assert_eq!(
        sounds(&sandbox, &notification(&sandbox, "s", "idle_prompt")),
        Ok(())
    );
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
    let events = json!({"PreToolUse": {"enabled": false}});
    let sandbox = sandbox.with_config(&json!({"events": events}));
    let question = of(
        &sandbox,
        "s",
        "PreToolUse",
        &json!({"tool_name": "AskUserQuestion"}),
    );
    assert_eq!(sounds(&sandbox, &question), Err("disabled".to_owned()));
}

/// A question and a plan want the user as a permission request does: with one that follows, and its
/// notification, they make one sound.
#[test]
fn a_question_sounds_once_however_often_it_is_told() {
    for tool in ["AskUserQuestion", "ExitPlanMode", "ask_user_question"] {
        let sandbox = Sandbox::new();
        let call = |event| of(&sandbox, "s", event, &json!({"tool_name": tool}));
        assert_eq!(sounds(&sandbox, &call("PreToolUse")), Ok(()), "{tool}");
        let again = [
            call("PermissionRequest"),
            call("PreToolUse"),
            notification(&sandbox, "s", "permission_prompt"),
        ];
        for payload in again {
            let why = sounds(&sandbox, &payload).unwrap_err();
            assert!(why.starts_with("Throttled"), "{payload}: {why}");
        }
        // It is asked though nobody is asked for permission.
        let mode = json!({"tool_name": tool, "permission_mode": "bypassPermissions"});
        let bypassed = of(&sandbox, "other", "PreToolUse", &mode);
        assert_eq!(sounds(&sandbox, &bypassed), Ok(()), "{tool}");
    }
    let sandbox = Sandbox::new();
    let other = of(&sandbox, "s", "PreToolUse", &json!({"tool_name": "Bash"}));
    assert_eq!(sounds(&sandbox, &other), Err("disabled".to_owned()));
}

#[test]
fn a_config_decides_about_questions() {
    let question = json!({"tool_name": "AskUserQuestion"});
    for (events, expected) in [
        (
            json!({"PermissionRequest": {"enabled": false}}),
            Err("disabled"),
        ),
        (
            json!({"PermissionRequest/AskUserQuestion": {"enabled": false}}),
            Err("disabled"),
        ),
        (
            json!({"PreToolUse/AskUserQuestion": {"enabled": false}}),
            Err("disabled"),
        ),
        (json!({"PreToolUse": {"enabled": false}}), Ok(())),
        (json!({"PreToolUse": {"enabled": true}}), Ok(())),
    ] {
        let sandbox = Sandbox::new().with_config(&json!({"events": events}));
        let heard = sounds(&sandbox, &of(&sandbox, "s", "PreToolUse", &question));
        assert_eq!(heard, expected.map_err(str::to_owned), "{events}");
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

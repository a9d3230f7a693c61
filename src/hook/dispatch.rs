//! The decision: event, payload and config in, action out. No I/O.

use std::path::Path;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::event::official;
use super::payload::Payload;
use crate::config::Config;

/// Below this window, a hook that is registered twice would sound twice.
const SHORT_WINDOW: Duration = Duration::from_secs(1);

/// What a key says where the payload has nothing to tell two firings of an event apart.
pub const NO_DETAIL: &str = "default";

/// The name of the throttle key of event `name` in the project at `root`.
pub fn key_name(root: Option<&Path>, name: &str, detail: &str) -> String {
    let scope = root.unwrap_or(Path::new("")).display();
    format!("{scope}\u{0}{name}\u{0}{detail}")
}

/// What to do about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the sound of this name, if every gate lets it through.
    Sound {
        /// The event, or the name it was given if Herald does not know it.
        name: String,
        /// What to ask the throttle, in this order; the first refusal decides.
        gates: Vec<Gate>,
    },
    /// Nothing: the event has no sound, or it is switched off.
    Nothing,
}

/// One question to the throttle: not more than once in `window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The throttle key's name.
    pub key: String,
    /// The window.
    pub window: Duration,
}

/// Decides what to do about event `name` with `payload`.
///
/// Throttle keys are scoped to the project at `root`. They are the event's name and, for a
/// notification, the hash of its message, else the payload's marker, else `default`. Two more
/// rules keep one moment from sounding twice:
///
/// - A permission request and the notification about it share a gate.
/// - Where the window is under a second, byte-identical payloads within a second sound once:
///   agents run a hook that is registered twice twice.
pub fn dispatch(name: &str, payload: &Payload, config: &Config, root: Option<&Path>) -> Action {
    if !config.is_enabled(name) {
        return Action::Nothing;
    }
    let name = official(name);
    let window = config.window(name).unwrap_or_default();
    let gate = |name: &str, detail: &str, window| Gate {
        key: key_name(root, name, detail),
        window,
    };
    let detail = match &payload.message {
        Some(message) if name == "Notification" => format!("{:016x}", xxh3_64(message.as_bytes())),
        _ => payload.marker.as_deref().unwrap_or(NO_DETAIL).to_owned(),
    };
    let mut gates = vec![gate(name, &detail, window)];
    if name == "Notification" && payload.notification_type.as_deref() == Some("permission_prompt") {
        let request = "PermissionRequest";
        gates.push(gate(
            request,
            NO_DETAIL,
            config.window(request).unwrap_or_default(),
        ));
    }
    if window < SHORT_WINDOW
        && let Some(digest) = payload.digest
    {
        gates.push(gate(
            "payload",
            &format!("{name}{digest:016x}"),
            SHORT_WINDOW,
        ));
    }
    Action::Sound {
        name: name.to_owned(),
        gates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

    fn gates(name: &str, json: &str, config: &Config) -> Vec<Gate> {
        let payload = Payload::parse(json.as_bytes()).unwrap();
        match dispatch(name, &payload, config, Some(Path::new("/p"))) {
            Action::Sound { gates, .. } => gates,
            Action::Nothing => panic!("{name} is off"),
        }
    }

    #[test]
    fn what_is_off_or_unknown_does_nothing() {
        let config = Config::builtin();
        for name in ["PreToolUse", "FutureEvent", ""] {
            let action = dispatch(name, &Payload::default(), &config, None);
            assert_eq!(action, Action::Nothing, "{name}");
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
        assert!(notification.contains(&request[0]));
        let idle = gates(
            "Notification",
            r#"{"notification_type":"idle_prompt","message":"x"}"#,
            &config,
        );
        assert!(!idle.contains(&request[0]));
    }

    #[test]
    fn without_a_window_identical_payloads_still_share_a_gate() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.json");
        std::fs::write(
            &file,
            r#"{"audio_settings":{"throttle_seconds":{"Stop":0}}}"#,
        )
        .unwrap();
        let config = crate::config::load(&Env::of([("HERALD_CONFIG", &file)]), None);
        let twice = [
            gates("Stop", r#"{"n":1}"#, &config),
            gates("Stop", r#"{"n":1}"#, &config),
        ];
        assert_eq!(twice[0], twice[1]);
        assert_eq!(twice[0][1].window, SHORT_WINDOW);
        assert_ne!(twice[0][1], gates("Stop", r#"{"n":2}"#, &config)[1]);
    }
}

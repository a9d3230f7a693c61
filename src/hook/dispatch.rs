//! The decision: event, payload, config and circumstances in, action out. No I/O.

use std::path::Path;
use std::time::Duration;

use jiff::civil::DateTime;
use xxhash_rust::xxh3::xxh3_64;

use super::event::{Event, official};
use super::payload::Payload;
use crate::config::{Config, Scope};
use crate::sound::Chime;

/// Below this window, a hook that is registered twice would sound twice.
const SHORT_WINDOW: Duration = Duration::from_secs(1);
/// The event that permission prompts are told by, beside their notification.
const REQUEST: &str = "PermissionRequest";

/// What a key says where the payload has nothing to tell two firings of an event apart.
pub const NO_DETAIL: &str = "default";

/// The name of the throttle key of event `name` in the project at `root`.
pub fn key_name(root: Option<&Path>, name: &str, detail: &str) -> String {
    let project = root.unwrap_or(Path::new("")).display();
    scoped(&project.to_string(), name, detail)
}

fn scoped(scope: &str, name: &str, detail: &str) -> String {
    format!("{scope}\u{0}{name}\u{0}{detail}")
}

/// What to do about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the sound of this name, if every gate lets it through.
    Sound {
        /// The finest key that is configured for the event, else the event; the name it was given
        /// if Herald does not know it.
        name: String,
        /// What to ask the throttle, in this order; the first refusal decides.
        gates: Vec<Gate>,
    },
    /// Nothing.
    Nothing(Why),
}

/// Why an event is not to be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It has no sound, or is switched off.
    Disabled,
    /// The agent runs without a terminal.
    Headless,
    /// It is one of the quiet hours.
    QuietHours,
    /// It happened inside a subagent.
    Subagent,
    /// Tasks of the agent go on in the background.
    TasksRun,
    /// Its category of sounds is not to be heard.
    MutedCategory,
}

impl Why {
    /// In the words of reports and the log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Headless => "headless",
            Self::QuietHours => "quiet hours",
            Self::Subagent => "subagent",
            Self::TasksRun => "tasks run in the background",
            Self::MutedCategory => "its category is muted",
        }
    }
}

/// One question to the throttle: not more than once in `window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The throttle key's name.
    pub key: String,
    /// The window.
    pub window: Duration,
}

/// What is neither in the payload nor in the config.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// The project's directory.
    pub root: Option<&'a Path>,
    /// Whether the agent runs without a terminal.
    pub headless: bool,
    /// The local time, if the config has quiet hours.
    pub now: Option<DateTime>,
}

/// Decides what to do about event `name` with `payload`.
///
/// Throttle keys are the finest key that is configured for the event and, for a notification, the
/// hash of its message, else the payload's marker, else `default`; prefixed by the scope, which is
/// the project unless configured. Two more rules keep one moment from sounding twice:
///
/// - A permission request and the notification about it share a gate.
/// - Where the window is under a second, byte-identical payloads within a second sound once:
///   agents run a hook that is registered twice twice.
pub fn dispatch(
    name: &str,
    payload: &Payload,
    config: &Config,
    circumstances: &Circumstances<'_>,
) -> Action {
    let event = Event::find(name);
    let name = match event.and_then(|event| payload.about(event)) {
        Some(about) => config.finest_key(&format!("{}/{about}", official(name))),
        None => official(name).to_owned(),
    };
    if let Some(why) = why_not(&name, event, payload, config, circumstances) {
        return Action::Nothing(why);
    }
    let is_notification = event.is_some_and(|event| event.name == "Notification");
    let detail = match &payload.message {
        Some(message) if is_notification => format!("{:016x}", xxh3_64(message.as_bytes())),
        _ => payload.marker.as_deref().unwrap_or(NO_DETAIL).to_owned(),
    };
    let gate = |name: &str, detail: &str, window| Gate {
        key: key_of(name, detail, payload, config, circumstances.root),
        window,
    };
    let window = config.window(&name).unwrap_or_default();
    let mut gates = vec![gate(&name, &detail, window)];
    if is_notification && payload.notification_type.as_deref() == Some("permission_prompt") {
        gates.push(gate(
            REQUEST,
            NO_DETAIL,
            config.window(REQUEST).unwrap_or_default(),
        ));
    } else if event.is_some_and(|event| event.name == REQUEST) && name != REQUEST {
        // One for a tool with a key of its own shares the gate of all.
        gates.push(gate(
            REQUEST,
            NO_DETAIL,
            config.window(REQUEST).unwrap_or_default(),
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
    Action::Sound { name, gates }
}

/// The name of the throttle key of `name`, in the scope that is configured for it.
fn key_of(
    name: &str,
    detail: &str,
    payload: &Payload,
    config: &Config,
    root: Option<&Path>,
) -> String {
    match config.scope(name) {
        Scope::Global => scoped("", name, detail),
        Scope::Project => key_name(root, name, detail),
        Scope::Session => {
            let session = payload.session_id.as_deref().unwrap_or_default();
            scoped(&format!("session {session}"), name, detail)
        }
    }
}

/// Why event `name` is not to be heard, if it is not.
fn why_not(
    name: &str,
    event: Option<&Event>,
    payload: &Payload,
    config: &Config,
    circumstances: &Circumstances<'_>,
) -> Option<Why> {
    let is = |name| event.is_some_and(|event| event.name == name);
    let is_of_subagent = || {
        let needs_you = event.is_some_and(|event| event.chime == Chime::Attention);
        (payload.agent_id.is_some() && !needs_you) || is("SubagentStart") || is("SubagentStop")
    };
    let is_quiet = |now| config.quiet_hours().iter().any(|hours| hours.cover(now));
    let rules: [(Why, &dyn Fn() -> bool); 6] = [
        (Why::Disabled, &|| !config.is_enabled(name)),
        (Why::Headless, &|| {
            circumstances.headless && config.mutes_headless()
        }),
        (Why::QuietHours, &|| circumstances.now.is_some_and(is_quiet)),
        (Why::Subagent, &|| {
            config.skips_subagents() && is_of_subagent()
        }),
        (Why::TasksRun, &|| {
            config.skips_stop_while_tasks_run() && is("Stop") && payload.has_running_tasks()
        }),
        (Why::MutedCategory, &|| config.is_category_muted(name)),
    ];
    rules
        .into_iter()
        .find(|(_, applies)| applies())
        .map(|(why, _)| why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

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
        assert!(notification.contains(&request[0]));
        let idle = gates(
            "Notification",
            r#"{"notification_type":"idle_prompt","message":"x"}"#,
            &config,
        );
        assert!(!idle.contains(&request[0]));
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
        assert!(notification.contains(&request[1]));
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
        let inside = r#"{"agent_id":"a1","tool_name":"Bash"}"#;
        for (name, json, circumstances, expected) in [
            ("Stop", "{}", here(), None),
            ("Stop", "{}", headless, Some(Why::Headless)),
            ("Stop", "{}", at(12), Some(Why::QuietHours)),
            ("Stop", "{}", at(13), None),
            ("Stop", tasks, here(), Some(Why::TasksRun)),
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
        // Without such rules all of it is heard, but for agents without a terminal.
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
}

//! The decision: event, payload, config and circumstances in, action out. No I/O.

use std::path::Path;
use std::time::Duration;

use jiff::civil::DateTime;
use xxhash_rust::xxh3::xxh3_64;

use crate::config::{Config, Scope};
use crate::event::{Event, official};
use crate::payload::Payload;
use crate::sound::Chime;

/// Below this window, a hook that is registered twice would sound twice.
const SHORT_WINDOW: Duration = Duration::from_secs(1);
/// The event that permission prompts are told by, beside their notification.
const REQUEST: &str = "PermissionRequest";

/// What a key says where the payload has nothing to tell two firings of an event apart.
pub(crate) const NO_DETAIL: &str = "default";

/// The name of the throttle key of event `name` in the project at `root`.
pub(crate) fn key_name(root: Option<&Path>, name: &str, detail: &str) -> String {
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
        /// The event with what it is about, whether or not that is configured.
        subject: String,
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
            Self::TasksRun => "background tasks are running",
            Self::MutedCategory => "category is muted",
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
    let subject = match event.and_then(|event| payload.about(event)) {
        Some(about) => format!("{}/{about}", official(name)),
        None => official(name).to_owned(),
    };
    let name = config.finest_key(&subject);
    if let Some(why) = why_not(&subject, event, payload, config, circumstances) {
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
    // A request for a tool with a key of its own shares the gate of all requests, as the
    // notification about it does.
    let is_request = event.is_some_and(|event| event.name == REQUEST) && name != REQUEST;
    let tells_of_request =
        is_notification && payload.notification_type.as_deref() == Some("permission_prompt");
    if is_request || tells_of_request {
        let window = config.window(REQUEST).unwrap_or_default();
        gates.push(gate(REQUEST, NO_DETAIL, window));
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
        name,
        subject,
        gates,
    }
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
        Scope::Session => match &payload.session_id {
            Some(session) => scoped(&format!("session {session}"), name, detail),
            None => key_name(root, name, detail),
        },
    }
}

/// Why `name`, an event with what it is about, is not to be heard, if it is not.
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
            circumstances.headless && config.mute_headless
        }),
        (Why::QuietHours, &|| circumstances.now.is_some_and(is_quiet)),
        (Why::Subagent, &|| config.skip_subagents && is_of_subagent()),
        (Why::TasksRun, &|| {
            config.skip_stop_while_tasks_run && is("Stop") && payload.has_running_tasks()
        }),
        (Why::MutedCategory, &|| config.is_category_muted(name)),
    ];
    rules
        .into_iter()
        .find(|(_, applies)| applies())
        .map(|(why, _)| why)
}

#[cfg(test)]
mod tests;

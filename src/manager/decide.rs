//! Decides what to do about an event, from the payload, the config and the circumstances. No I/O.

use std::path::Path;
use std::time::Duration;

use jiff::civil::DateTime;
use xxhash_rust::xxh3::xxh3_64;

use crate::agents::Agent;
use crate::config::{Config, Scope};
use crate::event::{CALL, Event, REQUEST, is_question, official};
use crate::payload::Payload;
use crate::sound::Chime;

/// Below this window, a hook registered twice would sound twice.
const SHORT_WINDOW: Duration = Duration::from_secs(1);
/// How often an idle prompt may sound in place of a Stop.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The modes in which agents ask nobody for permission.
const BYPASSES: [&str; 2] = ["bypassPermissions", "yolo"];
/// How long after a request its notification may come and still be the same moment.
const LATE: Duration = Duration::from_secs(15);

/// The detail in a key if the payload has none.
pub(crate) const NO_DETAIL: &str = "default";

/// The name of the throttle key for event `name` in the project at `root`.
pub(crate) fn key_name(root: Option<&Path>, name: &str, detail: &str) -> String {
    let project = root.unwrap_or(Path::new("")).display();
    scoped(&project.to_string(), name, detail)
}

/// The name of the throttle key of event `name` in an agent's session.
fn session_key(session: &str, name: &str, detail: &str) -> String {
    scoped(&format!("session {session}"), name, detail)
}

fn scoped(scope: &str, name: &str, detail: &str) -> String {
    format!("{scope}\u{0}{name}\u{0}{detail}")
}

/// What to do about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Play this sound, if every gate admits it.
    Sound {
        /// The finest configured key for the event, else the event; the given name if Herald does not know
        /// the event.
        name: String,
        /// The event with its detail, whether or not that is configured.
        subject: String,
        /// The questions to the throttle, in order; the first refusal decides.
        gates: Vec<Gate>,
    },
    /// Play nothing.
    Nothing(Why),
}

/// Why an event does not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It has no sound or is disabled.
    Disabled,
    /// It happened in an excluded directory.
    Excluded,
    /// The agent runs without a terminal.
    Headless,
    /// Quiet hours.
    QuietHours,
    /// The agent asks nobody for permission.
    Bypassed,
    /// It happened in a subagent.
    Subagent,
    /// The agent has background tasks.
    TasksRun,
    /// The agent has running subagents.
    SubagentsRun,
    /// The turn was shorter than the event requires.
    ShortTurn,
    /// No Stop was missed, which it would stand for.
    Repetition,
    /// Its category is muted.
    MutedCategory,
}

impl Why {
    /// The reason in reports and the log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Excluded => "excluded directory",
            Self::Headless => "headless",
            Self::QuietHours => "quiet hours",
            Self::Bypassed => "permissions are bypassed",
            Self::Subagent => "subagent",
            Self::TasksRun => "background tasks are running",
            Self::SubagentsRun => "subagents are running",
            Self::ShortTurn => "short turn",
            Self::Repetition => "no Stop was missed",
            Self::MutedCategory => "category is muted",
        }
    }

    /// The last part of the rule's key, if it is recorded when the rule keeps an event quiet.
    pub const fn recorded(self) -> Option<&'static str> {
        match self {
            Self::Excluded => Some("exclude"),
            Self::ShortTurn => Some("min_turn"),
            Self::SubagentsRun => Some("skip_stop_while_subagents_run"),
            _ => None,
        }
    }
}

/// A question to the throttle: admit at most once per `window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The name of the throttle key.
    pub key: String,
    /// The window.
    pub window: Duration,
}

impl Gate {
    /// A hash of what tells events of one name and scope apart.
    pub(super) fn detail(&self) -> u64 {
        let detail = self.key.rsplit('\u{0}').next();
        xxh3_64(detail.unwrap_or_default().as_bytes())
    }
}

/// Inputs other than the payload and the config.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// The project's directory.
    pub root: Option<&'a Path>,
    /// Whether the agent runs without a terminal.
    pub headless: bool,
    /// The local time, if the config has quiet hours.
    pub now: Option<DateTime>,
    /// How long the session's turn has lasted, if that is known and matters.
    pub turn: Option<Duration>,
    /// Whether it is an idle prompt and no Stop of its session was missed.
    pub is_repetition: bool,
}

/// Decides what to do about event `name` with `payload`.
///
/// A throttle key consists of the scope (the project by default), the finest configured key for the event,
/// and a detail: the hash of a notification's message, else the payload's marker, else `default`. Three rules
/// prevent duplicates:
///
/// - A call of a tool that asks the user something is a permission request, which may follow.
/// - A permission request and its notification share a gate, though the notification may come later than the
///   window of requests is long.
/// - If the window is under a second, byte-identical payloads within a second sound once: agents run a hook
///   twice if it is registered twice.
pub fn dispatch(
    name: &str,
    payload: &Payload,
    config: &Config,
    circumstances: &Circumstances<'_>,
) -> Action {
    let event = match Event::find(name) {
        Some(event) if event.name == CALL && is_request(payload, config) => Event::find(REQUEST),
        event => event,
    };
    let name = event.map_or(name, |event| event.name);
    let subject = match event.and_then(|event| payload.about(event)) {
        Some(about) => format!("{name}/{about}"),
        None => name.to_owned(),
    };
    let agent = payload.agent.unwrap_or_else(Agent::claude);
    let subject = config.refined(subject, || payload.command(), agent);
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
    // A request for a tool with its own key shares the gate of all requests, as its notification does.
    let is_request = event.is_some_and(|event| event.name == REQUEST) && name != REQUEST;
    let tells_of_request =
        is_notification && payload.notification_type.as_deref() == Some("permission_prompt");
    if is_request || tells_of_request {
        let mut window = config.window(REQUEST).unwrap_or_default();
        if tells_of_request && !config.has_original() {
            window = window.max(LATE);
        }
        gates.push(gate(REQUEST, NO_DETAIL, window));
    }
    if is_notification && is_idle_prompt("Notification", payload, config) {
        let session = payload.session_id.as_deref().unwrap_or_default();
        gates.push(Gate {
            key: session_key(session, "idle prompt", NO_DETAIL),
            window: HOUR,
        });
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

/// Whether it is an idle prompt that sounds only in place of a Stop. A config that switches it on or off, and one
/// of the original Herald, means each.
pub(super) fn is_idle_prompt(name: &str, payload: &Payload, config: &Config) -> bool {
    official(name) == "Notification"
        && payload.notification_type.as_deref() == Some("idle_prompt")
        && config.is_idle_a_substitute()
}

/// The name of the throttle key of Stop.
pub(super) fn stop_key(payload: &Payload, config: &Config, root: Option<&Path>) -> String {
    key_of("Stop", NO_DETAIL, payload, config, root)
}

/// Whether the call in `payload` asks the user something and counts as a permission request.
fn is_request(payload: &Payload, config: &Config) -> bool {
    let tool = payload.tool_name.as_deref();
    tool.is_some_and(|tool| is_question(tool) && config.is_request(tool))
}

/// The name of the throttle key for `name` in its configured scope.
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
            Some(session) => session_key(session, name, detail),
            None => key_name(root, name, detail),
        },
    }
}

/// Why `name`, an event with its detail, does not sound, if so.
fn why_not(
    name: &str,
    event: Option<&Event>,
    payload: &Payload,
    config: &Config,
    circumstances: &Circumstances<'_>,
) -> Option<Why> {
    let agent = payload.agent.unwrap_or_else(Agent::claude);
    let is = |name| event.is_some_and(|event| event.name == name);
    let is_of_subagent = || {
        let needs_you = event.is_some_and(|event| event.chime == Chime::Attention);
        (payload.agent_id.is_some() && !needs_you) || is("SubagentStart") || is("SubagentStop")
    };
    let is_quiet = |now| config.quiet_hours().iter().any(|hours| hours.cover(now));
    let is_short = || {
        let least = config.min_turn(name);
        let both = circumstances.turn.zip(least);
        both.is_some_and(|(turn, least)| turn < least)
    };
    let is_excluded = || {
        let cwd = payload.cwd.as_deref().map(Path::new);
        let mut dirs = circumstances.root.into_iter().chain(cwd);
        dirs.any(|dir| config.excludes(dir))
    };
    let bypasses = || {
        let mode = payload.permission_mode.as_deref();
        let is_asked = payload.tool_name.as_deref().is_some_and(is_question);
        let is_bypassed = mode.is_some_and(|mode| BYPASSES.contains(&mode));
        is(REQUEST) && !config.has_original() && is_bypassed && !is_asked
    };
    let rules: [(Why, &dyn Fn() -> bool); 11] = [
        (Why::Disabled, &|| !config.is_enabled(name)),
        (Why::Excluded, &is_excluded),
        (Why::Headless, &|| {
            circumstances.headless && config.mute_headless
        }),
        (Why::QuietHours, &|| circumstances.now.is_some_and(is_quiet)),
        (Why::Bypassed, &bypasses),
        (Why::Subagent, &|| config.skip_subagents && is_of_subagent()),
        (Why::TasksRun, &|| {
            config.skip_stop_while_tasks_run && is("Stop") && payload.has_running_tasks()
        }),
        (Why::SubagentsRun, &|| {
            let is_skipped = config.skip_stop_while_subagents_run && is("Stop");
            is_skipped && payload.has_running_subagents()
        }),
        (Why::ShortTurn, &is_short),
        (Why::Repetition, &|| circumstances.is_repetition),
        (Why::MutedCategory, &|| {
            config.is_category_muted(name, agent)
        }),
    ];
    rules
        .into_iter()
        .find(|(_, applies)| applies())
        .map(|(why, _)| why)
}

#[cfg(test)]
mod tests;

//! The hook events of agents and their built-in settings.

use std::fmt;

use crate::nearest::nearest;
use crate::sound::Chime;
use crate::throttle::Key;

/// A hook event that Herald knows.
#[derive(Debug)]
pub struct Event {
    /// As Claude Code writes it.
    pub name: &'static str,
    /// The built-in sound.
    pub chime: Chime,
    /// Whether it has a sound by default.
    pub on: bool,
    /// The built-in throttle window, in seconds.
    pub window_s: u32,
    /// The throttle key of its name, hashed at compile time.
    pub key: Key,
    /// The payload field that holds the event's detail.
    pub told_by: Option<Field>,
    /// The known details. Tools, agents and commands may have any name and are not listed.
    pub about: &'static [&'static str],
    /// Details that are news for nobody: they make no sound by default.
    pub silent: &'static [&'static str],
}

/// A payload field that holds an event's detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `notification_type`
    NotificationType,
    /// `tool_name`
    ToolName,
    /// `agent_type`
    AgentType,
    /// `command_name`
    CommandName,
    /// `source`
    Source,
    /// `reason`
    Reason,
    /// `error`
    Error,
    /// `trigger`
    Trigger,
}

impl Event {
    /// The event called `name`, ignoring case, `_` and `-`; aliases of the original Herald are accepted.
    pub fn find(name: &str) -> Option<&'static Self> {
        let is_written_so = |event: &&Self| event.name == name;
        EVENTS
            .iter()
            .find(is_written_so)
            .or_else(|| Self::find_spelling(name))
    }

    /// Compares without copying the name, which halves the time of a throttle check by name.
    fn find_spelling(name: &str) -> Option<&'static Self> {
        let len = letters(name).count();
        let is_it = |official: &str| official.len() == len && is_spelling(name, official);
        let alias = ALIASES.iter().find(|(alias, _)| is_it(alias));
        match alias {
            Some((_, official)) => EVENTS.iter().find(|event| event.name == *official),
            None => EVENTS.iter().find(|event| is_it(event.name)),
        }
    }

    /// Whether it says that something has ended, well or badly.
    pub fn finishes(&self) -> bool {
        matches!(self.chime, Chime::Finished | Chime::Failed)
    }

    /// Its index in [`EVENTS`]: the state file counts events by it.
    pub fn number(&self) -> usize {
        EVENTS.iter().take_while(|event| *event != self).count()
    }
}

/// The likely meaning of an unknown event name.
#[derive(Clone, Copy, Debug)]
pub enum Meant {
    /// The event of this name.
    Event(&'static str),
    /// An event with this detail.
    About(&'static Event, &'static str),
}

impl Meant {
    /// The likely meaning of `name`, an event or a finer key. None if it is known or resembles nothing:
    /// agents add events, and details may have any name.
    pub fn by(name: &str) -> Option<Self> {
        let (event, about) = match name.split_once('/') {
            Some((event, about)) => (event, Some(about)),
            None => (name, None),
        };
        let Some(known) = Event::find(event) else {
            let names = EVENTS.iter().map(|event| event.name);
            return nearest(event, names).map(Self::Event);
        };
        let is_known = |about: &str| {
            let mut words = known.about.iter();
            words.any(|word| canonical(word) == canonical(about))
        };
        let about = about.filter(|about| !is_known(about))?;
        let meant = nearest(about, known.about.iter().copied())?;
        Some(Self::About(known, meant))
    }
}

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(name) => f.write_str(name),
            Self::About(event, about) => write!(f, "{}/{about}", event.name),
        }
    }
}

const ALIASES: [(&str, &str); 3] = [
    ("AgentStop", "SubagentStop"),
    // Codex passes this name to its `notify` program.
    ("AgentTurnComplete", "Stop"),
    ("UserNotification", "Notification"),
];

/// Whether two names are spellings of each other.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let is_same = |(one, other): (u8, u8)| one.eq_ignore_ascii_case(&other);
    letters(one).count() == letters(other).count() && letters(one).zip(letters(other)).all(is_same)
}

/// Whether `name` equals `official`, ignoring case, `_` and `-`. Both have the same number of letters.
fn is_spelling(name: &str, official: &str) -> bool {
    let mut pairs = letters(name).zip(official.bytes());
    pairs.all(|(a, b)| a.eq_ignore_ascii_case(&b))
}

/// The bytes of `name` without `_` and `-`.
fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'))
}

/// The throttle key for `name`: an event's in any spelling, else the hash of `name`.
pub fn key(name: &str) -> Key {
    Event::find(name).map_or_else(|| Key::new(name), |event| event.key)
}

/// The line of counters in the state file for the event called `name`, ignoring what follows, as in
/// `PreToolUse/Bash` and `Stop@codex`.
pub fn counter_line(name: &str) -> usize {
    Event::find(event_of(name)).map_or(0, |event| event.number() + 1)
}

/// The event of `name`, an event or a finer key.
pub(crate) fn event_of(name: &str) -> &str {
    name.split(['/', '@']).next().unwrap_or(name)
}

/// Whether `name`, an event or a finer key, asks for the user's attention.
#[cfg(feature = "playback")]
pub(crate) fn is_attention(name: &str) -> bool {
    Event::find(event_of(name)).is_some_and(|event| event.chime == Chime::Attention)
}

/// The events that no agent has: Herald raises them itself.
pub const OWN: [&str; 1] = ["AllIdle"];

/// The event before a tool is called.
pub const CALL: &str = "PreToolUse";
/// The event of a permission prompt.
pub const REQUEST: &str = "PermissionRequest";
/// The tools by which agents ask the user something, in Claude Code's spelling.
pub(crate) const QUESTIONS: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// Whether a call of `tool` asks the user something.
pub(crate) fn is_question(tool: &str) -> bool {
    QUESTIONS.iter().any(|question| is_same(question, tool))
}

/// The event's own name if `name` spells an event, else `name`.
pub fn official(name: &str) -> &str {
    Event::find(name).map_or(name, |event| event.name)
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// `name` in lower case without `_` and `-`: names of events and sounds are compared in this form.
pub fn canonical(name: &str) -> String {
    if name.is_ascii() {
        let mut name = name.to_ascii_lowercase();
        name.retain(|c| !matches!(c, '_' | '-'));
        return name;
    }
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

const fn on(name: &'static str, chime: Chime, window_s: u32) -> Event {
    Event {
        name,
        chime,
        on: true,
        window_s,
        key: Key::of_static(name),
        told_by: None,
        about: &[],
        silent: &[],
    }
}

/// An event that is off by default.
const fn off(name: &'static str, chime: Chime, window_s: u32) -> Event {
    let mut event = on(name, chime, window_s);
    event.on = false;
    event
}

impl Event {
    const fn silent(mut self, details: &'static [&'static str]) -> Self {
        self.silent = details;
        self
    }

    const fn told_by(mut self, field: Field) -> Self {
        self.told_by = Some(field);
        self
    }

    const fn about(mut self, field: Field, about: &'static [&'static str]) -> Self {
        self.about = about;
        self.told_by(field)
    }
}

const NOTIFICATIONS: &[&str] = &[
    "permission_prompt",
    "idle_prompt",
    "auth_success",
    "elicitation_dialog",
    "elicitation_complete",
    "elicitation_response",
    "agent_needs_input",
    "agent_completed",
];
const NO_NEWS: &[&str] = &[
    "auth_success",
    "elicitation_complete",
    "elicitation_response",
    "agent_completed",
];
const STARTS: &[&str] = &["startup", "resume", "clear", "compact"];
const ENDS: &[&str] = &[
    "clear",
    "resume",
    "logout",
    "prompt_input_exit",
    "bypass_permissions_disabled",
    "other",
];
const FAILURES: &[&str] = &[
    "rate_limit",
    "authentication_failed",
    "billing_error",
    "invalid_request",
    "server_error",
    "max_output_tokens",
    "unknown",
];
const COMPACTIONS: &[&str] = &["manual", "auto"];
const SETUPS: &[&str] = &["init", "maintenance"];

/// Every event that Herald knows. An unknown name is not an error: it is an event without a built-in sound.
///
/// An event's index is its number in the state file's counters, so append new events at the end.
pub static EVENTS: [Event; 31] = {
    use Chime::{Attention, Failed, Finished, Started};
    use Field::{AgentType, CommandName, NotificationType, Reason, Source, ToolName, Trigger};
    [
        on("Notification", Attention, 5)
            .about(NotificationType, NOTIFICATIONS)
            .silent(NO_NEWS),
        on("PermissionRequest", Attention, 5).told_by(ToolName),
        on("Stop", Finished, 5),
        on("StopFailure", Failed, 30).about(Field::Error, FAILURES),
        off("SubagentStop", Finished, 30).told_by(AgentType),
        off("PreToolUse", Started, 10).told_by(ToolName),
        off("PostToolUse", Finished, 10).told_by(ToolName),
        off("SessionStart", Started, 10).about(Source, STARTS),
        off("SessionEnd", Finished, 10).about(Reason, ENDS),
        off("UserPromptSubmit", Started, 10),
        off("UserPromptExpansion", Started, 10).told_by(CommandName),
        off("PostToolUseFailure", Failed, 10).told_by(ToolName),
        off("PostToolBatch", Finished, 10),
        off("PermissionDenied", Failed, 10).told_by(ToolName),
        off("SubagentStart", Started, 10).told_by(AgentType),
        off("TaskCreated", Started, 10),
        off("TaskCompleted", Finished, 10),
        off("TeammateIdle", Attention, 10),
        off("PreCompact", Started, 10).about(Trigger, COMPACTIONS),
        off("PostCompact", Finished, 10).about(Trigger, COMPACTIONS),
        off("Setup", Started, 10).about(Trigger, SETUPS),
        off("ConfigChange", Started, 10).told_by(Source),
        off("InstructionsLoaded", Started, 10),
        off("CwdChanged", Started, 10),
        off("FileChanged", Started, 10),
        off("Elicitation", Attention, 10),
        off("ElicitationResult", Finished, 10),
        off("MessageDisplay", Started, 10),
        off("WorktreeCreate", Started, 10),
        off("WorktreeRemove", Finished, 10),
        off("AllIdle", Finished, 5),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_file::layout::LINES;

    #[test]
    fn each_has_a_line_of_counters() {
        assert!(EVENTS.len() < LINES, "line 0 is for the others");
    }

    #[test]
    fn spelling_does_not_count() {
        for (spelling, name) in [
            ("Stop", "Stop"),
            ("pre_tool_use", "PreToolUse"),
            ("pre-tool-use", "PreToolUse"),
            ("SUBAGENTSTOP", "SubagentStop"),
            ("agent_stop", "SubagentStop"),
            ("UserNotification", "Notification"),
            ("agent-turn-complete", "Stop"),
            ("subagentStop", "SubagentStop"),
        ] {
            assert_eq!(
                Event::find(spelling).map(|event| event.name),
                Some(name),
                "{spelling}"
            );
        }
        assert_eq!(Event::find("FutureEvent"), None);
        assert_eq!(official("agent_stop"), "SubagentStop");
        assert_eq!(official("my_sound"), "my_sound");
    }

    #[test]
    fn keys_are_those_of_the_names_in_any_spelling() {
        for event in &EVENTS {
            assert_eq!(event.key, Key::new(event.name));
            assert_eq!(key(&event.name.to_uppercase()), event.key);
        }
        assert_eq!(key("agent_stop"), Key::new("SubagentStop"));
        assert_eq!(key("my_sound"), Key::new("my_sound"));
    }

    /// Existing state files count by these numbers.
    #[test]
    fn numbers_stay_what_they_are() {
        for (name, line) in [
            ("FutureEvent", 0),
            ("Notification", 1),
            ("Stop", 3),
            ("UserPromptSubmit", 10),
            ("PreCompact", 19),
            ("PreToolUse/Bash", 6),
            ("WorktreeRemove", 30),
            ("AllIdle", 31),
        ] {
            assert_eq!(counter_line(name), line, "{name}");
        }
    }

    #[test]
    fn names_are_unique() {
        for event in &EVENTS {
            assert!(
                std::ptr::eq(Event::find(event.name).unwrap(), event),
                "{}",
                event.name
            );
        }
    }

    #[test]
    fn only_what_a_person_wants_to_hear_is_on() {
        let on: Vec<_> = EVENTS
            .iter()
            .filter(|event| event.on)
            .map(|event| event.name)
            .collect();
        assert_eq!(
            on,
            ["Notification", "PermissionRequest", "Stop", "StopFailure"]
        );
    }
}

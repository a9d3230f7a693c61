//! What there is to say of an agent.

use crate::event;

/// An agent that runs hooks.
#[derive(Debug)]
pub struct Agent {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Where this description was checked.
    pub checked: Checked,
    /// Fields of its payloads that Claude Code has not.
    pub fields: &'static [Field],
    /// Its events; none if they are Claude Code's.
    pub events: &'static [Event],
    /// Values of fields that it writes in another way.
    pub values: &'static [Value],
    /// What it accepts on the hook's standard output.
    pub replies: Replies,
}

/// Where a description was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The agent ran Herald's hook.
    Run,
    /// Only its documentation was read.
    Read,
}

/// A field of a payload.
#[derive(Debug)]
pub struct Field {
    /// Its name there.
    pub name: &'static str,
    /// What it says.
    pub role: Role,
    /// Whether no other agent has it.
    pub is_its_own: bool,
}

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The event.
    Event,
    /// The session.
    Session,
    /// The project's directory: a text, or a list of which the first counts.
    Project,
    /// What a notification is about.
    NotificationType,
    /// How something ended.
    Status,
    /// What failed.
    Error,
    /// Nothing that Herald uses: it shows which agent it is.
    Mark,
}

/// An event of an agent.
#[derive(Debug)]
pub struct Event {
    /// Its name there.
    pub name: &'static str,
    /// Only if this field has this value.
    pub when: Option<(Role, &'static str)>,
    /// What it means; none if nobody needs to hear of it.
    pub meaning: Option<&'static str>,
    /// Whether no other agent calls an event so.
    pub is_its_own: bool,
}

/// A value that stands for another.
#[derive(Debug)]
pub struct Value {
    /// The field.
    pub role: Role,
    /// The value there.
    pub from: &'static str,
    /// As Claude Code writes it.
    pub to: &'static str,
}

/// What an agent accepts on the hook's standard output: JSON, with [`REASON`] where the reason stands.
#[derive(Debug)]
pub struct Replies {
    /// If there is nothing to say: a whole line, or nothing.
    pub silence: &'static str,
    /// A call may run.
    pub allow: Option<&'static str>,
    /// The user is asked about a call.
    pub ask: Option<&'static str>,
    /// A call must not run.
    pub deny: Option<&'static str>,
    /// A call that has run counts as failed.
    pub block: Option<&'static str>,
}

/// What stands for the reason in [`Replies`].
pub(crate) const REASON: &str = "$REASON";

/// The silence of agents that want a reply.
pub(super) const GO_ON: &str = "{\"continue\": true}\n";
/// The silence of agents that want an object and know none of Herald's members.
pub(super) const EMPTY: &str = "{}\n";

/// Claude Code's replies, which several agents have taken over.
pub(super) const CLAUDES: Replies = Replies {
    silence: GO_ON,
    allow: Some(
        r#"{"continue": true, "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}}"#,
    ),
    ask: Some(
        r#"{"continue": true, "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "ask", "permissionDecisionReason": "$REASON"}}"#,
    ),
    // With a "continue" beside it, some stop altogether, and some run the call.
    deny: Some(
        r#"{"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "$REASON"}}"#,
    ),
    block: Some(r#"{"continue": true, "decision": "block", "reason": "$REASON"}"#),
};

impl PartialEq for Agent {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Agent {}

impl Agent {
    /// What the event called `name` means, where the fields are as `value` says; [`None`] if nothing. An
    /// event that the description has not is itself.
    pub fn meaning<'a>(
        &self,
        name: &'a str,
        value: impl Fn(Role) -> Option<&'a str>,
    ) -> Option<&'a str> {
        let mut described = self
            .events
            .iter()
            .filter(|event| event::is_same(event.name, name));
        let fits = |event: &&Event| {
            let Some((role, wanted)) = event.when else {
                return true;
            };
            value(role).is_some_and(|value| value == wanted)
        };
        match described.find(fits) {
            Some(event) => event.meaning,
            None => Some(name),
        }
    }

    /// As Claude Code writes the value of a field.
    pub(crate) fn value(&self, role: Role, value: &str) -> Option<&'static str> {
        let mut values = self.values.iter();
        let found = values.find(|known| known.role == role && known.from == value);
        Some(found?.to)
    }
}

/// A field that no other agent has.
pub(super) const fn own(name: &'static str, role: Role) -> Field {
    Field {
        name,
        role,
        is_its_own: true,
    }
}

/// A field that other agents have, too.
pub(super) const fn common(name: &'static str, role: Role) -> Field {
    Field {
        name,
        role,
        is_its_own: false,
    }
}

/// An event that means another.
pub(super) const fn means(name: &'static str, meaning: &'static str) -> Event {
    Event {
        name,
        when: None,
        meaning: Some(meaning),
        is_its_own: false,
    }
}

/// An event that is called as Claude Code calls it.
pub(super) const fn same(name: &'static str) -> Event {
    means(name, name)
}

impl Event {
    /// Only if `role` has this value.
    pub(super) const fn when(mut self, role: Role, value: &'static str) -> Self {
        self.when = Some((role, value));
        self
    }

    /// It has a name that no other agent uses.
    pub(super) const fn its_own(mut self) -> Self {
        self.is_its_own = true;
        self
    }

    /// Nobody needs to hear of it.
    pub(super) const fn nothing(mut self) -> Self {
        self.meaning = None;
        self
    }
}

//! The description of an agent.

use crate::event;

/// An agent that runs hooks.
#[derive(Debug)]
pub struct Agent {
    /// Its name on the command line.
    pub name: &'static str,
    /// The name shown to people.
    pub title: &'static str,
    /// How this description was checked.
    pub checked: Checked,
    /// The payload fields that Claude Code does not have.
    pub fields: &'static [Field],
    /// Its events; none if they are Claude Code's.
    pub events: &'static [Event],
    /// Field values that differ from Claude Code's.
    pub values: &'static [Value],
    /// What it accepts on the hook's standard output.
    pub replies: Replies,
    /// How its hooks are registered.
    pub hooks: Hooks,
}

/// How an agent's hooks are registered.
#[derive(Debug)]
pub enum Hooks {
    /// In a file of settings.
    Settings(&'static Settings),
    /// In the settings of the agent of this name, whose hooks it runs.
    OfAgent(&'static str),
    /// By hand.
    ByHand {
        /// The user's file or directory.
        file: &'static str,
        /// What to add there.
        add: &'static str,
    },
}

/// The files in which an agent's hooks are registered.
#[derive(Debug)]
pub struct Settings {
    /// The environment variable that names the user's directory, or one above: then also the way from there.
    pub variable: Option<(&'static str, &'static str)>,
    /// The user's directory, from the home directory.
    pub dir: &'static str,
    /// The user's file, in that directory.
    pub user: &'static str,
    /// The project's file.
    pub project: Option<&'static str>,
    /// The user's own file for one project, which Herald only reads.
    pub local: Option<&'static str>,
    /// The program that is the agent.
    pub program: &'static str,
    /// Whether it ignores a file with comments or trailing commas.
    pub is_strict: bool,
    /// What switches all hooks off, in any of its files.
    pub switches: &'static [Switch],
    /// Another file of the user's with such switches, in that directory: JSON or TOML.
    pub switch_file: Option<&'static str>,
    /// An administrator's settings.
    pub managed: Option<&'static str>,
    /// What of its own makes sounds, in any of its files.
    pub notifiers: &'static [Notifier],
    /// Another file of the user's with such settings, from the home directory; from the user's directory if
    /// a variable names that.
    pub notifier_file: Option<&'static str>,
    /// What says, in any of its files, that Herald's plugin is enabled: the keys that lead to true.
    pub plugin: Option<&'static [&'static str]>,
    /// Whether the user has to approve each hook, and again after every change of it.
    pub is_trusted_one_by_one: bool,
    /// The format of these files.
    pub format: Format,
    /// The tools that ask the user something, if the agent has such, and hooks for single tools.
    pub questions: &'static [&'static str],
    /// Where it fires only some of its events, by public reports.
    pub surfaces: &'static [Surface],
    /// What the user has to do before the agent runs new hooks.
    pub next: &'static str,
}

/// A way to run an agent in which it does not fire all of its events.
#[derive(Debug)]
pub struct Surface {
    /// What people call it.
    pub title: &'static str,
    /// What shows that it is on this machine: a directory in the home directory, and the beginning of a name
    /// in that.
    pub signs: &'static [(&'static str, &'static str)],
    /// The events that do not fire there, in the agent's words.
    pub silent: &'static [&'static str],
}

/// A setting that keeps an agent from running hooks.
#[derive(Debug)]
pub struct Switch {
    /// The keys that lead to it.
    pub path: &'static [&'static str],
    /// The value that switches them off.
    pub value: bool,
    /// Whether it counts in an administrator's settings alone, whose own hooks go on running.
    pub is_managed: bool,
}

impl Switch {
    /// One that counts in every layer.
    pub(super) const fn off(path: &'static [&'static str], value: bool) -> Self {
        Self {
            path,
            value,
            is_managed: false,
        }
    }
}

/// A setting of an agent that makes it sound, or run a program that may.
#[derive(Debug)]
pub struct Notifier {
    /// The keys that lead to it.
    pub path: &'static [&'static str],
    /// The texts that switch it on; if there are none, every value but false does.
    pub values: &'static [&'static str],
    /// How to switch it off, before the name of the file.
    pub off: &'static str,
}

/// The format of the files in which an agent's hooks are registered.
#[derive(Debug)]
pub enum Format {
    /// JSON, in which hooks have this form.
    Json(Shape),
    /// TOML, with hooks in `[[hooks]]`.
    Toml,
    /// A script for each event, named after it, in the directory that the files' names say.
    Scripts,
    /// A plugin in JavaScript, a file of Herald's own. It exports `plugin` in this way.
    Plugin(&'static str),
}

/// The form of a hook in an agent's settings, which are JSON.
#[derive(Debug)]
pub struct Shape {
    /// Whether hooks stand in groups: `{"Stop": [{"hooks": [{"command": "…"}]}]}`. Otherwise
    /// `{"Stop": [{"command": "…"}]}`.
    pub has_groups: bool,
    /// Whether each hook says `"type": "command"`.
    pub has_type: bool,
    /// Whether a hook may name a program and its arguments, for which no shell runs: `"exec": "…",
    /// "args": ["…"]`.
    pub has_exec: bool,
    /// Whether a file must say `"version": 1`.
    pub has_version: bool,
    /// The name of the time limit, and its units in a second; if there is one.
    pub timeout: Option<(&'static str, u32)>,
}

/// Claude Code's form.
pub const GROUPS: Shape = Shape {
    has_groups: true,
    has_type: true,
    has_exec: false,
    has_version: false,
    timeout: Some(("timeout", 1)),
};

/// How a description was checked.
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
    /// The name of the field.
    pub name: &'static str,
    /// The meaning of the field.
    pub role: Role,
    /// Whether no other agent has it.
    pub is_its_own: bool,
}

/// The meaning of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The event.
    Event,
    /// The session.
    Session,
    /// The project's directory: a text, or a list whose first item is used.
    Project,
    /// The type of a notification.
    NotificationType,
    /// The result of something.
    Status,
    /// The failure.
    Error,
    /// Not used by Herald, but identifies the agent.
    Mark,
}

/// An event of an agent.
#[derive(Debug)]
pub struct Event {
    /// The name of the event.
    pub name: &'static str,
    /// Only if this field has this value.
    pub when: Option<(Role, &'static str)>,
    /// Claude Code's event; none if it has no meaning for users.
    pub meaning: Option<&'static str>,
    /// Whether no other agent has an event of this name.
    pub is_its_own: bool,
    /// Whether hooks are registered for it.
    pub is_registered: bool,
    /// The longest time limit that the agent accepts for it, in seconds.
    pub max_timeout_s: Option<u32>,
}

/// A value that is translated.
#[derive(Debug)]
pub struct Value {
    /// The field.
    pub role: Role,
    /// The agent's value.
    pub from: &'static str,
    /// Claude Code's value.
    pub to: &'static str,
}

/// The replies that an agent accepts on the hook's standard output: JSON, with [`REASON`] in place of the
/// reason.
#[derive(Debug)]
pub struct Replies {
    /// No decision: a complete line, or nothing.
    pub silence: &'static str,
    /// A call may run.
    pub allow: Option<&'static str>,
    /// The user is asked about a call.
    pub ask: Option<&'static str>,
    /// A call must not run.
    pub deny: Option<&'static str>,
    /// A call that has run counts as failed.
    pub block: Option<&'static str>,
    /// The member for what the agent writes to its terminal, if it has one.
    pub terminal: Option<&'static str>,
}

/// The placeholder for the reason in [`Replies`].
pub(crate) const REASON: &str = "$REASON";

/// The reply without a decision, for agents that expect a reply.
pub(super) const GO_ON: &str = "{\"continue\": true}\n";
/// The reply without a decision, for agents that expect an object without Herald's members.
pub(super) const EMPTY: &str = "{}\n";

/// Claude Code's replies, which several agents share.
pub(super) const CLAUDES: Replies = Replies {
    silence: GO_ON,
    allow: Some(
        r#"{"continue": true, "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}}"#,
    ),
    ask: Some(
        r#"{"continue": true, "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "ask", "permissionDecisionReason": "$REASON"}}"#,
    ),
    // With a "continue" next to it, some agents stop altogether, and some run the call.
    deny: Some(
        r#"{"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "$REASON"}}"#,
    ),
    block: Some(r#"{"continue": true, "decision": "block", "reason": "$REASON"}"#),
    terminal: None,
};

/// As Claude Code writes it, since 2.1.141.
pub(super) const TERMINAL: Option<&str> = Some("terminalSequence");

impl PartialEq for Agent {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Agent {}

impl Agent {
    /// The meaning of the event called `name`, given the fields by `value`; [`None`] if it has none. An event
    /// that is not in the description means itself.
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

    /// Its names of the event that Herald calls `event`, as far as hooks are registered for them.
    pub fn names_of(&self, event: &'static str) -> Vec<&'static str> {
        if self.events.is_empty() {
            return vec![event];
        }
        let mut names = Vec::new();
        for known in self.events {
            let is_it = known.is_registered && known.meaning == Some(event);
            if is_it && !names.contains(&known.name) {
                names.push(known.name);
            }
        }
        names
    }

    /// The longest time limit for a hook of its event `name`, in seconds, if that is limited.
    pub fn max_timeout_s(&self, name: &str) -> Option<u32> {
        let mut events = self.events.iter().filter(|event| event.name == name);
        events.find_map(|event| event.max_timeout_s)
    }

    /// Whether a reply can say what it writes to its terminal.
    pub const fn can_use_terminal(&self) -> bool {
        self.replies.terminal.is_some()
    }

    /// Where its hooks are registered, if Herald can do that.
    pub const fn settings(&self) -> Option<&'static Settings> {
        match &self.hooks {
            Hooks::Settings(settings) => Some(*settings),
            Hooks::OfAgent(_) | Hooks::ByHand { .. } => None,
        }
    }

    /// The format of its files with hooks; Claude Code's if Herald cannot register any.
    pub fn format(&self) -> &'static Format {
        let settings = self.settings();
        settings.map_or(&Format::Json(GROUPS), |settings| &settings.format)
    }

    /// The name of its program.
    pub(crate) fn program(&self) -> &'static str {
        self.settings()
            .map_or(self.name, |settings| settings.program)
    }

    /// Claude Code's value for the field value `value`.
    pub(crate) fn value(&self, role: Role, value: &str) -> Option<&'static str> {
        let mut values = self.values.iter();
        let found = values.find(|known| known.role == role && known.from == value);
        Some(found?.to)
    }
}

/// A field of this agent only.
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

/// An event with another name than Claude Code's.
pub(super) const fn means(name: &'static str, meaning: &'static str) -> Event {
    Event {
        name,
        when: None,
        meaning: Some(meaning),
        is_its_own: false,
        is_registered: true,
        max_timeout_s: None,
    }
}

/// An event with Claude Code's name.
pub(super) const fn same(name: &'static str) -> Event {
    means(name, name)
}

impl Event {
    /// Restricts it to this value of `role`.
    pub(super) const fn when(mut self, role: Role, value: &'static str) -> Self {
        self.when = Some((role, value));
        self
    }

    /// No other agent uses this name.
    pub(super) const fn its_own(mut self) -> Self {
        self.is_its_own = true;
        self
    }

    /// It has no meaning for users.
    pub(super) const fn nothing(mut self) -> Self {
        self.meaning = None;
        self
    }

    /// It is understood, and no hook is registered for it.
    pub(super) const fn only_read(mut self) -> Self {
        self.is_registered = false;
        self
    }

    /// Its hooks may take so many seconds at most.
    pub(super) const fn within(mut self, seconds: u32) -> Self {
        self.max_timeout_s = Some(seconds);
        self
    }
}

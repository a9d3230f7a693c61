//! One description of each agent that runs hooks, as data: the terms of its payloads, the meaning of its
//! events, and the replies it accepts.
//!
//! All other modules use Claude Code's terms; a description lists the differences. To add an agent, add a file
//! here, its line in [`agents!`], and a folder of fixtures (`tests/fixtures/agents/NAME`).
//! [`crate::docs::agents`] lists the sources.

pub use description::{
    Agent, Checked, Format, GROUPS, Hooks, Notifier, Settings, Shape, Surface, Switch,
};
pub(crate) use description::{REASON, Replies, Role};

use crate::event::canonical;
use description::CLAUDES;

mod description;

/// Declares the files of this module, one per agent.
macro_rules! agents {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        /// Every agent that Herald knows, Claude Code first.
        pub static ALL: &[&Agent] = &[$(&$file::AGENT),+];
    };
}

agents! {
    claude, codex, qwen, gemini, opencode, cursor, vscode, copilot, kilo, windsurf, kiro, kimi, cline,
}

/// An agent that was named but has no description. It is assumed to obey a deny, and to be unable to ask.
static UNKNOWN: Agent = Agent {
    name: "other",
    title: "another agent",
    checked: Checked::Read,
    fields: &[],
    events: &[],
    values: &[],
    replies: Replies {
        allow: None,
        ask: None,
        ..CLAUDES
    },
    hooks: Hooks::ByHand {
        file: "its settings",
        add: "\"herald hook\" with its name behind --agent",
    },
};

impl Agent {
    /// The agent called `name`; [`None`] if that is empty.
    pub fn named(name: &str) -> Option<&'static Self> {
        let is_named = !canonical(name).is_empty();
        is_named.then(|| Self::known(name).unwrap_or(&UNKNOWN))
    }

    /// The agent called `name` that has a description.
    pub(crate) fn known(name: &str) -> Option<&'static Self> {
        let name = canonical(name);
        let name = match &*name {
            "claudecode" => "claude",
            name => name,
        };
        ALL.iter().copied().find(|agent| agent.name == name)
    }

    /// Claude Code, the default agent.
    pub fn claude() -> &'static Self {
        &claude::AGENT
    }

    /// Whether it is Claude Code.
    pub fn is_claude(&self) -> bool {
        *self == claude::AGENT
    }

    /// The only agent with an event called `name`.
    pub(crate) fn with_event(name: &str) -> Option<&'static Self> {
        let has_it = |agent: &&&Self| {
            let mut own = agent.events.iter().filter(|event| event.is_its_own);
            own.any(|event| event.name == name)
        };
        ALL.iter().find(has_it).copied()
    }
}

/// The field called `name` of an agent other than Claude Code, and the agent if no other has it.
pub(crate) fn field(name: &str) -> Option<(Role, Option<&'static Agent>)> {
    ALL.iter().find_map(|agent| {
        let mut fields = agent.fields.iter();
        let field = fields.find(|field| field.name == name)?;
        Some((field.role, field.is_its_own.then_some(*agent)))
    })
}

#[cfg(test)]
mod tests;

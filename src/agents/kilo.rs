//! Kilo, which uses OpenCode's plugins.

use super::opencode::{EVENTS, REPLIES};
use super::description::{Agent, Checked, Hooks};

pub(super) static AGENT: Agent = Agent {
    name: "kilo",
    title: "Kilo",
    checked: Checked::Read,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: REPLIES,
    hooks: Hooks::Never("it runs plugins, not hooks, and Herald has no plugin for it yet"),
};

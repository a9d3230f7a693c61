//! OpenCode, which runs plugins instead of hooks: the payloads come from Herald's own plugin.

use super::description::{Agent, Checked, EMPTY, Event, Hooks, Replies, same};

pub(super) static AGENT: Agent = Agent {
    name: "opencode",
    title: "OpenCode",
    checked: Checked::Run,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: REPLIES,
    hooks: Hooks::Never("it runs plugins, not hooks, and Herald has no plugin for it yet"),
};

/// A plugin can deny a call, but not ask.
pub(super) const REPLIES: Replies = Replies {
    silence: EMPTY,
    allow: None,
    ask: None,
    deny: Some(r#"{"decision": "deny", "reason": "$REASON"}"#),
    block: None,
    terminal: None,
};

pub(super) const EVENTS: [Event; 7] = [
    same("Stop"),
    same("StopFailure"),
    same("PermissionRequest"),
    same("PreToolUse"),
    same("PostToolUse"),
    same("SessionStart"),
    same("SubagentStop"),
];

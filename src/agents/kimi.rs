//! Kimi CLI, which has Claude Code's events. Except for a deny, the hook's output goes to the model.

use super::description::{Agent, CLAUDES, Checked, Event, Hooks, Replies, Role, common, same};

pub(super) static AGENT: Agent = Agent {
    name: "kimi",
    title: "Kimi CLI",
    checked: Checked::Read,
    fields: &[common("error_type", Role::Error)],
    events: &EVENTS,
    values: &[],
    replies: Replies {
        silence: "",
        allow: None,
        ask: None,
        block: None,
        ..CLAUDES
    },
    hooks: Hooks::ByHand {
        file: "~/.kimi/config.toml",
        add: "[[hooks]] with event = \"Stop\" and command = \"herald hook --agent kimi\"",
    },
};

const EVENTS: [Event; 13] = [
    same("PreToolUse"),
    same("PostToolUse"),
    same("PostToolUseFailure"),
    same("UserPromptSubmit"),
    same("Stop"),
    same("StopFailure"),
    same("SessionStart"),
    same("SessionEnd"),
    same("SubagentStart"),
    same("SubagentStop"),
    same("PreCompact"),
    same("PostCompact"),
    same("Notification"),
];

//! Codex. A hook that replies with `continue: false`, an ask or a bare allow counts as failed, and the
//! call runs.

use super::description::{Agent, CLAUDES, Checked, Event, Replies, Role, means, own, same};

pub(super) static AGENT: Agent = Agent {
    name: "codex",
    title: "Codex",
    checked: Checked::Run,
    fields: &[
        own("turn_id", Role::Mark),
        // Of the program that its config names as `notify`.
        own("thread-id", Role::Session),
        own("turn-id", Role::Mark),
    ],
    events: &EVENTS,
    values: &[],
    replies: Replies {
        allow: None,
        ask: None,
        ..CLAUDES
    },
};

const EVENTS: [Event; 13] = [
    same("SessionStart"),
    same("PreToolUse"),
    same("PostToolUse"),
    same("PermissionRequest"),
    same("PreCompact"),
    same("PostCompact"),
    same("UserPromptSubmit"),
    same("SubagentStart"),
    same("SubagentStop"),
    same("Stop"),
    same("SessionEnd"),
    same("Interrupt"),
    means("agent-turn-complete", "Stop").its_own(),
];

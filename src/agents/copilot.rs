//! Copilot CLI. Herald registers its events by their names in `PascalCase`, which have Claude Code's
//! payloads. Payloads of events in `camelCase` do not name the event.

use super::description::{Agent, Checked, EMPTY, Event, Replies, Role, common, means, same};

pub(super) static AGENT: Agent = Agent {
    name: "copilot",
    title: "Copilot CLI",
    checked: Checked::Read,
    fields: &[common("error_context", Role::Status)],
    events: &EVENTS,
    values: &[],
    replies: Replies {
        silence: EMPTY,
        allow: Some(r#"{"permissionDecision": "allow"}"#),
        ask: Some(r#"{"permissionDecision": "ask", "permissionDecisionReason": "$REASON"}"#),
        deny: Some(r#"{"permissionDecision": "deny", "permissionDecisionReason": "$REASON"}"#),
        block: None,
    },
};

const EVENTS: [Event; 16] = [
    same("SessionStart"),
    same("SessionEnd"),
    same("UserPromptSubmit"),
    same("PreToolUse"),
    same("PostToolUse"),
    same("PostToolUseFailure"),
    same("Stop"),
    same("SubagentStart"),
    same("SubagentStop"),
    same("PreCompact"),
    same("Notification"),
    same("PermissionRequest"),
    // The agent handles errors of tools and of the user itself.
    means("ErrorOccurred", "StopFailure")
        .when(Role::Status, "model_call")
        .its_own(),
    means("ErrorOccurred", "StopFailure").nothing(),
    // Not SubagentStop, unlike in the original Herald.
    means("agentStop", "Stop"),
    means("userPromptSubmitted", "UserPromptSubmit"),
];

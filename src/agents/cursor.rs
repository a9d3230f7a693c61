//! Cursor. It also runs the hooks in Claude Code's settings, with its own payloads.

use super::description::{Agent, Checked, EMPTY, Event, Replies, Role, common, means, own};

pub(super) static AGENT: Agent = Agent {
    name: "cursor",
    title: "Cursor",
    checked: Checked::Read,
    fields: &[
        own("cursor_version", Role::Mark),
        own("conversation_id", Role::Session),
        own("generation_id", Role::Mark),
        common("workspace_roots", Role::Project),
        common("status", Role::Status),
    ],
    events: &EVENTS,
    values: &[],
    replies: Replies {
        silence: EMPTY,
        allow: None,
        // Accepted before a tool runs, but ignored.
        ask: None,
        deny: Some(
            r#"{"permission": "deny", "user_message": "$REASON", "agent_message": "$REASON"}"#,
        ),
        block: None,
    },
};

const EVENTS: [Event; 13] = [
    means("stop", "StopFailure").when(Role::Status, "error"),
    means("stop", "Stop").when(Role::Status, "aborted").nothing(),
    means("stop", "Stop"),
    means("subagentStart", "SubagentStart"),
    means("subagentStop", "SubagentStop"),
    means("sessionStart", "SessionStart"),
    means("sessionEnd", "SessionEnd"),
    means("beforeSubmitPrompt", "UserPromptSubmit"),
    means("preToolUse", "PreToolUse"),
    means("postToolUse", "PostToolUse"),
    means("postToolUseFailure", "PostToolUseFailure"),
    means("preCompact", "PreCompact"),
    means("afterAgentThought", "afterAgentThought").nothing(),
];

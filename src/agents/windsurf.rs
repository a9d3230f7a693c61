//! Windsurf. A hook denies by its exit code only, which is always 0 here.

use super::description::{Agent, Checked, Event, Replies, Role, means, own};

pub(super) static AGENT: Agent = Agent {
    name: "windsurf",
    title: "Windsurf",
    checked: Checked::Read,
    fields: &[
        own("agent_action_name", Role::Event),
        own("trajectory_id", Role::Session),
        own("execution_id", Role::Mark),
    ],
    events: &EVENTS,
    values: &[],
    replies: NOTHING,
};

/// Never writes anything.
pub(super) const NOTHING: Replies = Replies {
    silence: "",
    allow: None,
    ask: None,
    deny: None,
    block: None,
};

const EVENTS: [Event; 10] = [
    means("post_cascade_response", "Stop").its_own(),
    means("pre_user_prompt", "UserPromptSubmit").its_own(),
    means("pre_run_command", "PreToolUse").its_own(),
    means("pre_write_code", "PreToolUse").its_own(),
    means("pre_read_code", "PreToolUse").its_own(),
    means("pre_mcp_tool_use", "PreToolUse").its_own(),
    means("post_run_command", "PostToolUse").its_own(),
    means("post_write_code", "PostToolUse").its_own(),
    means("post_read_code", "PostToolUse").its_own(),
    means("post_mcp_tool_use", "PostToolUse").its_own(),
];

//! Windsurf. A hook denies by its exit code only, which is always 0 here.

use super::description::{Agent, Checked, Event, Format, Hooks, Replies, Role, Settings, Shape, means, own};

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
    hooks: Hooks::Settings(&Settings {
        variable: None,
        dir: ".codeium/windsurf",
        user: "hooks.json",
        project: Some(".windsurf/hooks.json"),
        local: None,
        program: "windsurf",
        is_strict: true,
        switches: &[],
        switch_file: None,
        managed: None,
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Json(Shape { has_groups: false, has_type: false, has_exec: false, has_version: false, timeout: None }),
        questions: &[],
        surfaces: &[],
        next: "restart Windsurf to pick up the hooks",
    }),
};

/// Never writes anything.
pub(super) const NOTHING: Replies = Replies {
    silence: "",
    allow: None,
    ask: None,
    deny: None,
    block: None,
    terminal: None,
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

//! Cursor. It also runs the hooks in Claude Code's settings, with its own payloads.

use super::description::{Agent, Checked, EMPTY, Event, Format, Hooks, Replies, Role, Settings, Shape, Surface, common, means, own};

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
        terminal: None,
    },
    hooks: Hooks::Settings(&Settings {
        variable: None,
        dir: ".cursor",
        user: "hooks.json",
        project: Some(".cursor/hooks.json"),
        local: None,
        program: "cursor",
        is_strict: true,
        switches: &[],
        switch_file: None,
        managed: None,
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Json(Shape { has_groups: false, has_type: false, has_exec: false, has_version: true, timeout: Some(("timeout", 1)) }),
        questions: &[],
        surfaces: &[Surface {
            title: "its command line",
            signs: &[(".local/bin", "cursor-agent")],
            silent: &[
                "stop", "subagentStart", "subagentStop", "sessionStart", "sessionEnd", "preToolUse",
                "postToolUse", "postToolUseFailure", "preCompact",
            ],
        }],
        next: "Cursor picks up the hooks by itself",
    }),
};

const EVENTS: [Event; 13] = [
    means("stop", "StopFailure").when(Role::Status, "error"),
    means("stop", "Stop").when(Role::Status, "aborted").nothing(),
    means("stop", "Stop"),
    means("subagentStart", "SubagentStart"),
    means("subagentStop", "SubagentStop"),
    means("sessionStart", "SessionStart"),
    means("sessionEnd", "SessionEnd"),
    // What it does not understand as a reply stops the prompt.
    means("beforeSubmitPrompt", "UserPromptSubmit").only_read(),
    means("preToolUse", "PreToolUse"),
    means("postToolUse", "PostToolUse"),
    means("postToolUseFailure", "PostToolUseFailure"),
    means("preCompact", "PreCompact"),
    means("afterAgentThought", "afterAgentThought").nothing(),
];

//! Gemini CLI. It ignores Claude Code's form of a deny; an ask hangs without a terminal; and a block after a
//! call would replace the tool's output.

use super::description::{Agent, CLAUDES, Checked, Event, Format, GROUPS, Hooks, Replies, Role, Settings, Shape, Switch, Value, means, same};

pub(super) static AGENT: Agent = Agent {
    name: "gemini",
    title: "Gemini CLI",
    checked: Checked::Run,
    fields: &[],
    events: &EVENTS,
    values: &[Value {
        role: Role::NotificationType,
        from: "ToolPermission",
        to: "permission_prompt",
    }],
    replies: Replies {
        allow: None,
        ask: None,
        deny: Some(r#"{"decision": "deny", "reason": "$REASON"}"#),
        block: None,
        ..CLAUDES
    },
    hooks: Hooks::Settings(&Settings {
        variable: None,
        dir: ".gemini",
        user: "settings.json",
        project: Some(".gemini/settings.json"),
        local: None,
        program: "gemini",
        is_strict: false,
        switches: &[
            Switch::off(&["hooksConfig", "enabled"], false),
            Switch::off(&["hooks", "enabled"], false),
        ],
        switch_file: None,
        managed: Some("/etc/gemini-cli/settings.json"),
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Json(Shape { timeout: Some(("timeout", 1_000)), ..GROUPS }),
        questions: &[],
        surfaces: &[],
        next: "restart running Gemini CLI sessions to pick up the hooks",
    }),
};

const EVENTS: [Event; 11] = [
    means("AfterAgent", "Stop").its_own(),
    means("BeforeAgent", "UserPromptSubmit").its_own(),
    means("BeforeTool", "PreToolUse").its_own(),
    means("AfterTool", "PostToolUse").its_own(),
    means("PreCompress", "PreCompact").its_own(),
    same("Notification"),
    same("SessionStart"),
    same("SessionEnd"),
    // Each call of the model has several of them.
    means("BeforeModel", "BeforeModel").its_own().nothing(),
    means("AfterModel", "AfterModel").its_own().nothing(),
    means("BeforeToolSelection", "BeforeToolSelection")
        .its_own()
        .nothing(),
];

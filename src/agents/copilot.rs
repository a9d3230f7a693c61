//! Copilot CLI. Herald registers its events by their names in `PascalCase`, which have Claude Code's
//! payloads. Payloads of events in `camelCase` do not name the event.

use super::description::{Agent, Checked, EMPTY, Event, Format, Hooks, Replies, Role, Settings, Shape, Switch, common, means, same};

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
        terminal: None,
    },
    hooks: Hooks::Settings(&Settings {
        variable: Some(("COPILOT_HOME", "")),
        dir: ".copilot",
        user: "hooks/herald.json",
        project: Some(".github/hooks/herald.json"),
        local: None,
        program: "copilot",
        is_strict: true,
        switches: &[Switch::off(&["disableAllHooks"], true)],
        switch_file: Some("settings.json"),
        managed: None,
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Json(Shape { has_groups: false, has_type: true, has_exec: true, has_version: true, timeout: Some(("timeoutSec", 1)) }),
        questions: &[],
        surfaces: &[],
        next: "restart running Copilot CLI sessions to pick up the hooks",
    }),
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
    means("agentStop", "Stop").only_read(),
    means("userPromptSubmitted", "UserPromptSubmit").only_read(),
];

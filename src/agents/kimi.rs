//! Kimi CLI, which has Claude Code's events. Except for a deny, the hook's output goes to the model.

use super::description::{Agent, CLAUDES, Checked, Event, Format, Hooks, Replies, Role, Settings, common, same};

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
    hooks: Hooks::Settings(&Settings {
        variable: Some(("KIMI_SHARE_DIR", "")),
        dir: ".kimi",
        user: "config.toml",
        project: None,
        local: None,
        program: "kimi",
        is_strict: false,
        switches: &[],
        switch_file: None,
        managed: None,
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Toml,
        questions: &[],
        surfaces: &[],
        next: "restart running Kimi CLI sessions to pick up the hooks",
    }),
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

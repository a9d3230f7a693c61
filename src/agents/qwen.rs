//! Qwen Code, which has Claude Code's hooks. `auth_success` comes at every start, and `idle_prompt` right
//! after each Stop.

use super::description::{Agent, CLAUDES, Checked, Event, Format, GROUPS, Hooks, Replies, Settings, Shape, Switch, TERMINAL, same};

pub(super) static AGENT: Agent = Agent {
    name: "qwen",
    title: "Qwen Code",
    checked: Checked::Run,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: Replies { terminal: TERMINAL, ..CLAUDES },
    hooks: Hooks::Settings(&Settings {
        variable: None,
        dir: ".qwen",
        user: "settings.json",
        project: Some(".qwen/settings.json"),
        local: None,
        program: "qwen",
        is_strict: false,
        switches: &[Switch::off(&["disableAllHooks"], true)],
        switch_file: None,
        managed: None,
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Json(Shape { timeout: Some(("timeout", 1_000)), ..GROUPS }),
        questions: &["ask_user_question", "exit_plan_mode"],
        surfaces: &[],
        next: "restart running Qwen Code sessions to pick up the hooks",
    }),
};

const EVENTS: [Event; 15] = [
    same("PreToolUse"),
    same("PostToolUse"),
    same("PostToolUseFailure"),
    same("PostToolBatch"),
    same("UserPromptSubmit"),
    same("SessionStart"),
    same("SessionEnd"),
    same("MessageDisplay"),
    same("Stop"),
    same("StopFailure"),
    same("SubagentStart"),
    same("SubagentStop"),
    same("PreCompact"),
    same("Notification"),
    same("PermissionRequest"),
];

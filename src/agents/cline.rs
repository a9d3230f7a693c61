//! Cline. An invalid reply blocks the action. The details of an event are in an object named after the event.

use super::description::{Agent, Checked, Event, Format, Hooks, Replies, Role, Settings, common, means, own, same};

pub(super) static AGENT: Agent = Agent {
    name: "cline",
    title: "Cline",
    checked: Checked::Read,
    fields: &[
        own("clineVersion", Role::Mark),
        own("hookName", Role::Event),
        own("taskId", Role::Session),
        common("workspaceRoots", Role::Project),
    ],
    events: &EVENTS,
    values: &[],
    replies: Replies {
        silence: "{\"cancel\": false}\n",
        allow: None,
        ask: None,
        deny: Some(r#"{"cancel": true, "errorMessage": "$REASON"}"#),
        block: None,
        terminal: None,
    },
    hooks: Hooks::Settings(&Settings {
        variable: None,
        dir: "Documents/Cline",
        user: "Hooks",
        project: Some(".clinerules/hooks"),
        local: None,
        program: "cline",
        is_strict: false,
        switches: &[],
        switch_file: None,
        managed: None,
        notifiers: &[],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: false,
        format: Format::Scripts,
        questions: &[],
        surfaces: &[],
        next: "Cline runs hooks only if its setting \"Enable Hooks\" is on, and not on Windows",
    }),
};

const EVENTS: [Event; 8] = [
    means("TaskStart", "SessionStart").its_own(),
    means("TaskResume", "SessionStart").its_own(),
    means("TaskComplete", "Stop").its_own(),
    means("TaskCancel", "Stop").its_own().nothing(),
    same("PreToolUse"),
    same("PostToolUse"),
    same("UserPromptSubmit"),
    same("PreCompact"),
];

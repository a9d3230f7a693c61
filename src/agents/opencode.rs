//! OpenCode, which runs plugins instead of hooks: the payloads come from Herald's own plugin.

use super::description::{Agent, Checked, EMPTY, Event, Format, Hooks, Replies, Settings, same};

pub(super) static AGENT: Agent = Agent {
    name: "opencode",
    title: "OpenCode",
    checked: Checked::Run,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: REPLIES,
    hooks: Hooks::Settings(&SETTINGS),
};

/// A plugin can deny a call, but not ask.
pub(super) const REPLIES: Replies = Replies {
    silence: EMPTY,
    allow: None,
    ask: None,
    deny: Some(r#"{"decision": "deny", "reason": "$REASON"}"#),
    block: None,
    terminal: None,
};

pub(super) const SETTINGS: Settings = Settings {
    variable: Some(("XDG_CONFIG_HOME", "opencode")),
    dir: ".config/opencode",
    user: "plugins/herald.js",
    project: Some(".opencode/plugins/herald.js"),
    local: None,
    program: "opencode",
    is_strict: false,
    switches: &[],
    switch_file: None,
    managed: None,
    notifiers: &[],
    notifier_file: None,
    plugin: None,
    is_trusted_one_by_one: false,
    format: Format::Plugin("export const Herald = plugin"),
    questions: &[],
    surfaces: &[],
    next: "restart running OpenCode sessions to pick up the plugin",
};

pub(super) const EVENTS: [Event; 8] = [
    same("Stop"),
    same("StopFailure"),
    same("PermissionRequest"),
    same("PreToolUse"),
    same("PostToolUse"),
    same("UserPromptSubmit"),
    same("SessionStart"),
    same("SubagentStop"),
];

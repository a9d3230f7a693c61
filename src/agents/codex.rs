//! Codex. A hook that replies with `continue: false`, an ask or a bare allow counts as failed, and the
//! call runs.

use super::description::{Agent, CLAUDES, Checked, Event, Format, GROUPS, Hooks, Notifier, Replies, Role, Settings, Switch, means, own, same};

pub(super) static AGENT: Agent = Agent {
    name: "codex",
    title: "Codex",
    checked: Checked::Run,
    fields: &[
        own("turn_id", Role::Mark),
        // Of the program that its config names as `notify`.
        own("thread-id", Role::Session),
        own("turn-id", Role::Mark),
    ],
    events: &EVENTS,
    values: &[],
    replies: Replies {
        allow: None,
        ask: None,
        ..CLAUDES
    },
    hooks: Hooks::Settings(&Settings {
        variable: Some(("CODEX_HOME", "")),
        dir: ".codex",
        user: "hooks.json",
        project: Some(".codex/hooks.json"),
        local: None,
        program: "codex",
        is_strict: true,
        switches: &[
            Switch::off(&["features", "hooks"], false),
            Switch::off(&["features", "codex_hooks"], false),
        ],
        switch_file: Some("config.toml"),
        managed: None,
        notifiers: &[
            Notifier { path: &["notify"], values: &[], off: "remove notify from" },
            Notifier { path: &["tui", "notifications"], values: &[], off: "set tui.notifications to false in" },
        ],
        notifier_file: None,
        plugin: None,
        is_trusted_one_by_one: true,
        format: Format::Json(GROUPS),
        questions: &[],
        surfaces: &[],
        next: "Codex runs new hooks only after you approve them: run /hooks there",
    }),
};

const EVENTS: [Event; 13] = [
    same("SessionStart"),
    same("PreToolUse"),
    same("PostToolUse"),
    same("PermissionRequest"),
    same("PreCompact"),
    same("PostCompact"),
    same("UserPromptSubmit"),
    same("SubagentStart"),
    same("SubagentStop"),
    same("Stop"),
    same("SessionEnd").within(3),
    same("Interrupt").within(3),
    means("agent-turn-complete", "Stop").its_own().only_read(),
];

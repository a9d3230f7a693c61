//! Claude Code, whose terms all others are translated into.

use super::description::{Agent, CLAUDES, Checked, Format, GROUPS, Hooks, Notifier, Replies, Settings, Surface, Switch, TERMINAL};

pub(super) static AGENT: Agent = Agent {
    name: "claude",
    title: "Claude Code",
    checked: Checked::Run,
    fields: &[],
    events: &[],
    values: &[],
    replies: Replies { terminal: TERMINAL, ..CLAUDES },
    hooks: Hooks::Settings(&Settings {
        variable: Some(("CLAUDE_CONFIG_DIR", "")),
        dir: ".claude",
        user: "settings.json",
        project: Some(".claude/settings.json"),
        local: Some(".claude/settings.local.json"),
        program: "claude",
        is_strict: true,
        switches: &[
            Switch::off(&["disableAllHooks"], true),
            Switch { is_managed: true, ..Switch::off(&["allowManagedHooksOnly"], true) },
        ],
        switch_file: None,
        managed: MANAGED,
        notifiers: &[Notifier {
            path: &["preferredNotifChannel"],
            values: &["terminal_bell", "iterm2_with_bell"],
            off: "set preferredNotifChannel to \"notifications_disabled\" in",
        }],
        notifier_file: Some(".claude.json"),
        plugin: Some(&["enabledPlugins", "herald@herald"]),
        is_trusted_one_by_one: false,
        format: Format::Json(GROUPS),
        questions: &["AskUserQuestion", "ExitPlanMode"],
        surfaces: &[Surface {
            title: "VS Code's panel",
            signs: &[
                (".vscode/extensions", "anthropic.claude-code-"),
                (".vscode-server/extensions", "anthropic.claude-code-"),
                (".cursor/extensions", "anthropic.claude-code-"),
            ],
            silent: &["Notification", "PermissionRequest"],
        }],
        next: "restart running Claude Code sessions to pick up the hooks",
    }),
};

#[cfg(target_os = "macos")]
const MANAGED: Option<&str> = Some("/Library/Application Support/ClaudeCode/managed-settings.json");
#[cfg(windows)]
const MANAGED: Option<&str> = Some("C:\\Program Files\\ClaudeCode\\managed-settings.json");
#[cfg(not(any(target_os = "macos", windows)))]
const MANAGED: Option<&str> = Some("/etc/claude-code/managed-settings.json");

//! The Copilot agent in VS Code, which reads Claude Code's hooks from the same files.

use super::description::{Agent, CLAUDES, Checked, Event, Hooks, same};

pub(super) static AGENT: Agent = Agent {
    name: "vscode",
    title: "VS Code",
    checked: Checked::Read,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: CLAUDES,
    hooks: Hooks::OfAgent("claude"),
};

const EVENTS: [Event; 8] = [
    same("SessionStart"),
    same("UserPromptSubmit"),
    same("PreToolUse"),
    same("PostToolUse"),
    same("PreCompact"),
    same("SubagentStart"),
    same("SubagentStop"),
    same("Stop"),
];

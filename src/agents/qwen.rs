//! Qwen Code, which has Claude Code's hooks. `auth_success` comes at every start, and `idle_prompt` right
//! after each Stop.

use super::description::{Agent, CLAUDES, Checked, Event, same};

pub(super) static AGENT: Agent = Agent {
    name: "qwen",
    title: "Qwen Code",
    checked: Checked::Run,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: CLAUDES,
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

//! Kiro: its command line, and its editor, which has no payloads and passes the event as an argument.
//!
//! The output of a hook for `agentSpawn` or `userPromptSubmit` goes to the model. A hook denies by its exit
//! code only, which is always 0 here.

use super::windsurf::NOTHING;
use super::description::{Agent, Checked, Event, Hooks, means};

pub(super) static AGENT: Agent = Agent {
    name: "kiro",
    title: "Kiro",
    checked: Checked::Read,
    fields: &[],
    events: &EVENTS,
    values: &[],
    replies: NOTHING,
    hooks: Hooks::ByHand {
        file: "the file of each agent that you have in Kiro",
        add: "\"herald hook --agent kiro\" under \"stop\"",
    },
};

const EVENTS: [Event; 7] = [
    means("agentSpawn", "SessionStart").its_own(),
    means("userPromptSubmit", "UserPromptSubmit").its_own(),
    means("preToolUse", "PreToolUse"),
    means("postToolUse", "PostToolUse"),
    means("stop", "Stop"),
    // Of the editor.
    means("agentStop", "Stop"),
    means("promptSubmit", "UserPromptSubmit"),
];

//! The agent that called the hook. Replies depend on it.

use super::Payload;
use crate::event::canonical;

/// An agent, as far as replies differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caller {
    /// Claude Code, or an agent that does not identify itself.
    #[default]
    ClaudeCode,
    /// Another agent, such as Codex. It obeys a deny with a reason. It may treat any other decision as a
    /// failed hook and run the call.
    Other,
}

impl Caller {
    /// The agent called `name`; none if that is empty.
    pub fn named(name: &str) -> Option<Self> {
        match &*canonical(name) {
            "" => None,
            "claude" | "claudecode" => Some(Self::ClaudeCode),
            _ => Some(Self::Other),
        }
    }

    /// The agent that wrote `payload`, recognised by its fields.
    pub const fn of(payload: &Payload) -> Self {
        match payload.turn_id {
            Some(_) => Self::Other,
            None => Self::ClaudeCode,
        }
    }

    /// Whether the agent asks its user when a hook replies with an ask.
    pub const fn can_ask(self) -> bool {
        matches!(self, Self::ClaudeCode)
    }
}

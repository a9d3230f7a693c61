//! The agent that called the hook, as far as it matters for the reply.

use super::Payload;
use crate::event::canonical;

/// An agent, as far as replies differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caller {
    /// Claude Code, or one that says nothing of itself.
    #[default]
    ClaudeCode,
    /// Another, Codex for example. It obeys a deny with a reason. It may take anything else for a
    /// hook that failed, and run the call.
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

    /// The agent that wrote `payload`, as far as its fields tell.
    pub const fn of(payload: &Payload) -> Self {
        match payload.turn_id {
            Some(_) => Self::Other,
            None => Self::ClaudeCode,
        }
    }

    /// Whether it asks its user if a hook says so.
    pub const fn can_ask(self) -> bool {
        matches!(self, Self::ClaudeCode)
    }
}

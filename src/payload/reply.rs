//! The reply: one JSON object on the hook's standard output.
//!
//! A sound never changes what the agent may do, so every reply without a policy is the same and carries no
//! decision, permission or context.

/// The reply, with its line end.
pub const REPLY: &str = "{\"continue\": true}\n";

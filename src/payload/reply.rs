//! The reply: the one JSON object that a hook writes to its standard output.
//!
//! A sound never changes what the agent may do, so the reply to every event is the same: carry
//! on. No reply carries a decision, a permission or any context for the agent.

/// The reply, as one line.
pub const REPLY: &str = "{\"continue\": true}\n";

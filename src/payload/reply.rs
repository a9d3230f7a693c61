//! The reply: the one JSON object that a hook writes to its standard output.
//!
//! A sound never changes what the agent may do, so the reply to every event is the same: carry
//! on. No reply carries a decision, a permission or any context for the agent.

/// The reply, as one line.
pub const REPLY: &str = "{\"continue\": true}\n";

#[cfg(test)]
mod tests {
    #[test]
    fn the_reply_is_one_json_object() {
        let reply: serde_json::Value = serde_json::from_str(super::REPLY).unwrap();
        assert_eq!(reply, serde_json::json!({"continue": true}));
    }
}

//! Turns: from a prompt of the user until the agent has finished, by session.
//!
//! A turn is the key `turn/SESSION` of the throttle: marked when it starts, read when something of it
//! finishes, reset when it ends. A reset key keeps its time, so two hooks for one event agree on the length,
//! and the next turn may start with any event.

use std::time::{Duration, SystemTime};

use super::AudioManager;
use crate::config::Config;
use crate::event::official;
use crate::payload::Payload;

/// What an event does to the turn of its session.
#[derive(Clone, Copy)]
enum Effect {
    Starts,
    /// Starts one if none is under way: the agent may have no event for prompts.
    StartsFirst,
    Ends,
}

const EFFECTS: [(&str, Effect); 7] = [
    ("UserPromptSubmit", Effect::Starts),
    ("SessionStart", Effect::StartsFirst),
    ("PreToolUse", Effect::StartsFirst),
    ("PostToolUse", Effect::StartsFirst),
    ("Stop", Effect::Ends),
    ("StopFailure", Effect::Ends),
    ("SessionEnd", Effect::Ends),
];

impl AudioManager {
    /// Records the effect of event `name` on the turn of its session, if the length of turns matters to a
    /// rule. Returns how long the turn had lasted before, if that is known.
    pub(super) fn follow_turn(
        &self,
        name: &str,
        payload: &Payload,
        config: &Config,
    ) -> Option<Duration> {
        if !config.has_min_turn() {
            return None;
        }
        let key = format!("turn/{}", payload.session_id.as_deref()?);
        let throttle = self.throttle();
        let start = throttle.recall(key.as_str());
        let effects = EFFECTS.iter();
        let mut effects = effects.filter(|(event, _)| *event == official(name));
        // A subagent works in the session of its agent, which goes on when the subagent has finished.
        let is_inside = payload.agent_id.is_some() || payload.has_running_subagents();
        let effect = effects.next().filter(|_| !is_inside);
        match effect.map(|(_, effect)| effect) {
            Some(Effect::Starts) => {
                self.fire(&key);
            }
            Some(Effect::StartsFirst) => {
                let _ = throttle.admit(key.as_str(), Duration::MAX);
            }
            Some(Effect::Ends) => {
                throttle.reset(key.as_str());
            }
            None => {}
        }
        SystemTime::now().duration_since(start?.at).ok()
    }
}

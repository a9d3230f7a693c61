//! Turns: from a prompt of the user until the agent has finished, by session.
//!
//! A turn is the key `turn/SESSION` of the throttle: marked when it starts, read when something of it
//! finishes, reset when it ends or by the user. A reset key keeps its time, which counts for a minute after
//! the key `end/SESSION` was marked: so two hooks for one event agree on the length.

use std::time::{Duration, SystemTime};

use super::AudioManager;
use crate::config::Config;
use crate::event::official;
use crate::payload::Payload;
use crate::sync::{Ordering::SeqCst, fence};

/// How long a turn that has ended keeps its length: a hook that is registered twice runs twice.
const KEPT: Duration = Duration::from_secs(60);

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
        let session = payload.session_id.as_deref()?;
        let [key, end] = ["turn", "end"].map(|name| format!("{name}/{session}"));
        let throttle = self.throttle();
        let start = throttle.recall(key.as_str());
        let is_under_way = start.is_some_and(|start| !start.is_cancelled);
        // Partner: the fence below, in another process. Without it, a turn may be found reset without an end.
        fence(SeqCst);
        let has_just_ended = || throttle.peek(end.as_str(), KEPT).is_some();
        let start = start.filter(|_| is_under_way || has_just_ended());
        let effects = EFFECTS.iter();
        let mut effects = effects.filter(|(event, _)| *event == official(name));
        let effect = effects.next().filter(|_| !payload.is_inside_turn());
        match (effect.map(|(_, effect)| effect), is_under_way) {
            (Some(Effect::Starts), _) | (Some(Effect::StartsFirst), false) => {
                self.fire(&key);
                throttle.reset(end.as_str());
            }
            (Some(Effect::Ends), true) => {
                self.fire(&end);
                fence(SeqCst);
                throttle.reset(key.as_str());
            }
            _ => {}
        }
        SystemTime::now().duration_since(start?.at).ok()
    }
}

//! Permission requests that nobody has to answer, because the call went on by itself: the player holds a request
//! for a moment, and does not play it if it is taken back meanwhile.
//!
//! # Keys of the throttle
//!
//! | key | marked | reset |
//! |---|---|---|
//! | `held/SESSION` | by the hook that sends a request | by the session's next event that ends or starts a turn, if it sounds; by the player, when it plays the request |
//! | `held/SESSION/TOOL/INPUT` | with it | by an event after this call |
//!
//! The state file is the message: no hook has to find a player, and the player reads two words. A request is
//! not played if one of its keys was reset; a key that is displaced, or in a file that was replaced, was not.
//!
//! # A player that dies
//!
//! It leaves `held/SESSION` marked. The request's notification, some seconds later, then sounds in its place.
//!
//! # Limits
//!
//! Real requests have no id of their call, so calls are told apart by tool and input; an agent that words the input of
//! a request differently than that of the call (Codex) is not understood.

use std::time::{Duration, SystemTime};

use super::AudioManager;
use crate::config::Config;
use crate::event::{self, REQUEST, official};
use crate::payload::Payload;
use crate::player::protocol::MAX_KEY_LEN;
use crate::state_file::UnmappedFile;

/// The events after a request or its call, whatever became of it.
const AFTER_CALL: [&str; 4] = [
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionDenied",
    // Of Herald's own plugins.
    "PermissionReplied",
];
/// The events after which no request of the session waits for an answer.
const AFTER_ALL: [&str; 4] = ["Stop", "StopFailure", "SessionEnd", "UserPromptSubmit"];
/// How much longer than it should a player may hold a request before it counts as dead.
const LATEST: Duration = Duration::from_secs(2);

impl AudioManager {
    /// Takes the held request for the call back that event `name` says has gone on.
    pub(super) fn take_back_call<'f>(
        &self,
        name: &str,
        payload: &Payload,
        config: &Config,
        file: impl FnOnce() -> Option<&'f UnmappedFile>,
    ) {
        let is_after = || AFTER_CALL.contains(&official(name));
        let Some(settle) = config.settle().filter(|_| is_after()) else {
            return;
        };
        let Some(key) = key_of_call(payload) else {
            return;
        };
        let left = match file() {
            Some(file) => file.peek(&*key, settle),
            None => self.throttle().peek(&*key, settle),
        };
        if left.is_some() {
            self.throttle().reset(&*key);
        }
    }

    /// Takes the held requests of the session back, if the admitted event `name` says that none waits.
    pub(super) fn take_back_all(&self, name: &str, payload: &Payload, config: &Config) {
        if config.settle().is_some()
            && !payload.is_inside_turn()
            && AFTER_ALL.contains(&event_of(name))
            && let Some(key) = key_of_session(payload)
        {
            self.throttle().reset(&*key);
        }
    }

    /// The keys that hold the request for event `name`, marked; none if it is not held.
    pub(super) fn hold(&self, name: &str, payload: &Payload, config: &Config) -> Vec<String> {
        if event_of(name) != REQUEST || config.settle().is_none() {
            return Vec::new();
        }
        let keys = [key_of_session(payload), key_of_call(payload)];
        let keys: Vec<_> = keys.into_iter().flatten().collect();
        keys.iter().for_each(|key| _ = self.fire(key));
        keys
    }

    /// Whether a request of the session was held by a player that died; if so, it counts as never made.
    pub(super) fn was_lost(
        &self,
        payload: &Payload,
        config: &Config,
        file: Option<&UnmappedFile>,
    ) -> bool {
        let is_prompt = payload.notification_type.as_deref() == Some("permission_prompt");
        let settle = config.settle().filter(|_| is_prompt);
        let (Some(settle), Some(key)) = (settle, key_of_session(payload)) else {
            return false;
        };
        if file.is_some_and(|file| file.peek(&*key, Duration::MAX).is_none()) {
            return false;
        }
        let held = self.throttle().recall(&*key);
        let held = held.filter(|held| !held.is_cancelled);
        let age = held.and_then(|held| SystemTime::now().duration_since(held.at).ok());
        age.is_some_and(|age| age > settle + LATEST) && self.throttle().reset(&*key)
    }
}

/// The event of a key of the config.
fn event_of(name: &str) -> &str {
    official(event::event_of(name))
}

fn key_of_session(payload: &Payload) -> Option<String> {
    let key = format!("held/{}", payload.session_id.as_deref()?);
    Some(key).filter(|key| key.len() <= MAX_KEY_LEN)
}

fn key_of_call(payload: &Payload) -> Option<String> {
    let (session, tool) = (key_of_session(payload)?, payload.tool_name.as_deref()?);
    let key = format!("{session}/{tool}/{:016x}", payload.input_hash()?);
    Some(key).filter(|key| key.len() <= MAX_KEY_LEN)
}

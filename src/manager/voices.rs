//! Whose a sound is: each project, session or agent has a variation of its own while there is room.
//!
//! # Keys of the throttle
//!
//! | key | marked |
//! |---|---|
//! | `voice/OWNER` | by the hook that looks for a variation: one of several at the same moment |
//! | `voice/N`, one for each variation | by the owner that took it, at each sound |
//! | `voice/N/OWNER` | after it |
//!
//! # One owner each
//!
//! A variation is taken by an admission of its key, so by one owner. It is free again [`HELD`] after its owner's last
//! sound. The owner itself gives it up [`MARGIN`] earlier, so it never marks a variation that is another's by now.
//!
//! # Limits
//!
//! While one hook looks for a variation, others of the same owner play the sound itself. More owners than
//! variations share them. Where a key is forgotten early, two owners may have one variation.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::AudioManager;
use crate::agents::Agent;
use crate::config::Config;
use crate::payload::Payload;
use crate::variation::{VARIATIONS, VoiceOf};

/// How long a variation is kept for its owner after a sound.
const HELD: Duration = Duration::from_secs(60 * 60);
/// How much earlier its owner gives it up: longer than any hook takes.
const MARGIN: Duration = Duration::from_secs(60);
/// How long others of the same owner leave the search to one hook.
const SEARCH: Duration = Duration::from_secs(1);

impl AudioManager {
    /// The index of the variation for an event with `payload`, or for a sound by hand, if it has one.
    pub(super) fn variation(&self, payload: Option<&Payload>, config: &Config) -> Option<u8> {
        let owner = self.owner(payload, config)?;
        let number = self.variation_of(&owner)?;
        u8::try_from(number).ok()
    }

    /// Whose sounds those of `payload` are. Without a session they are the project's.
    fn owner(&self, payload: Option<&Payload>, config: &Config) -> Option<String> {
        let project = || self.project_root()?.to_str();
        let session = || payload?.session_id.as_deref();
        let agent = || Some(payload?.agent.unwrap_or_else(Agent::claude).name);
        let owner = match config.voice {
            VoiceOf::None => None,
            VoiceOf::Project => project(),
            VoiceOf::Session => session().or_else(project),
            VoiceOf::Agent => agent(),
        };
        Some(format!("{} {}", config.voice.name(), owner?))
    }

    fn variation_of(&self, owner: &str) -> Option<usize> {
        let first = (xxh3_64(owner.as_bytes()) % VARIATIONS.len() as u64) as usize;
        let in_order = || (first..VARIATIONS.len()).chain(0..first);
        let own = in_order().find(|number| self.is_own(*number, owner));
        if let Some(own) = own {
            self.fire(&key(own));
            self.fire(&key_of(own, owner));
            return Some(own);
        }
        let is_taken = |key: &str, window| self.throttle().admit(key, window).is_admitted();
        if !is_taken(&format!("voice/{owner}"), SEARCH) {
            return None;
        }
        let free = in_order().find(|number| is_taken(&key(*number), HELD));
        if let Some(free) = free {
            self.fire(&key_of(free, owner));
        }
        free.or(Some(first))
    }

    fn is_own(&self, number: usize, owner: &str) -> bool {
        let key = key_of(number, owner);
        self.throttle().peek(&*key, HELD - MARGIN).is_some()
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// Whether each variation is in use, and whether by this project.
    pub fn variations(&self) -> Vec<(bool, bool)> {
        let owner = self.owner(None, &self.config());
        let numbers = 0..VARIATIONS.len();
        let is_used = |number| self.throttle().peek(&*key(number), HELD).is_some();
        let is_own = |number| {
            let owner = owner.as_deref();
            owner.is_some_and(|owner| self.is_own(number, owner))
        };
        numbers.map(|n| (is_used(n), is_own(n))).collect()
    }

    /// The index of the variation for an event with `payload`, for tests with many processes.
    pub fn variation_for(&self, payload: &Payload) -> Option<u8> {
        self.variation(Some(payload), &self.config())
    }
}

fn key(number: usize) -> String {
    format!("voice/{number}")
}

fn key_of(number: usize, owner: &str) -> String {
    format!("voice/{number}/{owner}")
}

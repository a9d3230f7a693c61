//! Idle prompts: an agent that waits says again that its turn is over. So they sound only in place of a Stop
//! that another session's suppressed, or that failed to sound.
//!
//! # Keys of the throttle
//!
//! | key | marked | cancelled |
//! |---|---|---|
//! | the session's, in the set of the key of Stop | by the session's Stop that sounds | with the other marks of a sound that fails, but not of one that a rule or a mute keeps quiet |
//! | `missed/SESSION` | by the session's Stop that another's suppressed | by its next Stop or idle prompt that sounds |
//!
//! A suppressed Stop reads the first with its own key, so a hook that is registered twice, the usual reason,
//! costs no system call more. Only one that another session suppressed maps the file; its mark lies in another
//! set, or many sessions that stop at once would displace the key of Stop. A Stop that a rule kept quiet leaves
//! both as they are.

use std::time::Duration;

use super::AudioManager;
use super::decide::{Gate, is_idle_prompt, stop_key};
use crate::config::Config;
use crate::event::official;
use crate::payload::Payload;
use crate::throttle::{Admission, Firing, Key};

/// The end of a session's turn.
#[derive(Clone, Copy)]
pub(super) struct TurnEnd<'p> {
    session: &'p str,
    /// The session's key.
    heard: Key,
    is_stop: bool,
}

impl AudioManager {
    /// Whether an idle prompt would say again what the session's Stop has said.
    pub(super) fn is_repetition(&self, name: &str, payload: &Payload, config: &Config) -> bool {
        if !is_idle_prompt(name, payload, config) {
            return false;
        }
        let is_missed = |end: TurnEnd<'_>| {
            let is_cancelled = |key: Key| Some(self.throttle().recall(key)?.is_cancelled);
            let missed = Key::new(&missed(end.session));
            is_cancelled(missed) == Some(false) || is_cancelled(end.heard) == Some(true)
        };
        let end = self.turn_end(name, None, payload, config);
        !end.is_some_and(is_missed)
    }

    /// The end that event `name` with these gates reports.
    pub(super) fn turn_end<'p>(
        &self,
        name: &str,
        gates: Option<&[Gate]>,
        payload: &'p Payload,
        config: &Config,
    ) -> Option<TurnEnd<'p>> {
        let session = payload.session_id.as_deref()?;
        let is_stop = official(name) == "Stop";
        let heard = match gates.and_then(<[_]>::first) {
            Some(gate) if is_stop => Key::new(&gate.key),
            _ if is_idle_prompt(name, payload, config) => {
                Key::new(&stop_key(payload, config, self.project_root()))
            }
            _ => return None,
        };
        Some(TurnEnd {
            session,
            heard: heard.beside(session),
            is_stop,
        })
    }

    /// Marks that the end is heard.
    pub(super) fn mark_heard(&self, end: TurnEnd<'_>) -> Option<Admission> {
        let throttle = self.throttle();
        throttle.reset(&*missed(end.session));
        let mark = || throttle.admit(end.heard, Duration::ZERO).admission();
        end.is_stop.then(mark)?
    }

    /// Marks that the Stop at `end` is missed, unless the session itself has fired `gate`, which refuses.
    pub(super) fn note_missed(
        &self,
        end: TurnEnd<'_>,
        gate: &Gate,
        recall: impl Fn(Key) -> Option<Firing>,
    ) {
        let own = recall(end.heard).filter(|own| !own.is_cancelled);
        let last = recall(Key::new(&gate.key));
        let both = own.zip(last);
        if end.is_stop && both.is_none_or(|(own, last)| own.at < last.at) {
            self.fire(&missed(end.session));
        }
    }
}

fn missed(session: &str) -> String {
    format!("missed/{session}")
}

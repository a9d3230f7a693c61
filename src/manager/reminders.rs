//! Reminders: a sound is repeated unless something happens in its session.
//!
//! # Keys of the throttle
//!
//! | key | fired by |
//! |---|---|
//! | `session/SESSION` | each event of the session, except those that only say that the agent waits |
//! | `session/SESSION/AGENT` | each event inside this subagent, instead |
//! | `control` | a change of mute, snooze or volume |
//!
//! The event that is to be repeated fires the key, too, and its message has that mark: the player repeats the
//! sound as long as it is the key's last.
//!
//! # Exactly once
//!
//! Of the hooks for one event, which are many if it is registered twice, only the one that the throttle admits
//! fires the key. Another one would end the reminder that has just begun.

use std::time::SystemTime;

use super::AudioManager;
use super::decide::Action;
use crate::agents::Agent;
use crate::clock::unix_ms;
use crate::config::{Config, Remind};
use crate::event::Event;
use crate::payload::Payload;
use crate::player::protocol::{CONTROL, Reminder};
use crate::sound::Chime;
use crate::system::process::Process;

impl AudioManager {
    /// Records that event `name` happened in its session, if anything is repeated.
    pub(super) fn note_event(
        &self,
        name: &str,
        payload: &Payload,
        config: &Config,
        action: &Action,
    ) {
        let waits = || Event::find(name).is_some_and(|event| event.chime == Chime::Attention);
        // Then it is recorded once it is admitted.
        let will_remind =
            || matches!(action, Action::Sound { name, .. } if config.remind(name).is_some());
        if config.has_remind() && !waits() && !will_remind() {
            self.fire(&self.session_key(payload));
        }
    }

    /// Records that an event happened in its session that is to be repeated as `remind` says.
    pub(super) fn reminder(&self, remind: &Remind, payload: &Payload) -> Option<Reminder> {
        let key = self.session_key(payload);
        let mark = self.fire(&key)?.to_parts();
        let now = SystemTime::now();
        let at: Vec<SystemTime> = match remind {
            Remind::After(_) => remind.times().map(|time| now + time).collect(),
            Remind::Reset => vec![
                payload
                    .limit_ends(&jiff::ZonedDateTime::now())?
                    .try_into()
                    .ok()?,
            ],
        };
        let is_inside = payload.agent_id.is_some();
        let agent = payload.agent.unwrap_or_else(Agent::claude);
        Reminder::new(Reminder {
            ended_by: is_inside.then(|| self.key_of_session(payload)),
            agent: Process::ancestor(agent.program()),
            key,
            mark,
            at_ms: at.into_iter().map(unix_ms).collect(),
        })
    }

    /// Records that a control was changed.
    pub(super) fn note_control(&self) {
        self.fire(CONTROL);
    }

    /// The key of the session, or of the subagent in it.
    fn session_key(&self, payload: &Payload) -> String {
        let mut key = self.key_of_session(payload);
        if let Some(agent) = &payload.agent_id {
            key.push('/');
            key.push_str(agent);
        }
        key
    }

    fn key_of_session(&self, payload: &Payload) -> String {
        let session = payload.session_id.as_deref();
        // Never one key for all.
        let project = || {
            self.project_root()
                .map(|root| root.to_string_lossy().into_owned())
        };
        let session = session.map(str::to_owned).or_else(project);
        format!("{}{}", Reminder::SESSION, session.unwrap_or_default())
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// Ends the reminders of the session of `payload`.
    pub fn end_reminders(&self, payload: &Payload) {
        self.throttle().reset(&*self.session_key(payload));
    }
}

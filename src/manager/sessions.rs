//! Working sessions of this user, across all processes: whether the last of several has stopped.
//!
//! # Keys of the throttle
//!
//! | key | marked | reset |
//! |---|---|---|
//! | `working/SESSION` | by a prompt | when the session stops, by one of its hooks |
//! | `seat/N`, one for each working session | by the hook that marked it working | when it stops |
//! | `seat/N/SESSION` | with its seat | with its seat |
//! | `several` | by a session that starts while another works | by the last that stops |
//!
//! # Exactly once
//!
//! A session that starts takes its seat and then looks at the others; one that stops leaves its seat and then
//! looks at the others. So of two that start at once, one sees the other, and of two that stop at once, one
//! sees that nobody is left. If both see it, one of them resets `several`.
//!
//! # Limits
//!
//! A session that was killed keeps its seat for twelve hours. More than 64 at once are not counted.

use std::time::Duration;

use super::AudioManager;
use crate::config::Config;
use crate::event::official;
use crate::payload::Payload;
use crate::sync::{Ordering::SeqCst, fence};
use crate::throttle::Admission;

/// The event that all sessions have stopped.
pub(super) const ALL_IDLE: &str = "AllIdle";
/// How many sessions are counted.
const SEATS: usize = 64;
/// After this time a session counts as killed.
const LONGEST_WORK: Duration = Duration::from_secs(12 * 60 * 60);

impl AudioManager {
    /// Records what event `name` says about its session, if [`ALL_IDLE`] is enabled. Returns whether the
    /// session is the last of several to stop.
    pub(super) fn is_last_to_stop(&self, name: &str, payload: &Payload, config: &Config) -> bool {
        let Some(session) = payload.session_id.as_deref() else {
            return false;
        };
        if payload.is_inside_turn() || !config.is_enabled(ALL_IDLE) {
            return false;
        }
        // After an interruption there is no other event.
        let is_idle = payload.notification_type.as_deref() == Some("idle_prompt");
        match official(name) {
            "UserPromptSubmit" => self.start_work(session),
            "Stop" | "StopFailure" | "SessionEnd" => return self.stop_work(session),
            "Notification" if is_idle => return self.stop_work(session),
            _ => {}
        }
        false
    }

    fn start_work(&self, session: &str) {
        let is_taken = |key: &str| self.throttle().admit(key, LONGEST_WORK).is_admitted();
        if !is_taken(&format!("working/{session}")) {
            return;
        }
        let Some(own) = (0..SEATS).find(|number| is_taken(&seat(*number))) else {
            return;
        };
        self.fire(&seat_of(own, session));
        // Partner: the fence in `stop_work`, and this one in another process. Without it, two sessions that
        // start at once may both miss the other's seat.
        fence(SeqCst);
        if (0..SEATS).any(|number| number != own && self.is_occupied(number)) {
            self.fire("several");
        }
    }

    fn stop_work(&self, session: &str) -> bool {
        let throttle = self.throttle();
        if !throttle.reset(&*format!("working/{session}")) {
            return false;
        }
        let is_own = |number: &usize| throttle.reset(&*seat_of(*number, session));
        if let Some(own) = (0..SEATS).find(is_own) {
            throttle.reset(&*seat(own));
        }
        // Partner: this fence in another process. Without it, two sessions that stop at once may both see
        // the other's seat occupied.
        fence(SeqCst);
        !(0..SEATS).any(|number| self.is_occupied(number)) && throttle.reset("several")
    }

    /// Marks `key`, also in the tick of the clock in which it was reset: then a mark with the time of the
    /// clock would be old news.
    pub(super) fn fire(&self, key: &str) -> Option<Admission> {
        self.throttle().admit(key, Duration::ZERO).admission()
    }

    fn is_occupied(&self, number: usize) -> bool {
        self.throttle().peek(&*seat(number), LONGEST_WORK).is_some()
    }
}

fn seat(number: usize) -> String {
    format!("seat/{number}")
}

fn seat_of(number: usize, session: &str) -> String {
    format!("seat/{number}/{session}")
}

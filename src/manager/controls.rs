//! Mute, snooze and master volume: in force at once in every process of a user.

use std::time::Duration;

use super::AudioManager;
use crate::clock::{Clock, SystemClock};
use crate::controls::{Controls, Silence, Snooze};
use crate::error::{Error, ErrorKind, Result};

/// Mute, snooze and master volume.
///
/// They are no part of the config: they hold for every project and every process of a user, from
/// the moment they are set, also over what sounds already, until they are changed or the state
/// directory goes.
impl AudioManager {
    /// What is in force now.
    pub fn controls(&self) -> Controls {
        let storage = self.throttle().state_file();
        storage.controls(SystemClock.unix_ms())
    }

    /// Why nothing is to be heard now, if so.
    pub fn silence(&self) -> Option<Silence> {
        // The clock is read when the file is open: it was last looked at then.
        let storage = self.throttle().state_file();
        let now = SystemClock.unix_ms();
        storage.controls(now).silence(now)
    }

    /// Mutes everything, until it is unmuted. Returns what is in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn mute(&self) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), Controls::muted)
    }

    /// Ends a mute and a snooze; mutes everything if neither is in force. Returns what is in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn toggle_mute(&self) -> Result<Controls> {
        let now = SystemClock.unix_ms();
        self.change(now, |controls| controls.toggled(now))
    }

    /// Ends a mute and a snooze. Returns what is in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn unmute(&self) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), Controls::unmuted)
    }

    /// Mutes everything for `length`, in place of an earlier snooze; a mute stays. Returns what is
    /// in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Range`] if it is zero or longer than [`crate::controls::LONGEST_SNOOZE`],
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn snooze(&self, length: Duration) -> Result<Controls> {
        let now = SystemClock.unix_ms();
        let snooze = Snooze::new(now, length)?;
        self.change(now, |controls| controls.snoozed(snooze))
    }

    /// Ends a snooze; a mute stays. Returns what is in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn end_snooze(&self) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), Controls::unsnoozed)
    }

    /// Makes the master volume louder by `by`, a part of full volume, or softer if that is negative. It
    /// stays between 0 and 1. Returns what is in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn change_volume(&self, by: f32) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), |controls| controls.louder_by(by))
    }

    /// Sets the master volume, a factor from 0 to 1 on top of every configured volume; none given:
    /// as if it had never been set. Returns what is in force then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Range`] if it is not between 0 and 1, [`ErrorKind::State`] if other processes
    /// would not see it.
    pub fn set_volume(&self, volume: Option<f32>) -> Result<Controls> {
        if volume.is_some_and(|volume| !(0.0..=1.0).contains(&volume)) {
            let error = Error::new(ErrorKind::Range, "invalid volume");
            return Err(error.with_hint("give a number from 0 to 1"));
        }
        let now = SystemClock.unix_ms();
        self.change(now, |controls| controls.at_volume(volume))
    }

    fn change(&self, unix_ms: u64, change: impl Fn(Controls) -> Controls) -> Result<Controls> {
        self.throttle()
            .state_file()
            .change_controls(unix_ms, change)
    }
}

//! Mute, snooze and master volume, with immediate effect in all processes of a user.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::AudioManager;
use crate::clock::{Clock, SystemClock};
use crate::controls::{Controls, Silence, Snooze};
use crate::error::{Error, ErrorKind, Result};

/// Mute, snooze and master volume.
///
/// They are not part of the config: they apply to all projects and processes of a user, including sounds that
/// are playing, until they are changed. In the default state directory they survive logout and reboot.
impl AudioManager {
    /// The controls in force now.
    pub fn controls(&self) -> Controls {
        let storage = self.throttle().state_file();
        storage.controls(SystemClock.unix_ms())
    }

    /// Since when everything is muted, if it is and that is known.
    pub fn muted_since(&self) -> Option<SystemTime> {
        let since = self.throttle().state_file().muted_since()?;
        let is_muted = self.silence() == Some(Silence::Muted);
        is_muted.then(|| UNIX_EPOCH + Duration::from_millis(since))
    }

    /// Why sound is off now, if it is.
    pub fn silence(&self) -> Option<Silence> {
        if self.is_session_muted() {
            return Some(Silence::Session);
        }
        // Reads the clock after opening the file, whose time of last inspection must not be later.
        let storage = self.throttle().state_file();
        let now = SystemClock.unix_ms();
        storage.controls(now).silence(now)
    }

    /// Mutes everything until [`Self::unmute`]. Returns the new controls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn mute(&self) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), Controls::muted)
    }

    /// Ends a mute and a snooze; mutes everything if neither is in force. Returns the new controls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn toggle_mute(&self) -> Result<Controls> {
        let now = SystemClock.unix_ms();
        self.change(now, |controls| controls.toggled(now))
    }

    /// Ends a mute and a snooze. Returns the new controls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn unmute(&self) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), Controls::unmuted)
    }

    /// Mutes everything for `length`, replacing an earlier snooze; a mute stays. Returns the new controls.
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

    /// Ends a snooze; a mute stays. Returns the new controls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn end_snooze(&self) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), Controls::unsnoozed)
    }

    /// Increases the master volume by `by`, a fraction of full volume, or reduces it if `by` is negative. The
    /// result is clamped to 0 to 1. Returns the new controls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn change_volume(&self, by: f32) -> Result<Controls> {
        self.change(SystemClock.unix_ms(), |controls| controls.louder_by(by))
    }

    /// Sets the master volume, a factor from 0 to 1 on top of every configured volume; `None` resets it.
    /// Returns the new controls.
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

    /// Whether `HERALD_MUTE` mutes this process and those that it starts.
    pub(super) fn is_session_muted(&self) -> bool {
        let value = self.0.env.get("HERALD_MUTE");
        value.is_some_and(|value| !["0", "false", "no", "off"].iter().any(|off| value == *off))
    }

    fn change(&self, unix_ms: u64, change: impl Fn(Controls) -> Controls) -> Result<Controls> {
        let state = self.throttle().state_file();
        let changed = state.change_controls(unix_ms, change)?;
        self.note_control();
        Ok(changed)
    }
}

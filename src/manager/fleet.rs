//! What the relay of a fleet needs of the config, the controls and the player.

use std::time::{Duration, SystemTime};

use super::AudioManager;
use super::decide::{Action, Circumstances, dispatch};
use super::hook::{MAX_OTHERS, PROMPT, Picked};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::payload::Payload;
use crate::player::protocol::{CONTROL, Outcome, Request};
use crate::quiet_rule::QuietRule;
use crate::trust::Owner;

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// The finest key that the config has for `event`, which may have a detail, and its window.
    pub fn key_and_window(&self, event: &str) -> (String, Duration) {
        let config = self.config();
        let name = config.finest_key(event);
        let window = config.window(&name).unwrap_or_default();
        (name, window)
    }

    /// Why `event` of another machine does not sound here now, if so. Marks nothing.
    pub fn refusal(&self, event: &str) -> Option<String> {
        let config = self.config();
        let has_quiet_hours = !config.quiet_hours().is_empty();
        let circumstances = Circumstances {
            now: has_quiet_hours.then(|| jiff::ZonedDateTime::now().datetime()),
            ..Circumstances::default()
        };
        match dispatch(event, &Payload::default(), &config, &circumstances) {
            Action::Nothing(why) => Some(why.reason().to_owned()),
            Action::Sound { name, .. } if config.volume_of(&name) == 0.0 => {
                Some("muted".to_owned())
            }
            Action::Sound { .. } => self.silence().map(|silence| silence.to_string()),
        }
    }

    /// The request for `event` of the machine `from`: the sounds of this config, and no command.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sound`] if it has none.
    pub fn request_of(&self, event: &str, from: &str) -> Result<Request> {
        let config = self.config();
        let Some(Picked { sound, others }) = self.pick(event, MAX_OTHERS, None) else {
            return Err(Error::new(
                ErrorKind::Sound,
                format!("no sound for {event}"),
            ));
        };
        let owner = sound.path().map(|path| config.owner_of(path));
        let sounds = config.with_substitute(event, [sound].into_iter().chain(others));
        let name = config.finest_key(event);
        let mut request = self.request(&name, sounds, config.volume_of(&name));
        request.is_users = owner == Some(Owner::User);
        request.from = Some(from.to_owned());
        // A program is asked only about events of this machine: what it is given would be a stranger's word.
        let asked = config
            .quiet_rules()
            .filter(|rule| *rule != QuietRule::Program);
        request.quiet = asked.map(|rule| rule.name().to_owned()).collect();
        Ok(request)
    }

    /// How long ago the user was known to be at this machine, by a prompt or a change of the controls.
    pub fn active_ago(&self) -> Option<Duration> {
        let signs = [PROMPT, CONTROL].into_iter();
        let latest = signs
            .filter_map(|key| Some(self.throttle().recall(key)?.at))
            .max()?;
        SystemTime::now().duration_since(latest).ok()
    }

    /// Hands a request to the player without waiting.
    ///
    /// # Errors
    ///
    /// Those of [`PlayerClient::send`](crate::player::client::PlayerClient::send).
    pub fn hand_on(&self, request: Request) -> Result<()> {
        self.player()?.send(request)
    }

    /// As [`Self::hand_on`], and waits up to `limit` for it to fail.
    ///
    /// # Errors
    ///
    /// Why it did not sound, if that is known by then.
    pub fn hand_on_and_look(&self, request: Request, limit: Duration) -> Result<()> {
        match self.player()?.send_and_look(request, limit)? {
            Some(Outcome::Failed { reason }) => Err(Error::new(ErrorKind::Output, reason)),
            _ => Ok(()),
        }
    }

    /// Takes the throttle marks of a request back that nobody will hear.
    pub fn take_back(&self, request: &Request) {
        let storage = self.throttle().state_file();
        // They may be in a state file that was just created.
        storage.look(SystemClock.unix_ms());
        request
            .admissions()
            .for_each(|mark| _ = self.throttle().cancel(mark));
    }
}

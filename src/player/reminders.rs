//! Sounds that are repeated until the user reacts.
//!
//! # Invariants
//!
//! - A sound is repeated only as long as the mark of its event is the last of its session's throttle key, and
//!   mute, snooze and volume are as they were. So nothing is repeated after the end of the session. An agent
//!   that was killed tells of no end: whether its process has ended is asked when a sound is due.
//! - A message says when a sound is repeated, within limits; whoever cannot read the state file has no mark.
//! - Each repetition is a firing of its own in the throttle, so of several players that know of it, one plays
//!   it.
//! - Those that wait are in a file of the state directory, for the next player: one message in each line. The
//!   file has no say in whether anything is played.
//!
//! # Limits
//!
//! Up to 64 sounds wait, the latest. If a player was killed, its reminders wait for the next sound, which
//! starts another player.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::authority::Authority;
use super::outcomes::line_of;
use super::protocol::{CONTROL, MAX_MESSAGE_LEN, Message, Moment, Reminder, Request};
use crate::Throttle;
use crate::clock::unix_ms;
use crate::config;
use crate::quiet_rule::QuietRule;
use crate::system::env::Env;
use crate::system::file;
use crate::system::log::{Level, Line, Log};
use crate::throttle::Admission;

/// How many sounds wait at most.
const MAX_WAITING: usize = 64;

/// The sounds that wait to be repeated.
pub struct Reminders {
    env: Env,
    throttle: Arc<Throttle>,
    log: Log,
    level: Level,
    /// Where they are kept; none if another player has the file.
    file: Option<PathBuf>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    request: Request,
    reminder: Reminder,
}

impl Waiting {
    fn of(mut request: Request) -> Option<Self> {
        let reminder = request.remind.take()?;
        request.reply_to = None;
        // What the first one waits for and stands for ends with it.
        request.held_by.clear();
        request.heard = None;
        Some(Self { request, reminder })
    }

    /// As it was received.
    fn message(&self) -> Message {
        let remind = Some(self.reminder.clone());
        Message::Play(Box::new(Request {
            remind,
            ..self.request.clone()
        }))
    }
}

impl Reminders {
    /// None yet, for the player of `state_dir`.
    pub fn new(
        throttle: Arc<Throttle>,
        state_dir: &Path,
        env: &Env,
        authority: &Authority,
    ) -> Self {
        Self {
            env: env.clone(),
            throttle,
            log: Log::new(state_dir),
            level: authority.log,
            file: None,
            waiting: Vec::new(),
        }
    }

    /// Adds those in `file`, and keeps all in it from now on.
    pub(super) fn keep_in(&mut self, file: PathBuf) {
        for message in read(&file).unwrap_or_default().split(|byte| *byte == b'\n') {
            if let Ok(Message::Play(request)) = Message::decode(message) {
                self.waiting.extend(Waiting::of(*request));
            }
        }
        self.file = Some(file);
    }

    /// Leaves the file to the next player.
    pub(super) fn leave_file(&mut self) {
        self.file = None;
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// How many sounds wait, with those that nobody waits for any more.
    pub(super) const fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many sounds are still to be repeated.
    pub(super) fn standing(&self) -> usize {
        let waiting = self.waiting.iter();
        waiting
            .filter(|waiting| stands(&self.throttle, waiting))
            .count()
    }

    /// Adds `request`, if it is to be repeated.
    pub fn add(&mut self, request: &Request) {
        if request.remind.is_none() {
            return;
        }
        let mut request = request.clone();
        // A command that did not run is not repeated.
        let may_run = request.has_run || !request.held_by.is_empty();
        let is_said = may_run || request.asks_about(QuietRule::Program);
        request.run = request.run.filter(|_| is_said);
        // A message without a mark must not be in the way of others.
        let waiting = Waiting::of(request);
        let waiting = waiting.filter(|waiting| stands(&self.throttle, waiting));
        self.waiting.extend(waiting);
        let too_many = self.waiting.len().saturating_sub(MAX_WAITING);
        self.waiting.drain(..too_many);
        self.write();
    }

    /// Those that are to be played at `now`, in milliseconds since 1970-01-01 UTC.
    pub fn due(&mut self, now: u64) -> Vec<Request> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let before = self.waiting.len();
        let throttle = &self.throttle;
        self.waiting.retain(|waiting| stands(throttle, waiting));
        let mut due = Vec::new();
        for Waiting { request, reminder } in &mut self.waiting {
            let passed = reminder.at_ms.iter().take_while(|at| **at <= now).count();
            // After a sleep of the machine, several times have passed.
            let Some(last) = reminder.at_ms.drain(..passed).next_back() else {
                continue;
            };
            let (index, bits) = reminder.mark;
            let key = format!("remind/{index}/{bits:016x}/{last}");
            if throttle.admit(&*key, Duration::MAX).is_admitted() {
                let is_over = reminder.agent.is_some_and(|agent| agent.has_ended());
                if is_over {
                    reminder.at_ms.clear();
                }
                due.push((request.clone(), is_over));
            }
        }
        self.waiting
            .retain(|waiting| !waiting.reminder.at_ms.is_empty());
        if self.waiting.len() < before || !due.is_empty() {
            self.write();
        }
        due.retain_mut(|(request, is_over)| self.is_wanted(request, *is_over));
        due.into_iter().map(|(request, _)| request).collect()
    }

    /// Whether `request` is still to be repeated: by the config, and unless its session `is_over`. Says so in
    /// the log.
    fn is_wanted(&self, request: &mut Request, is_over: bool) -> bool {
        let project = request.project.as_deref().map(Path::new);
        let config = config::load(&self.env, project);
        if config.remind(&request.event).is_none() {
            return false;
        }
        let local = jiff::ZonedDateTime::now().datetime();
        let is_quiet = config.quiet_hours().iter().any(|hours| hours.cover(local));
        let age = Duration::from_secs(request.asked.age().as_secs());
        let age = jiff::SignedDuration::try_from(age).unwrap_or_default();
        let after = format!("{age:#} after it");
        let why_not = match (is_over, is_quiet) {
            (true, _) => Some("its agent has ended"),
            (false, true) => Some("quiet hours"),
            (false, false) => None,
        };
        let (status, sound) = match why_not {
            Some(_) => ("skipped", request.sounds.first()),
            // The player writes a line about the sound, too.
            None => ("reminded", None),
        };
        let line = Line {
            reason: Some(why_not.unwrap_or(&after)),
            sound: sound.map(ToString::to_string),
            ..line_of(request, status)
        };
        self.log.write(&line, self.level);
        request.asked = Moment::now();
        if why_not.is_none() {
            self.throttle.mark("rule/remind", SystemTime::now());
        }
        why_not.is_none()
    }

    /// Writes the file. A sound that cannot be kept is repeated by this player alone.
    fn write(&self) {
        if let Some(file) = &self.file {
            let _ = write(file, &self.waiting);
        }
    }
}

/// Whether nothing has happened since that ends a reminder.
fn stands(throttle: &Throttle, Waiting { request, reminder }: &Waiting) -> bool {
    let asked = request.asked;
    let is_quiet_since = |key: &str| {
        let last = throttle.recall(key);
        last.is_none_or(|last| unix_ms(last.at) <= asked.unix_ms)
    };
    // A session does not outlive the machine.
    let is_same_boot = asked.boot_ms <= Moment::now().boot_ms;
    is_same_boot
        && throttle.stands(&*reminder.key, Admission::from_parts(reminder.mark))
        && is_quiet_since(CONTROL)
        && reminder.ended_by.as_deref().is_none_or(is_quiet_since)
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let max_len = MAX_WAITING * (MAX_MESSAGE_LEN + 1);
    let file = file::own().read(true).open(file)?;
    file.take(max_len as u64).read_to_end(&mut text)?;
    Ok(text)
}

fn write(file: &Path, waiting: &[Waiting]) -> io::Result<()> {
    if waiting.is_empty() {
        return fs::remove_file(file);
    }
    let messages = waiting.iter().map(Waiting::message);
    let messages = messages.filter_map(|message| Some(message.encode().ok()? + "\n"));
    let text: String = messages.collect();
    file::replace_own(file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::sound::{Chime, Sound};
    use serde_json::json;

    const KEY: &str = "session/s";
    const HOUR_MS: u64 = 3_600_000;

    struct Fixture {
        dir: tempfile::TempDir,
        env: Env,
        throttle: Arc<Throttle>,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let env = Env::of([("HERALD_CONFIG", dir.path().join("config.json"))]);
            let throttle = Throttle::open(&dir).unwrap().into();
            let fixture = Self { dir, env, throttle };
            fixture.configure("1h", &json!([]));
            fixture
        }

        fn configure(&self, remind: &str, quiet_hours: &serde_json::Value) {
            let config = json!({
                "events": {"Stop": {"remind": remind}},
                "rules": {"quiet_hours": quiet_hours},
            });
            fs::write(self.dir.path().join("config.json"), config.to_string()).unwrap();
        }

        /// A player, with the reminders that the last one left.
        fn player(&self) -> Reminders {
            let authority = Authority::new(&self.env, &crate::sound::Output::Null).unwrap();
            let throttle = self.throttle.clone();
            let mut player = Reminders::new(throttle, self.dir.path(), &self.env, &authority);
            player.keep_in(self.dir.path().join("reminders"));
            player
        }

        /// A Stop of the session, which is repeated after one and two hours.
        fn stop(&self) -> Request {
            let mark = self.throttle.admit(KEY, Duration::ZERO).admission();
            let mut request = Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 0.5);
            let now = request.asked.unix_ms;
            request.remind = Reminder::new(Reminder {
                key: KEY.to_owned(),
                mark: mark.unwrap().to_parts(),
                ended_by: None,
                agent: None,
                at_ms: vec![now + HOUR_MS, now + 2 * HOUR_MS],
            });
            request
        }
    }

    #[test]
    fn each_is_due_once_also_for_the_next_player() {
        let fixture = Fixture::new();
        let stop = fixture.stop();
        let now = stop.asked.unix_ms;
        let mut one = fixture.player();
        one.add(&stop);
        let mut other = fixture.player();
        assert_eq!((one.standing(), other.standing()), (1, 1));
        assert!(one.due(now + HOUR_MS - 1).is_empty());
        let due = one.due(now + HOUR_MS);
        assert_eq!(due.len(), 1);
        assert_eq!((&due[0].sounds, &due[0].remind), (&stop.sounds, &None));
        assert!(other.due(now + HOUR_MS).is_empty(), "one has played it");
        // The machine slept.
        assert_eq!(fixture.player().due(now + 5 * HOUR_MS).len(), 1);
        assert!(other.due(now + 5 * HOUR_MS).is_empty());
        assert_eq!((other.len(), fixture.player().len()), (0, 0));
    }

    #[test]
    fn it_is_not_due_after_a_later_event_or_a_control() {
        for later in [KEY, CONTROL] {
            let fixture = Fixture::new();
            let stop = fixture.stop();
            let now = stop.asked.unix_ms;
            let mut player = fixture.player();
            player.add(&stop);
            // In the same millisecond, nobody knows which was first.
            while SystemClock.unix_ms() == now {}
            let _ = fixture.throttle.admit(later, Duration::ZERO);
            assert_eq!(player.standing(), 0, "{later}");
            assert!(player.due(now + 5 * HOUR_MS).is_empty(), "{later}");
            assert!(!fixture.dir.path().join("reminders").exists());
        }
    }

    #[test]
    fn the_config_has_the_last_word() {
        let fixture = Fixture::new();
        let stop = fixture.stop();
        let now = stop.asked.unix_ms;
        let mut player = fixture.player();
        player.add(&stop);
        let all_day = json!([{"from": "00:00", "to": "00:00"}]);
        fixture.configure("1h", &all_day);
        assert!(player.due(now + HOUR_MS).is_empty());
        let log = fs::read_to_string(fixture.dir.path().join("log.ndjson")).unwrap();
        assert!(
            log.contains(r#""status":"skipped","reason":"quiet hours""#),
            "{log}"
        );
        fixture.configure("never", &json!([]));
        assert!(player.due(now + 2 * HOUR_MS).is_empty());
    }

    #[test]
    fn a_file_that_is_damaged_costs_the_lines_that_are_wrong() {
        let fixture = Fixture::new();
        fixture.player().add(&fixture.stop());
        let file = fixture.dir.path().join("reminders");
        let whole = fs::read(&file).unwrap();
        let damaged = [
            b"\0\xff\n{}\n".as_slice(),
            &whole,
            &whole[..whole.len() / 2],
        ]
        .concat();
        fs::write(&file, damaged).unwrap();
        assert_eq!(fixture.player().standing(), 1);
    }
}

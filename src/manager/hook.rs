//! The work of a hook: from an event to a request to the player, or the reason why not.

use std::cell::LazyCell;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::xxh3_64;

use super::decide::{Action, Circumstances, Gate, dispatch};
use super::idle::TurnEnd;
use super::sessions::ALL_IDLE;
use super::{AudioManager, Report};
use crate::agents::Agent;
use crate::clock::{Clock, SystemClock};
use crate::config::fleet::Fleet;
use crate::config::{self, ActivePacks, FIELDS, Rotation};
use crate::error::Result;
use crate::event::{self, EVENTS, Meant};
use crate::nearest::nearest;
use crate::payload::Payload;
use crate::player::protocol::{Run, Subject};
use crate::quiet_rule::QuietRule;
use crate::sound::{Chime, Sound};
use crate::state_file::{Count, UnmappedFile};
use crate::system::env::Env;
use crate::system::log::{Level, Line, Log};
use crate::system::stopwatch::Stopwatch;
use crate::throttle::{Admission, Key};
use crate::trust::Owner;

/// How many substitutes to look up for the case that the picked sound cannot be decoded: few, because the
/// hook waits for it.
pub(super) const MAX_OTHERS: usize = 2;
/// The log's word for an event that the player was told of.
const SENT: &str = "sent";
/// The key that each prompt at a desk of a fleet fires.
pub(super) const PROMPT: &str = "prompt";

/// The sound for an event.
pub(super) struct Picked {
    pub(super) sound: Sound,
    /// Substitutes, of the same owner.
    pub(super) others: Vec<Sound>,
}

impl AudioManager {
    /// Plays the sound of `event`, if the config, the controls and the throttle allow it: what a hook does
    /// for an event without a payload. Does not wait for the sound.
    pub fn play(&self, event: &str) -> Report {
        self.handle_event(event, &Payload::default())
    }

    /// The sound called `name`: an event, a configured or a built-in sound; else a sound file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sound`](crate::error::ErrorKind::Sound) if there is no such sound.
    pub fn find_sound(&self, name: &str) -> Result<Sound> {
        let picked = self.pick_sound(name);
        picked.map_or_else(|| self.sound_in_file(name), Ok)
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl AudioManager {
    /// Handles event `name` with `payload`.
    pub fn handle_event(&self, name: &str, payload: &Payload) -> Report {
        let is_last = self.is_last_to_stop(name, payload, &self.config());
        if is_last {
            let (status, report) = self.handle_and_note(ALL_IDLE, payload);
            // It is in place of the event.
            if status == SENT {
                return report;
            }
        }
        self.handle_and_note(name, payload).1
    }

    /// As [`Self::handle`], with a line in the log.
    fn handle_and_note(&self, name: &str, payload: &Payload) -> (&'static str, Report) {
        let stopwatch = Stopwatch::default();
        let (status, report) = self.handle(name, payload, &stopwatch);
        self.note(name, payload, status, &report.reason, &stopwatch);
        (status, report)
    }

    /// When a rule last had the effect that is recorded as `record`, if it had.
    pub fn last_effect(&self, record: &str) -> Option<SystemTime> {
        Some(self.throttle().recall(&*rule_key(record))?.at)
    }

    /// Logs a failure.
    pub(crate) fn log_failure(&self, what: &str, why: &str) {
        self.note(
            what,
            &Payload::default(),
            "failed",
            why,
            &Stopwatch::default(),
        );
    }

    /// Logs that a hook cannot determine its event, and why.
    pub(crate) fn log_nameless(&self, why: &str) {
        self.note(
            "hook",
            &Payload::default(),
            "skipped",
            why,
            &Stopwatch::default(),
        );
    }

    /// Logs the outcome, if it was slow or the level requires it.
    fn note(
        &self,
        event: &str,
        payload: &Payload,
        status: &str,
        reason: &str,
        stopwatch: &Stopwatch,
    ) {
        let line = Line {
            event,
            agent: payload.agent.map(|agent| agent.name),
            project: self.project_root().and_then(Path::to_str),
            session: payload.session_id.as_deref(),
            status,
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            slow: stopwatch.slow(),
            ..Line::default()
        };
        self.log(line, || {
            self.state_dir().path.as_deref().ok().map(Path::to_owned)
        });
    }

    /// Logs `line` in the state directory returned by `find`, if the level requires it.
    pub(super) fn log(&self, line: Line<'_>, find: impl FnOnce() -> Option<PathBuf>) {
        let level = Level::from_env(&self.0.env);
        if line.level() <= level
            && let Some(dir) = find()
        {
            let time_ms = SystemClock.unix_ms();
            Log::new(&dir).write(&Line { time_ms, ..line }, level);
        }
    }

    /// Handles the event, and returns the log's status with the report.
    fn handle(
        &self,
        name: &str,
        payload: &Payload,
        stopwatch: &Stopwatch,
    ) -> (&'static str, Report) {
        let skipped = |reason: &str| ("skipped", Report::not_played(reason));
        let config = self.config();
        let file = LazyCell::new(|| self.unmapped_file());
        self.take_back_call(name, payload, &config, || *file);
        let is_prompt = || event::official(name) == "UserPromptSubmit";
        if config.fleet().is_some_and(Fleet::follows) && is_prompt() {
            self.fire(PROMPT);
        }
        let has_quiet_hours = !config.quiet_hours().is_empty();
        let circumstances = Circumstances {
            root: self.0.project_root.as_deref(),
            headless: is_headless(&self.0.env),
            now: has_quiet_hours.then(|| jiff::ZonedDateTime::now().datetime()),
            turn: self.follow_turn(name, payload, &config),
            is_repetition: self.is_repetition(name, payload, &config),
        };
        let action = dispatch(name, payload, &config, &circumstances);
        self.note_event(name, payload, &config, &action);
        let event = name;
        let (name, subject, gates) = match action {
            Action::Sound {
                name,
                subject,
                gates,
            } => (name, subject, gates),
            Action::Nothing(why) => {
                if let Some(rule) = why.recorded() {
                    self.throttle().mark(&*rule_key(rule), SystemTime::now());
                }
                return skipped(why.reason());
            }
        };
        let volume = config.volume_of(&name);
        let has_command = config.command(&name).is_some();
        let terminal = config.terminal(&name);
        let is_silent = volume == 0.0 && !has_command && terminal.is_none();
        if is_silent || self.is_session_muted() {
            return skipped("muted");
        }
        let file = *file;
        let controls = file.and_then(UnmappedFile::controls);
        let controls = controls.unwrap_or_else(|| self.controls());
        if let Some(silence) = controls.silence(SystemClock.unix_ms()) {
            return skipped(silence.reason());
        }
        let line = event::counter_line(&name);
        let count = |what| self.throttle().state_file().count(line, what);
        let end = self.turn_end(event, Some(&gates), payload, &config);
        let passed = stopwatch.time("throttle", || self.pass(&gates, file, end));
        let passed = match (passed, &gates[..]) {
            (Err(_), [_, request, ..]) if self.was_lost(payload, &config, file) => {
                self.throttle().reset(&*request.key);
                self.pass(&gates, None, None)
            }
            (passed, _) => passed,
        };
        let storage = Some(self.storage());
        let admissions = match passed {
            Ok(admissions) => admissions,
            Err(window) => {
                file.and_then(|file| file.count_suppressed(line))
                    .unwrap_or_else(|| count(Count::Suppressed));
                let throttled = Report {
                    throttled: Some(window),
                    storage,
                    ..Report::not_played("throttled")
                };
                return ("suppressed", throttled);
            }
        };
        count(Count::Admitted);
        let heard = end.and_then(|end| self.mark_heard(end));
        self.take_back_all(&name, payload, &config);
        let look = || self.pick(&subject, MAX_OTHERS, Some(payload));
        let mut handled = match stopwatch.time("look for the sound", look) {
            Some(Picked { sound, others }) => {
                let path = sound.path().map(Path::to_owned);
                let owner = path.as_deref().map(|path| config.owner_of(path));
                let sounds = [sound].into_iter().chain(others);
                let sounds = config.with_substitute(&subject, sounds);
                let mut request = self.request(&name, sounds, volume);
                let agent = payload.agent.map(|agent| agent.name);
                request.told_by(agent, payload.session_id.as_deref());
                request.is_users = owner == Some(Owner::User);
                request.variation = self.variation(Some(payload), &config);
                request.admissions = admissions.iter().map(|mark| mark.to_parts()).collect();
                request.subject = config.fleet().filter(|_| volume > 0.0).map(|_| Subject {
                    name: config::Key::of(&subject).plain(),
                    detail: gates.first().map(Gate::detail).unwrap_or_default(),
                });
                let asked = config.quiet_rules();
                request.quiet = asked.map(|rule| rule.name().to_owned()).collect();
                let asks_program = config.quiet_rules().any(|rule| rule == QuietRule::Program);
                if has_command || asks_program {
                    let run = Run::new(&request.event, self.fields(&subject, payload));
                    let mark = self.throttle().admit(&*run.key, Duration::ZERO).admission();
                    request.admissions.extend(mark.map(Admission::to_parts));
                    request.run = Some(run);
                }
                request.heard = heard.map(Admission::to_parts);
                request.held_by = self.hold(&name, payload, &config);
                let remind = config.remind(&name);
                request.remind = remind.and_then(|remind| self.reminder(remind, payload));
                let sent = stopwatch.time("send", || self.send_event(request));
                match sent {
                    // For its command, or what the agent does in its terminal.
                    Ok(()) if volume == 0.0 => (SENT, Report::not_played("muted")),
                    Ok(()) => (SENT, Report::of(path, &sent)),
                    Err(_) => ("failed", Report::of(path, &sent)),
                }
            }
            None => skipped("file_not_found"),
        };
        handled.1.storage = storage;
        handled.1.terminal = terminal;
        if handled.0 != SENT {
            self.cancel(&admissions);
            self.cancel(heard.as_slice());
            count(Count::Failed);
        }
        handled
    }

    /// What an event says to a command.
    fn fields(&self, subject: &str, payload: &Payload) -> [(&'static str, String); FIELDS.len()] {
        let env = &self.0.env;
        let said = |value: &Option<String>| value.clone().unwrap_or_default();
        let first_of = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| env.get(name));
            let value = values.next().unwrap_or_default();
            value.to_string_lossy().into_owned()
        };
        let project = self.project_root().unwrap_or(Path::new(""));
        let agent = payload.agent.unwrap_or_else(Agent::claude);
        #[cfg(unix)]
        let agents_process = std::os::unix::process::parent_id().to_string();
        #[cfg(not(unix))]
        let agents_process = String::new();
        [
            ("event", config::Key::of(subject).plain()),
            ("project", project.to_string_lossy().into_owned()),
            ("session", said(&payload.session_id)),
            ("agent", agent.name.to_owned()),
            ("message", said(&payload.message)),
            ("tty", first_of(&["SSH_TTY", "GPG_TTY", "TTY"])),
            ("tmux_pane", first_of(&["TMUX_PANE"])),
            ("terminal", first_of(&["TERM_PROGRAM", "TERM"])),
            ("window", first_of(&["WINDOWID"])),
            ("pid", agents_process),
        ]
    }

    /// Picks a sound for `name`: of several a random one, never the last one, across all processes.
    ///
    /// Looks up only the picked one, and others only if it is missing.
    pub fn pick_sound(&self, name: &str) -> Option<Sound> {
        Some(self.pick(name, 0, None)?.sound)
    }

    /// As [`Self::pick_sound`], with up to `max_others` substitutes; for the event of `payload`, if there is one.
    pub(super) fn pick(
        &self,
        name: &str,
        max_others: usize,
        payload: Option<&Payload>,
    ) -> Option<Picked> {
        let config = self.config();
        let agent = payload.map(|payload| payload.agent.unwrap_or_else(Agent::claude));
        let session = payload.and_then(|payload| payload.session_id.as_deref());
        let pick_pack = |packs: &ActivePacks| self.pick_pack(packs, config.rotation(), session);
        let picked = config.first_choice_of(name, config.packs_of(agent), pick_pack, |choices| {
            let mut found = None;
            let is_there = |index: usize| {
                found = choices.find(index);
                found.is_some()
            };
            let storage = self.throttle().state_file();
            let index = storage.pick_present(choices.hash(), choices.len(), dice(), is_there)?;
            let sound = found?;
            let others = choices.others(index, &sound).take(max_others).collect();
            Some(Picked { sound, others })
        });
        picked.or_else(|| {
            let (sound, others) = (config.chime(name)?, Vec::new());
            Some(Picked { sound, others })
        })
    }

    /// The index of one of `packs`.
    fn pick_pack(&self, packs: &ActivePacks, rotation: Rotation, session: Option<&str>) -> usize {
        let count = packs.names.len();
        if count < 2 {
            return 0;
        }
        let set = xxh3_64(packs.names.join("\0").as_bytes());
        match rotation {
            Rotation::Random => self.throttle().state_file().pick(set, count, dice()),
            Rotation::InTurn => self.throttle().state_file().pick_next(set, count),
            Rotation::Session => {
                let session = xxh3_64(session.unwrap_or_default().as_bytes());
                usize::try_from(session % count as u64).unwrap_or_default()
            }
        }
    }

    /// The sound file called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Sound`](crate::error::ErrorKind::Sound) if there is no such file.
    pub fn sound_in_file(&self, name: &str) -> Result<Sound> {
        Sound::in_file(name, &self.0.env).map_err(|error| {
            let config = self.config();
            let known = EVENTS.iter().map(|event| event.name);
            let known = known.chain(Chime::ALL.map(Chime::name));
            // A configured name without a sound must not be suggested for itself.
            let meant = nearest(name, known.chain(config.configured_keys()))
                .filter(|meant| *meant != name)
                .map(str::to_owned);
            let finer = || Meant::by(name).map(|meant| meant.to_string());
            match meant.or_else(finer) {
                Some(meant) => error.with_hint(format!("did you mean {meant}?")),
                None => error,
            }
        })
    }

    /// Asks the throttle at each gate, after asking `file` whether one refuses. The error is the window of the
    /// first gate that refuses. If the first one does, `end` may be missed.
    fn pass(
        &self,
        gates: &[Gate],
        file: Option<&UnmappedFile>,
        end: Option<TurnEnd<'_>>,
    ) -> std::result::Result<Vec<Admission>, Duration> {
        let end_at = |number| end.filter(|_| number == 0);
        for (number, gate) in gates.iter().enumerate() {
            let refuse = |file: &UnmappedFile| file.refusal(Key::new(&gate.key), gate.window);
            if let Some(refusal) = file.and_then(refuse) {
                if let Some(end) = end_at(number) {
                    self.note_missed(end, gate, |key| refusal.recall(key));
                }
                return Err(gate.window);
            }
        }
        let mut admissions = Vec::new();
        for (number, gate) in gates.iter().enumerate() {
            let throttle = self.throttle();
            match throttle.admit(gate.key.as_str(), gate.window).admission() {
                Some(admission) => admissions.push(admission),
                None => {
                    self.cancel(&admissions);
                    if let Some(end) = end_at(number) {
                        self.note_missed(end, gate, |key| throttle.recall(key));
                    }
                    return Err(gate.window);
                }
            }
        }
        Ok(admissions)
    }
}

/// 64 random bits.
fn dice() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// The throttle key of `record`: when a rule last had an effect.
fn rule_key(record: &str) -> String {
    format!("rule/{record}")
}

/// Whether the agent runs without a terminal, by its own account: `claude -p`, or in the background.
fn is_headless(env: &Env) -> bool {
    let is = |name: &str, value: &str| env.get(name).is_some_and(|found| found == value);
    is("CLAUDE_CODE_ENTRYPOINT", "sdk-cli") || is("CLAUDE_CODE_HEADLESS", "true")
}

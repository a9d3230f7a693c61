//! `herald test`

mod agent;
mod fires;
mod hint;
mod log_since;
mod sample;

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{answer, answer_json};
use super::completions;
use super::controls;
use super::exit::{FAILED, OK};
use super::log::{Entry, short_sound};
use super::paint;
use super::terminal;
use super::times::span;
use herald_audio::AudioManager;
use herald_audio::internals::clock::{Clock, SystemClock};
use herald_audio::internals::config;
use herald_audio::internals::manager::decide::{Action, Circumstances, dispatch};
use herald_audio::internals::payload::Payload;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::system::state_dir;
use hint::{Trouble, explain, explain_outcome};
use log_since::LogSince;
use sample::Sample;

/// Send a sample event through the real hook and report each step
///
/// Says first if no agent would fire the event. Then runs `herald hook` with a payload on standard
/// input, checks the reply, and waits until the player has played the sound or reports why not, and
/// until the event's command has ended. The payload has a session and a throttle key of its own, so
/// that neither recent events nor this test suppress each other; it is counted and logged like any
/// other event.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald test                                  test the Stop event
  herald test Notification/permission_prompt   test a finer key
  herald test PreToolUse/Bash --json           print the steps as JSON
  herald test Stop@codex                       test an event of another agent
  HERALD_OUTPUT=wav:out.wav herald test        test without a sound device

Exit codes:
  0  played, and the event's command ran if it has one
  1  not played, or the command did not run, and a step says why; or failed
  2  wrong usage")]
pub(super) struct Args {
    /// Event, or a finer key such as PreToolUse/Bash
    #[arg(default_value = "Stop", add = completions::events())]
    event: String,
    /// Print JSON, with times in milliseconds
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let manager = AudioManager::new();
    controls::warn_if_muted(&manager);
    let config = manager.config();
    let sample = match Sample::named(&args.event, &config) {
        Ok(sample) => sample,
        Err(what) => {
            terminal::error(&what);
            return FAILED;
        }
    };
    config.issues().iter().for_each(terminal::issue);
    let mut test = Test::new(&manager, &sample);
    let agents = fires::agents(&sample, &config, &Env::process(), manager.project_root());
    match agents {
        Ok(agents) => test.agents = agents,
        Err(trouble) => test.troubled("agent", DOUBTFUL, trouble),
    }
    let heard = test.run().unwrap_or_else(|(step, trouble)| {
        test.troubled(step, STOPPED, trouble);
        false
    });
    manager.notes().iter().for_each(|note| terminal::warn(note));
    let has_stopped = test.steps.iter().any(|step| step.state == STOPPED);
    let code = if has_stopped { FAILED } else { OK };
    match args.json {
        true => answer_json(&test.to_json(heard), code),
        false => answer(&test.words(), code),
    }
}

/// A step from the agent to the sound.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    step: &'static str,
    state: &'static str,
    what: String,
    hint: Option<String>,
    took_ms: Option<f64>,
}

const DONE: &str = "ok";
const DOUBTFUL: &str = "warning";
const STOPPED: &str = "error";

/// The step that failed, and why.
type Stopped = (&'static str, Trouble);

struct Test<'a> {
    manager: &'a AudioManager,
    sample: &'a Sample,
    payload: Value,
    /// The agents that would fire the event.
    agents: Vec<&'static str>,
    steps: Vec<Step>,
    /// The player's log line.
    outcome: Option<Entry>,
}

impl<'a> Test<'a> {
    fn new(manager: &'a AudioManager, sample: &'a Sample) -> Self {
        let marker = format!(
            "herald-test-{}-{}",
            std::process::id(),
            SystemClock.unix_ms()
        );
        let cwd = std::env::current_dir().ok();
        Self {
            payload: sample.payload(&marker, cwd.as_deref()),
            manager,
            sample,
            agents: Vec::new(),
            steps: Vec::new(),
            outcome: None,
        }
    }

    /// Runs every step. Returns whether the sound was played.
    fn run(&mut self) -> Result<bool, Stopped> {
        let payload = self.payload.to_string();
        let what = format!("{}, {} bytes", self.sample.subject(), payload.len());
        self.good("payload", what, None);
        let state_dir = state_dir::find(&Env::process());
        let (state_dir, _) =
            state_dir.map_err(|error| ("state", Trouble::plain(error.to_string())))?;
        let authority = self.manager.authority();
        let authority = authority.map_err(|error| ("output", Trouble::plain(error.to_string())))?;
        let mut watch = LogSince::new(&state_dir, &authority);
        let player_before = watch.player();
        let began = SystemClock.unix_ms();
        let answer = agent::run_hook(payload.as_bytes(), self.sample.agent);
        let time = began..=SystemClock.unix_ms();
        let answer = answer.map_err(|what| ("hook", Trouble::new(what, "herald doctor")))?;
        let ms = tenths(answer.took);
        let what = format!("answered {} in {ms:.1} ms, exit code 0", answer.reply);
        self.good("hook", what, Some(answer.took));
        self.decision(&mut watch, &time)?;
        let key = self.key();
        let line = watch.line_of_player(&key, &time);
        self.unmark(payload.as_bytes());
        match watch.player() {
            Some(status) => {
                let is_new = player_before.is_none_or(|before| before.pid != status.pid);
                let how = if is_new { "started" } else { "running" };
                self.good("player", format!("{how} as process {}", status.pid), None);
            }
            None if line.is_ok() => {
                self.good("player", "played, and has exited since".to_owned(), None)
            }
            None => {}
        }
        let line = line.map_err(|what| {
            (
                "player",
                Trouble::new(what, "run herald player run to see its messages"),
            )
        })?;
        let heard = self.sound(line).unwrap_or_else(|(step, trouble)| {
            self.troubled(step, STOPPED, trouble);
            false
        });
        self.command(&mut watch, &key, began);
        Ok(heard)
    }

    /// What the hook decided, by its log line.
    fn decision(
        &mut self,
        watch: &mut LogSince,
        time: &RangeInclusive<u64>,
    ) -> Result<(), Stopped> {
        let Some(line) = watch.line_of_hook(&self.sample.event, time) else {
            let what = "the hook wrote no line to the log";
            return Err(("decision", Trouble::new(what, "herald doctor")));
        };
        let reason = match line.status.as_str() {
            "sent" => None,
            _ => Some(line.reason.clone().unwrap_or_default()),
        };
        let config = self.manager.config();
        let subject = self.sample.subject();
        let silence = self.manager.silence();
        let refused = reason
            .as_deref()
            .and_then(|reason| explain(reason, &subject, &config, silence));
        if let Some(trouble) = refused {
            return Err(("decision", trouble));
        }
        self.good("decision", self.decision_words(), None);
        reason.map_or(Ok(()), |reason| Err(("player", Trouble::plain(reason))))
    }

    fn decision_words(&self) -> String {
        let config = self.manager.config();
        let sounds = config.sounds(&self.sample.subject());
        let sound = match &sounds[..] {
            [only] => format!("sound {:?}", short_sound(&only.to_string())),
            several => format!("one of {} sounds", several.len()),
        };
        let key = self.key();
        let window = config.window(&key).unwrap_or_default();
        let volume = config.volume_of(&key);
        let window = span(window);
        let command = match config.program(&key) {
            Some((_, program)) => format!(", command {program}"),
            None => String::new(),
        };
        format!("{sound} at volume {volume}{command}, window {window} of {key}")
    }

    /// The finest configured key of the event.
    fn key(&self) -> String {
        self.manager.config().finest_key(&self.sample.subject())
    }

    /// Resets the keys that the test has marked: a permission prompt shares the key of permission
    /// requests.
    fn unmark(&self, payload: &[u8]) {
        let Ok(mut payload) = Payload::parse(payload) else {
            return;
        };
        payload.agent = self.sample.agent;
        self.manager.end_reminders(&payload);
        let cwd = payload.cwd.as_deref().map(Path::new);
        let root = config::project_root(&Env::process(), cwd);
        let circumstances = Circumstances {
            root: root.as_deref(),
            ..Circumstances::default()
        };
        let config = self.manager.config();
        if let Action::Sound { gates, .. } =
            dispatch(&self.sample.event, &payload, &config, &circumstances)
        {
            for gate in gates {
                self.manager.throttle().reset(gate.key.as_str());
            }
        }
    }

    /// The outcome of the sound, by the player's log line.
    fn sound(&mut self, line: Entry) -> Result<bool, Stopped> {
        let output = line.output.as_deref().unwrap_or("?");
        let slow = match line.slow.is_empty() {
            true => String::new(),
            false => format!(", slow: {}", line.slow_steps()),
        };
        let took = line.took_ms.map(Duration::from_millis);
        let sound = short_sound(line.sound.as_deref().unwrap_or_default());
        let ms = line.took_ms.unwrap_or_default();
        let instead = match &line.reason {
            Some(why) => format!(", as a substitute: {why}"),
            None => String::new(),
        };
        let end = match line.status.as_str() {
            "played" => {
                format!("played {sound} to its end on {output} in {ms} ms{slow}{instead}")
            }
            "stopped" => {
                format!("{sound} started on {output}, and a newer sound replaced it{slow}")
            }
            _ => {
                let trouble = match line.volume {
                    Some(0.0) => Trouble::volume_is_0(),
                    _ => explain_outcome(line.reason.as_deref().unwrap_or_default()),
                };
                self.outcome = Some(line);
                return Err(("sound", trouble));
            }
        };
        self.good("sound", end, took);
        self.outcome = Some(line);
        Ok(true)
    }

    /// What became of the command for `key`, if the event has one.
    fn command(&mut self, watch: &mut LogSince, key: &str, began: u64) {
        const STEP: &str = "command";
        let config = self.manager.config();
        let Some((place, program)) = config.program(key) else {
            return;
        };
        let (status, reason) = match watch.line_of_command(key, began) {
            Some(line) => (line.status, line.reason.unwrap_or_default()),
            None => (String::new(), "no line in the log".to_owned()),
        };
        let said = if reason.is_empty() { "" } else { ": " };
        match status.as_str() {
            "ran" => self.good(STEP, format!("{program} ran{said}{reason}"), None),
            _ => self.troubled(
                STEP,
                STOPPED,
                Trouble::new(reason, format!("change {place}")),
            ),
        }
    }

    fn good(&mut self, step: &'static str, what: String, took: Option<Duration>) {
        let Trouble { what, hint } = Trouble::plain(what);
        self.steps.push(Step {
            step,
            state: DONE,
            what,
            hint,
            took_ms: took.map(tenths),
        });
    }

    fn troubled(&mut self, step: &'static str, state: &'static str, trouble: Trouble) {
        let Trouble { what, hint } = trouble;
        self.steps.push(Step {
            step,
            state,
            what,
            hint,
            took_ms: None,
        });
    }

    fn words(&self) -> String {
        let line = |step: &Step| {
            let name = format!("{:15}", step.step);
            let name = match step.state {
                DONE => paint::good(&name),
                DOUBTFUL => paint::doubtful(&name),
                _ => paint::wrong(&name),
            };
            let hint = step
                .hint
                .iter()
                .map(|hint| format!("{:15}hint: {}\n", "", printable(hint)));
            let hint: String = hint.collect();
            let what = terminal::in_lines(&printable(&step.what), 15);
            format!("{name}{what}\n{hint}")
        };
        self.steps.iter().map(line).collect()
    }

    fn to_json(&self, heard: bool) -> Value {
        let line = self.outcome.as_ref();
        json!({
            "event": self.sample.subject(),
            "key": self.key(),
            "agents": self.agents,
            "heard": heard,
            "payload": self.payload,
            "steps": self.steps,
            "sound": line.and_then(|line| line.sound.as_deref()),
            "output": line.and_then(|line| line.output.as_deref()),
            "slow": line.map(|line| &line.slow),
        })
    }
}

/// In milliseconds, to a tenth.
fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

//! `herald test`

mod agent;
mod hint;
mod sample;
mod word;

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{NO_ANSWER, answer, answer_json};
use super::log::{Entry, short_sound};
use super::paint;
use super::terminal::complain;
use herald_audio::clock::{Clock, SystemClock};
use herald_audio::config;
use herald_audio::manager::AudioManager;
use herald_audio::manager::decide::{Action, Circumstances, dispatch};
use herald_audio::payload::Payload;
use herald_audio::system::env::Env;
use herald_audio::system::printable::printable;
use herald_audio::system::state_dir;
use hint::{Trouble, explain};
use sample::Sample;
use word::LogSince;

/// Fire a sample event through the whole path, as an agent would, and tell each step
///
/// Runs the hook program with a payload of its own on standard input, checks its reply, and waits
/// until the player has made the sound or says why not. The payload is of a session and with a
/// throttle key of its own, so that neither an event of a moment ago nor this test suppresses the
/// other; it is counted, logged and heard like any other event.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald test                                  is Stop heard?
  herald test Notification/permission_prompt   a finer key
  herald test PreToolUse/Bash --json           the same for a script
  HERALD_OUTPUT=wav:out.wav herald test        leave the device out of it

Exit codes:
  0  it was heard
  1  it was not: standard output says what stopped it, and how to mend it
  2  wrong usage, or no answer: standard error says why")]
pub(super) struct Args {
    /// The event, or what it is about after a slash
    #[arg(default_value = "Stop")]
    event: String,
    /// Write JSON, with times in milliseconds
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let manager = AudioManager::new();
    let config = manager.config();
    let sample = match Sample::named(&args.event, &config) {
        Ok(sample) => sample,
        Err(what) => {
            complain(&what);
            return NO_ANSWER;
        }
    };
    config.issues().iter().for_each(|issue| complain(issue));
    let mut test = Test::new(&manager, &sample);
    let heard = test.run().unwrap_or_else(|(step, trouble)| {
        test.stopped(step, trouble);
        false
    });
    manager.notes().iter().for_each(|note| complain(note));
    let code = u8::from(!heard);
    match args.json {
        true => answer_json(&test.to_json(heard), code),
        false => answer(&test.words(), code),
    }
}

/// A step on the way from the agent to the sound.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    step: &'static str,
    state: &'static str,
    what: String,
    hint: Option<String>,
    took_ms: Option<f64>,
}

const GOOD: &str = "good";
const WRONG: &str = "wrong";

/// Where it stopped, and why.
type Stopped = (&'static str, Trouble);

struct Test<'a> {
    manager: &'a AudioManager,
    sample: &'a Sample,
    payload: Value,
    steps: Vec<Step>,
    /// The player's word.
    word: Option<Entry>,
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
            steps: Vec::new(),
            word: None,
        }
    }

    /// Goes the whole way. Returns whether it was heard.
    fn run(&mut self) -> Result<bool, Stopped> {
        let payload = self.payload.to_string();
        let what = format!("{}, {} bytes", self.sample.subject(), payload.len());
        self.good("payload", what, None);
        let state_dir = state_dir::find(&Env::process());
        let (state_dir, _) =
            state_dir.map_err(|error| ("state", Trouble::told(error.to_string())))?;
        let authority = self.manager.authority();
        let authority = authority.map_err(|error| ("output", Trouble::told(error.to_string())))?;
        let mut watch = LogSince::new(&state_dir, &authority);
        let player_before = watch.player();
        let began = SystemClock.unix_ms();
        let answer = agent::run_hook(payload.as_bytes());
        let time = began..=SystemClock.unix_ms();
        let answer = answer.map_err(|what| ("hook", Trouble::new(what, "herald doctor")))?;
        let ms = tenths(answer.took);
        let what = format!("answered {} in {ms} ms, exit code 0", answer.reply);
        self.good("hook", what, Some(answer.took));
        self.decision(&mut watch, &time)?;
        let key = self.key();
        let word = watch.word_of_player(&key, &time);
        self.unmark(payload.as_bytes());
        match watch.player() {
            Some(status) => {
                let is_new = player_before.is_none_or(|before| before.pid != status.pid);
                let how = if is_new { "started" } else { "running" };
                self.good("player", format!("{how} as process {}", status.pid), None);
            }
            None if word.is_ok() => {
                self.good("player", "has been there, and left".to_owned(), None)
            }
            None => {}
        }
        let word =
            word.map_err(|what| ("player", Trouble::new(what, "herald player run tells more")))?;
        self.sound(word)
    }

    /// What the hook decided, by its own word.
    fn decision(
        &mut self,
        watch: &mut LogSince,
        time: &RangeInclusive<u64>,
    ) -> Result<(), Stopped> {
        let Some(word) = watch.word_of_hook(&self.sample.event, time) else {
            let what = "the hook left no word in the log";
            return Err(("decision", Trouble::new(what, "herald doctor")));
        };
        let reason = match word.status.as_str() {
            "sent" => None,
            _ => Some(word.reason.clone().unwrap_or_default()),
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
        reason.map_or(Ok(()), |reason| Err(("player", Trouble::told(reason))))
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
        let window = humantime::format_duration(window);
        format!("{sound} at volume {volume}, window {window} of {key}")
    }

    /// The finest configured key of the event.
    fn key(&self) -> String {
        self.manager.config().finest_key(&self.sample.subject())
    }

    /// Lets what the test has marked in the throttle fire again: for a permission prompt that is
    /// the key of permission requests, which others share.
    fn unmark(&self, payload: &[u8]) {
        let Ok(payload) = Payload::parse(payload) else {
            return;
        };
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

    /// What became of the sound, by the player's word.
    fn sound(&mut self, word: Entry) -> Result<bool, Stopped> {
        let output = word.output.as_deref().unwrap_or("?");
        let slow = match word.slow.is_empty() {
            true => String::new(),
            false => format!(", slow: {}", word.slow_steps()),
        };
        let took = word.took_ms.map(Duration::from_millis);
        let sound = short_sound(word.sound.as_deref().unwrap_or_default());
        let ms = word.took_ms.unwrap_or_default();
        let instead = match &word.reason {
            Some(why) => format!(", in place of another: {why}"),
            None => String::new(),
        };
        let end = match word.status.as_str() {
            "played" => {
                format!("{sound} played to its end on {output}, {ms} ms in all{slow}{instead}")
            }
            "stopped" => format!("{sound} began on {output}, and made way for a newer one{slow}"),
            _ => {
                let reason = word.reason.clone().unwrap_or_default();
                self.word = Some(word);
                return Err(("sound", Trouble::told(reason)));
            }
        };
        self.good("sound", end, took);
        self.word = Some(word);
        Ok(true)
    }

    fn good(&mut self, step: &'static str, what: String, took: Option<Duration>) {
        self.steps.push(Step {
            step,
            state: GOOD,
            what,
            hint: None,
            took_ms: took.map(tenths),
        });
    }

    fn stopped(&mut self, step: &'static str, trouble: Trouble) {
        let Trouble { what, hint } = trouble;
        self.steps.push(Step {
            step,
            state: WRONG,
            what,
            hint,
            took_ms: None,
        });
    }

    fn words(&self) -> String {
        let line = |step: &Step| {
            let name = format!("{:15}", step.step);
            let name = match step.state {
                GOOD => paint::good(&name),
                _ => paint::wrong(&name),
            };
            let hint = step.hint.as_ref().map(|hint| format!(" ({hint})"));
            let what = printable(format!("{}{}", step.what, hint.unwrap_or_default()));
            format!("{name}{what}\n")
        };
        self.steps.iter().map(line).collect()
    }

    fn to_json(&self, heard: bool) -> Value {
        let word = self.word.as_ref();
        json!({
            "event": self.sample.subject(),
            "key": self.key(),
            "heard": heard,
            "payload": self.payload,
            "steps": self.steps,
            "sound": word.and_then(|word| word.sound.as_deref()),
            "output": word.and_then(|word| word.output.as_deref()),
            "slow": word.map(|word| &word.slow),
        })
    }
}

/// In milliseconds, to a tenth.
fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

//! `herald status`

mod events;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::answer::{answer, answer_json, counts_to_json};
use super::controls::{self, Now};
use super::exit::OK;
use super::run::PLAYER_PATIENCE;
use super::terminal::{self, HINT};
use super::times::{ago, ms, span};
use super::{config, paint, player};
use events::Heard;
use herald_audio::AudioManager;
use herald_audio::internals::config::{Config, QuietHours, rounded};
use herald_audio::internals::controls::{Controls, Silence};
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::player::protocol::Status;
use herald_audio::internals::player::{TO_HAVE_IT, program};
use herald_audio::internals::sound::Output;
use herald_audio::internals::state_file::Storage;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::system::state_dir;

/// The width of lines that do not go to a terminal.
const USUAL_WIDTH: usize = 80;

/// Show what is configured, playing and muted, and when each event last sounded
///
/// Lists events that are on, and others that hooks have reported. An indented row is a configured
/// finer key. HEARD comes from the log, which covers all projects but is rotated, and from the
/// throttle, which covers this project. Counts cover all projects since the state directory was
/// created.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald status
  herald status --all                   also list events that are off
  herald status --watch                 events as they come, and agents
  herald status --line                  one word, for the status line of tmux or an agent
  herald status --json | jq '.events[] | select(.failed > 0)'")]
pub(super) struct Args {
    /// List every event
    #[arg(long)]
    all: bool,
    /// Print one word for a status line: on, muted, snoozed, quiet, or failed, if the last sound has
    #[arg(long, conflicts_with_all = ["all", "json"])]
    line: bool,
    /// Show events as they come, on a screen, until you press q
    #[arg(long, conflicts_with_all = ["all", "line", "json"])]
    pub(super) watch: bool,
    /// Print JSON, with times in milliseconds since 1970
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let manager = AudioManager::new();
    if args.line {
        return answer(&format!("{}\n", word(&manager)), OK);
    }
    let mut state = State::of(&manager);
    let heard = state.state_dir.as_deref().map(Heard::read);
    let heard = heard.unwrap_or_default();
    let events = events::of(&manager, &heard, args.all);
    state.rules = Rule::all(&manager, &state.config, &heard);
    state.failure = heard.failure;
    let code = match args.json {
        true => answer_json(&state.to_json(&events), OK),
        false => {
            let width = terminal::width().unwrap_or(USUAL_WIDTH);
            let table = events::table(&events, state.now.unix_ms(), width);
            answer(&format!("{}\n{table}", state.words()), OK)
        }
    };
    manager.notes().iter().for_each(|note| terminal::warn(note));
    code
}

/// Whether sounds are audible now, in a word. Asks no player, because a status line asks often.
fn word(manager: &AudioManager) -> &'static str {
    let has_failed = || {
        let dir = state_dir::find(&Env::process()).map(|(dir, _)| dir);
        dir.is_ok_and(|dir| Heard::read(&dir).failure.is_some())
    };
    match manager.silence() {
        Some(silence) => silence.reason(),
        None if quiet_hours_now(&manager.config()).is_some() => "quiet",
        None if has_failed() => "failed",
        None => "on",
    }
}

/// The quiet hours that apply now.
fn quiet_hours_now(config: &Config) -> Option<QuietHours> {
    let now = jiff::ZonedDateTime::now().datetime();
    let mut all = config.quiet_hours().iter();
    all.find(|hours| hours.cover(now)).cloned()
}

/// What applies to all events.
struct State {
    config: Arc<Config>,
    controls: Controls,
    silence: Option<Silence>,
    /// Since when everything is muted, if it is and that is known.
    muted_since: Option<SystemTime>,
    now: Now,
    /// The quiet hours that apply now.
    quiet_hours: Option<QuietHours>,
    player: Result<Option<Status>, String>,
    output: Result<Output, String>,
    state_dir: Option<PathBuf>,
    storage: Storage,
    /// The config files that exist.
    config_files: Vec<(config::State, PathBuf)>,
    problems: Vec<String>,
    rules: Vec<Rule>,
    /// Why the last sound failed, if it did.
    failure: Option<String>,
}

/// A rule in force whose effects are recorded.
struct Rule {
    key: String,
    value: String,
    /// What it does to an event.
    effect: &'static str,
    /// When it last did so, in milliseconds since 1970-01-01 UTC.
    last_effect: Option<u64>,
    /// When it last failed instead, and why, if the log knows it.
    last_failure: Option<u64>,
    failure: Option<String>,
}

impl Rule {
    fn all(manager: &AudioManager, config: &Config, heard: &Heard) -> Vec<Self> {
        let last = |record: &str| {
            let at = manager.last_effect(record)?;
            Some(ms(at.duration_since(UNIX_EPOCH).unwrap_or_default()))
        };
        let failure = |key: &str| {
            let is_its = |event: &str| config.program(event).is_some_and(|(its, _)| its == key);
            let mut failures = heard.failed_commands.iter();
            let (_, why) = failures.rfind(|(event, _)| is_its(event))?;
            Some(why.clone())
        };
        let rules = config.rules_in_force().filter_map(|rule| {
            let last_effect = last(&rule.record);
            // What is so by default is of interest once it did something.
            (last_effect.is_some() || !rule.is_default).then(|| Self {
                last_effect,
                last_failure: rule.failure_record.as_deref().and_then(last),
                failure: failure(&rule.key),
                key: rule.key,
                value: rule.value,
                effect: rule.effect,
            })
        });
        rules.collect()
    }

    fn words(&self, unix_ms: u64) -> String {
        let Self { key, value, .. } = self;
        let ago = |at| ago(Duration::from_millis(unix_ms.saturating_sub(at)));
        let last = match (self.last_effect, self.last_failure) {
            (ran, Some(failed)) if ran.is_none_or(|ran| ran < failed) => {
                let why = self
                    .failure
                    .as_deref()
                    .unwrap_or("see `herald log --failed`");
                format!("last failed {}: {why}", ago(failed))
            }
            (Some(at), _) => format!("last {} {}", self.effect, ago(at)),
            (None, _) => "not applied yet".to_owned(),
        };
        printable(format!("{key} {value}: {last}"))
    }

    fn to_json(&self) -> Value {
        json!({
            "key": self.key,
            "value": self.value,
            "lastEffect": self.last_effect,
            "lastFailure": self.last_failure,
            "failure": self.failure,
        })
    }
}

impl State {
    fn of(manager: &AudioManager) -> Self {
        let env = Env::process();
        let config = manager.config();
        let state_dir = state_dir::find(&env).map(|(dir, _)| dir);
        let authority = manager.authority().map_err(|error| error.to_string());
        let player = match (&state_dir, &authority) {
            (Ok(dir), Ok(authority)) => PlayerClient::new(dir, authority)
                .status(PLAYER_PATIENCE)
                .map_err(|error| error.to_string())
                .and_then(|status| match status {
                    None if !program().exists() => {
                        Err(format!("missing: no sound can play{HINT}{TO_HAVE_IT}"))
                    }
                    status => Ok(status),
                }),
            (Err(error), _) => Err(error.to_string()),
            // `output` has that error.
            (_, Err(_)) => Ok(None),
        };
        Self {
            quiet_hours: quiet_hours_now(&config),
            controls: manager.controls(),
            silence: manager.silence(),
            muted_since: manager.muted_since(),
            now: Now::local(),
            player,
            output: authority.map(|authority| authority.output),
            state_dir: state_dir.ok(),
            storage: manager.throttle().state_file().health().storage,
            problems: manager.notes(),
            failure: None,
            config_files: {
                let files = config::states(manager).into_iter();
                let exists = |file: &(config::State, _)| file.0 != config::State::Missing;
                files.filter(exists).collect()
            },
            rules: Vec::new(),
            config,
        }
    }

    fn words(&self) -> String {
        let place = match &self.state_dir {
            Some(dir) => shown(dir),
            None => paint::wrong("none"),
        };
        let state = match self.storage {
            Storage::Mapped => place,
            storage => format!("{place} ({storage})"),
        };
        let rules = self.rules.iter();
        let rules = rules.map(|rule| ("rule", rule.words(self.now.unix_ms())));
        let lines = [
            ("config", self.config_words()),
            ("pack", self.pack_words()),
            ("volume", self.volume_words()),
            ("sound", self.sound_words()),
            ("player", self.player_words()),
            ("output", self.output_words()),
            ("state", state),
        ];
        let line = |(name, words): (&str, String)| format!("{name:8}{words}\n");
        lines.into_iter().chain(rules).map(line).collect()
    }

    fn config_words(&self) -> String {
        let files: Vec<_> = self.config_files.iter().map(config_file).collect();
        let files = match files.is_empty() {
            true => "no config file; built-in defaults apply".to_owned(),
            false => files.join("\n        "),
        };
        match self.config.issues().is_empty() {
            true => files,
            false => {
                let mistakes = paint::doubtful("with mistakes; run `herald config check`");
                format!("{files}\n        {mistakes}")
            }
        }
    }

    fn pack_words(&self) -> String {
        let config = &self.config;
        match (config.active_packs(), config.active_pack_dir()) {
            ([], _) => "none".to_owned(),
            ([name], Some(dir)) => format!("{} in {}", printable(name), shown(&dir)),
            ([name], None) => {
                let gone = format!(
                    "{} is not installed; run `herald pack list`",
                    printable(name)
                );
                paint::doubtful(&gone)
            }
            (names, _) => {
                let rotation = config.rotation().name();
                format!("{} ({rotation})", printable(names.join(", ")))
            }
        }
    }

    fn volume_words(&self) -> String {
        let volume = self.config.volume();
        match self.controls.thousandths() {
            Some(_) => {
                let master = controls::volume_of(self.controls);
                format!("{volume} (configured), master volume {master}")
            }
            None => format!("{volume} (configured)"),
        }
    }

    /// Whether sounds are audible now.
    fn sound_words(&self) -> String {
        match self.silence {
            Some(silence) => paint::doubtful(&match self.muted_since {
                Some(since) => format!("{}; `herald unmute` ends it", self.now.muted(since)),
                None => self.now.silence(silence),
            }),
            None => match &self.quiet_hours {
                Some(hours) => paint::doubtful(&format!("quiet hours, {hours}")),
                None => match &self.failure {
                    Some(why) => {
                        let why = printable(why);
                        paint::wrong(&format!("the last sound failed: {why}"))
                    }
                    None => paint::good("on"),
                },
            },
        }
    }

    fn player_words(&self) -> String {
        match &self.player {
            Ok(Some(status)) => {
                let time = Duration::from_secs(status.running_ms / 1_000);
                let time = span(time);
                let Status { pid, open, .. } = status;
                format!("running for {time} as process {pid}, {open} playing or waiting")
            }
            Ok(None) => "not running; the next sound starts it".to_owned(),
            Err(error) => paint::wrong(&printable(error)),
        }
    }

    fn output_words(&self) -> String {
        match &self.output {
            Ok(output) => printable(output),
            Err(error) => paint::wrong(&printable(error)),
        }
    }

    fn to_json(&self, events: &events::Events) -> Value {
        let config = &self.config;
        let files: Vec<_> = config.sources().map(Path::to_string_lossy).collect();
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let pack = config.active_pack().map(
            |name| json!({ "name": name, "path": config.active_pack_dir().as_ref().map(text) }),
        );
        let packs = config.active_packs();
        let quiet = self.quiet_hours.as_ref().map(|_| "quiet hours");
        let troubles = [self.player.as_ref().err(), self.output.as_ref().err()];
        let problems = troubles.into_iter().flatten().chain(&self.problems);
        json!({
            "config": { "files": files, "issues": config.issues().len() },
            "pack": pack,
            "packs": packs,
            "rotation": config.rotation().name(),
            "volume": rounded(config.volume()),
            "controls": controls::to_json(self.controls, self.now.unix_ms()),
            "failure": self.failure,
            "silence": self.silence.map(Silence::reason).or(quiet),
            "quietHours": config.quiet_hours().iter().map(QuietHours::to_json).collect::<Vec<_>>(),
            "rules": self.rules.iter().map(Rule::to_json).collect::<Vec<_>>(),
            "player": self.player.iter().flatten().next().map(player::to_json),
            "output": self.output.as_ref().ok().map(ToString::to_string),
            "stateDir": self.state_dir.as_ref().map(text),
            "storage": self.storage.to_string(),
            "problems": problems.collect::<Vec<_>>(),
            "events": events.to_json(),
            "otherEvents": events.others.map(counts_to_json),
        })
    }
}

fn config_file((state, file): &(config::State, PathBuf)) -> String {
    match state {
        config::State::Used | config::State::UsedWithMistakes => shown(file),
        state => format!("{} ({})", shown(file), state.words()),
    }
}

fn shown(path: &Path) -> String {
    printable(path.to_string_lossy())
}

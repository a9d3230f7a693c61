//! `herald throttle`

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::answer::{count_cells, counted, counts_to_json, finish};
use super::completions;
use super::exit::{FAILED, OK};
use super::table::table;
use super::terminal::{self, HINT};
use super::times::{ms, span};
use super::values::{key, window};
use herald_audio::AudioManager;
use herald_audio::internals::event::{EVENTS, Meant, counter_line};
use herald_audio::internals::manager::KnownFiring;
use herald_audio::internals::nearest::nearest;
use herald_audio::internals::state_file::Counts;
use herald_audio::internals::system::printable::printable;

/// Limit how often a script does something: at most once per window
///
/// All processes of a user share one throttle: of any number that ask at the same moment, one is
/// admitted. KEY is any name. For `check` and `peek`, the name of an event is a key of its own; hooks
/// use one key per event and project, which `reset` resets, too.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald throttle check build --window 30s && notify-send 'built'
  herald throttle peek build --window 30s    ask without marking it as fired
  herald throttle list                       show what fired, and when
  herald throttle reset build                let it fire again now

Exit codes:
  0  admitted (check, peek), or done
  1  suppressed (check, peek), or failed
  2  wrong usage")]
pub(super) enum ThrottleCommand {
    /// Ask whether KEY may fire now; if so, mark it as fired
    Check(CheckArgs),
    /// Ask whether KEY could fire now, and mark nothing
    Peek(CheckArgs),
    Reset(ResetArgs),
    /// List what fired and when, and how many hooks were admitted and suppressed
    List(ListArgs),
}

#[derive(clap::Args, Debug)]
pub(super) struct CheckArgs {
    /// Any name
    #[arg(value_parser = key, add = completions::keys())]
    key: String,
    /// Admit at most once in this time: 500ms, 30s, 5m, 1h 30m; a number alone is seconds
    #[arg(long, value_parser = window, allow_hyphen_values = true)]
    window: Duration,
    /// Print JSON, with times in milliseconds
    #[arg(long)]
    json: bool,
}

/// Let KEY, or every key, fire again now
///
/// The name of an event also resets its hooks in this project (everywhere, if its scope is global)
/// and its configured finer keys, such as PreToolUse/Bash. Only --all resets keys that contain a
/// notification's message, a payload's marker or a session.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald throttle reset build
  herald throttle reset Stop                 let the next Stop in this project sound
  herald throttle reset PreToolUse/Bash      only this finer key
  herald throttle reset --all                forget every firing")]
pub(super) struct ResetArgs {
    #[command(flatten)]
    which: Which,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct Which {
    /// Any name, or an event in any spelling
    #[arg(value_parser = key, add = completions::keys())]
    key: Option<String>,
    /// Reset every key of this user
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct ListArgs {
    /// Print JSON, with times in milliseconds since 1970
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &ThrottleCommand) -> u8 {
    let manager = AudioManager::new();
    let code = match command {
        ThrottleCommand::Check(args) => answer(check(&manager, args), args.json),
        ThrottleCommand::Peek(args) => answer(manager.peek(&args.key, args.window), args.json),
        ThrottleCommand::Reset(args) => reset(&manager, args),
        ThrottleCommand::List(args) => finish(list(&manager, args)),
    };
    // After the answer: some problems appear only when the throttle is asked.
    manager.notes().iter().for_each(|note| terminal::warn(note));
    code
}

fn check(manager: &AudioManager, args: &CheckArgs) -> Option<Duration> {
    manager.admit(&args.key, args.window).retry_after()
}

/// The exit code is the answer even if the text cannot be written: the key is marked by now.
fn answer(retry_after: Option<Duration>, is_json: bool) -> u8 {
    let (words, code) = match retry_after {
        None => ("admitted".to_owned(), OK),
        Some(retry_after) => {
            let time = span(retry_after);
            (format!("suppressed: may fire again in {time}"), FAILED)
        }
    };
    let json = json!({
        "admitted": retry_after.is_none(),
        "retryAfterMs": retry_after.map(ms),
    });
    finish(match is_json {
        true => terminal::say_json(&format!("{json}\n")),
        false => terminal::say(&(words + "\n")),
    });
    code
}

fn reset(manager: &AudioManager, args: &ResetArgs) -> u8 {
    let mut hint = String::new();
    let (words, count) = match &args.which.key {
        Some(key) if manager.reset(key) => (format!("{key} may fire again now"), 1),
        Some(key) => {
            let words = format!("{key} has not fired since its last reset");
            if let Some(meant) = meant(manager, key) {
                hint = format!("hint: did you mean {meant}?\n");
            }
            (words, 0)
        }
        None => {
            let count = manager.throttle().reset_all();
            let words = format!("{} may fire again now", counted(count, "key"));
            (words, count)
        }
    };
    if manager.throttle().state_file().health().has_decided_alone {
        terminal::error(&format_args!(
            "cannot reset the shared throttle: its file cannot be used{HINT}herald doctor"
        ));
        return FAILED;
    }
    finish(match args.json {
        true => terminal::say_json(&format!("{}\n", json!({ "reset": count }))),
        false => terminal::say(&format!("{}\n{hint}", printable(words))),
    })
}

/// The event or fired key that `key`, which has not fired, is likely to mean.
fn meant(manager: &AudioManager, key: &str) -> Option<String> {
    let event = Meant::by(key).map(|meant| meant.to_string());
    event.or_else(|| {
        let fired = manager.firings();
        let names = fired.iter().map(|known| known.name.as_str());
        nearest(key, names)
            .filter(|name| *name != key)
            .map(printable)
    })
}

fn list(manager: &AudioManager, args: &ListArgs) -> io::Result<()> {
    let state = manager.throttle().state_file();
    let firings = manager.firings();
    let unnamed = manager
        .throttle()
        .firings()
        .len()
        .saturating_sub(firings.len());
    let counts = |name| {
        state
            .counts(counter_line(name))
            .filter(|counts| *counts != Counts::default())
    };
    let mut counted: Vec<_> = EVENTS
        .iter()
        .filter_map(|event| Some((event.name, counts(event.name)?)))
        .collect();
    counted.extend(counts("").map(|counts| ("other events", counts)));

    if args.json {
        let events = counted.into_iter();
        let events = events.map(|(name, counts)| (name.to_owned(), counts_to_json(counts)));
        let health = state.health();
        let list = json!({
            "storage": health.storage.to_string(),
            "problems": health.problems,
            "keys": firings.iter().map(to_json).collect::<Vec<_>>(),
            "unnamedKeys": unnamed,
            "events": events.collect::<Map<_, _>>(),
        });
        return terminal::say_json(&format!("{list:#}\n"));
    }
    let now = SystemTime::now();
    let rows = firings
        .iter()
        .map(|known| [title(known), since(known, now)]);
    let mut words = table(["KEY", "LAST FIRED"], rows);
    if unnamed > 0 {
        words += &format!(
            "and {unnamed} whose names are not stored: hooks of other projects, messages, turns, sessions, rules\n"
        );
    }
    if !counted.is_empty() {
        let rows = counted.iter().map(|(name, counts)| {
            let [admitted, suppressed, failed] = count_cells(Some(*counts));
            [(*name).to_owned(), admitted, suppressed, failed]
        });
        let headings = ["HOOK EVENT", "ADMITTED", "SUPPRESSED", "FAILED"];
        words.push('\n');
        words += &table(headings, rows);
    }
    terminal::say(&words)
}

fn title(known: &KnownFiring) -> String {
    let name = &known.name;
    match &known.project {
        Some(project) => format!("{name} in {}", project.to_string_lossy()),
        None => name.clone(),
    }
}

fn since(known: &KnownFiring, now: SystemTime) -> String {
    // A clock that was set back makes it the future.
    let age = now.duration_since(known.firing.at).unwrap_or_default();
    let age = span(Duration::from_secs(age.as_secs()));
    let cancelled = if known.firing.is_cancelled {
        ", may fire again"
    } else {
        ""
    };
    format!("{age} ago{cancelled}")
}

fn to_json(known: &KnownFiring) -> Value {
    let at = known
        .firing
        .at
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    json!({
        "name": known.name,
        "project": known.project.as_deref().map(Path::to_string_lossy),
        "lastFired": ms(at),
        "cancelled": known.firing.is_cancelled,
    })
}

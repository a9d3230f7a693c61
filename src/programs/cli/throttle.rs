//! `herald throttle`

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::answer::{NO_ANSWER, count_cells, counts_to_json, table, told};
use super::terminal::{self, complain};
use super::times::ms;
use super::values::{key, window};
use herald_audio::event::{EVENTS, counter_line};
use herald_audio::manager::{AudioManager, KnownFiring};
use herald_audio::state_file::Counts;
use herald_audio::system::printable::printable;

/// Ask the throttle from a script: may this happen now, or did it a moment ago?
///
/// All processes of a user share one throttle. A key is any name; that of an event may be spelled
/// in any way, and is not the key of the event's hooks, which have one for each project. Of any
/// number of processes that ask at the same moment, one is admitted.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald throttle check build --window 30s && notify-send 'built'
  herald throttle peek build --window 30s    is it still quiet?
  herald throttle list                       what fired, and when
  herald throttle reset build                let it fire again at once

Exit codes:
  0  may fire (check, peek), done (reset, list)
  1  fired less than a window ago: standard output says how long to wait
  2  wrong usage, or no answer: standard error says why")]
pub(super) enum ThrottleCommand {
    /// Ask whether KEY may fire now, and mark it as fired if so
    Check(CheckArgs),
    /// Ask whether KEY could fire now; marks nothing
    Peek(CheckArgs),
    Reset(ResetArgs),
    /// List what fired and when, and how often hooks were admitted and suppressed
    List(ListArgs),
}

#[derive(clap::Args, Debug)]
pub(super) struct CheckArgs {
    /// Any name; events may be spelled in any way
    #[arg(value_parser = key)]
    key: String,
    /// At most once in this time: 500ms, 30s, 5m, 1h 30m; a number alone is seconds
    #[arg(long, value_parser = window)]
    window: Duration,
}

/// Let KEY, or every key, fire again at once
///
/// For an event that is also what its hooks in this project ask for, and those everywhere if its
/// scope is global; with the finer keys of it that are configured, such as PreToolUse/Bash. What
/// is left are keys that nobody can guess: of notifications with a message, of payloads with a
/// marker, and of events whose scope is a session. Those go with --all.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald throttle reset build
  herald throttle reset Stop                 let the next Stop of this project be heard
  herald throttle reset PreToolUse/Bash      only this finer key
  herald throttle reset --all                begin anew")]
#[group(required = true, multiple = false)]
pub(super) struct ResetArgs {
    /// The key: any name, or an event, spelled in any way
    #[arg(value_parser = key)]
    key: Option<String>,
    /// Every key of this user, whatever its name
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct ListArgs {
    /// Write JSON, with times in milliseconds since 1970
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &ThrottleCommand) -> u8 {
    let manager = AudioManager::new();
    let code = match command {
        ThrottleCommand::Check(args) => answer(check(&manager, args)),
        ThrottleCommand::Peek(args) => answer(manager.peek(&args.key, args.window)),
        ThrottleCommand::Reset(args) => reset(&manager, args),
        ThrottleCommand::List(args) => told(list(&manager, args)),
    };
    // After the answer: some troubles show only when it is asked for.
    manager.notes().iter().for_each(|note| complain(note));
    code
}

fn check(manager: &AudioManager, args: &CheckArgs) -> Option<Duration> {
    manager.admit(&args.key, args.window).retry_after()
}

/// The exit code tells the answer, whether or not anybody reads the words: a key is marked by now.
fn answer(retry_after: Option<Duration>) -> u8 {
    let (words, code) = match retry_after {
        None => ("admitted".to_owned(), 0),
        Some(retry_after) => {
            let time = humantime::format_duration(retry_after);
            (format!("suppressed: may fire again in {time}"), 1)
        }
    };
    told(terminal::say(&(words + "\n")));
    code
}

fn reset(manager: &AudioManager, args: &ResetArgs) -> u8 {
    let words = match &args.key {
        Some(key) if manager.reset(key) => format!("{key} may fire again at once"),
        Some(key) => format!("{key} had not fired, or was reset already"),
        None => format!(
            "{} keys may fire again at once",
            manager.throttle().reset_all()
        ),
    };
    if manager.throttle().state_file().health().has_decided_alone {
        complain(&"cannot reset what other processes share");
        return NO_ANSWER;
    }
    told(terminal::say(&(printable(words) + "\n")))
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
            "and {unnamed} whose names are not kept: hooks of other projects, and messages\n"
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
    let age = humantime::format_duration(Duration::from_secs(age.as_secs()));
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

//! `herald events`

use serde_json::{Value, json};

use super::answer::{answer, answer_json, listed};
use super::completions;
use super::config_file::ConfigFile;
use super::exit::{FAILED, OK};
use super::install;
use super::log::short_sound;
use super::preset::PRESETS;
use super::table::table;
use super::terminal::{self, HINT};
use crate::agent::{self, Registered, Scope};
use herald_audio::internals::config::{Config, Key};
use herald_audio::internals::event::{EVENTS, Event, Meant};
use herald_audio::internals::nearest::nearest;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::trust::Owner;
use herald_audio::{AudioManager, Result};

/// List the events, or switch them on and off
///
/// Shows for each event whether it sounds, which sound it has, and the agents that have a hook for it.
#[derive(clap::Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  herald events                     list them
  herald events on SessionStart     switch one on, and register its hook
  herald events off StopFailure Notification/idle_prompt
  herald events on 'PreToolUse/Bash:git commit*' SessionStart@codex
  herald events preset screen-reader
                                    hear each step: quiet ticks, and how it ended
  herald events --json | jq '.[] | select(.enabled)'

Exit codes:
  0  done
  1  failed, or an agent will not run the hook
  2  wrong usage"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<EventsCommand>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand, Debug)]
enum EventsCommand {
    /// Switch events on in your config, and register what they need with every agent that runs Herald
    On(Switched),
    /// Switch events off in your config; their hooks stay and make no sound
    Off(Switched),
    /// Write the settings of several events into your config, and register what they need
    Preset(PresetArgs),
}

#[derive(clap::Args, Debug)]
struct PresetArgs {
    /// screen-reader: quiet ticks when a tool starts and ends, other sounds for success and failure
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
struct Switched {
    /// Event, or a finer key such as PreToolUse/Bash
    #[arg(required = true, value_name = "EVENT", add = completions::events())]
    events: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<u8> {
    match &args.command {
        None => Ok(list(args.json)),
        Some(EventsCommand::On(switched)) => switch(switched, true),
        Some(EventsCommand::Off(switched)) => switch(switched, false),
        Some(EventsCommand::Preset(args)) => preset(args),
    }
}

/// A row of the list.
struct Row {
    /// An event, or a finer key of it.
    name: String,
    is_enabled: bool,
    sounds: Vec<String>,
    /// Where hooks for it are registered.
    places: Vec<(&'static str, Scope, String)>,
}

fn list(is_json: bool) -> u8 {
    let (env, manager) = (Env::process(), AudioManager::new());
    let config = manager.config();
    config.issues().iter().for_each(terminal::issue);
    let registered = agent::registered(&env, manager.project_root());
    let registered: Vec<_> = registered.into_iter().flatten().collect();
    let rows: Vec<_> = EVENTS
        .iter()
        .flat_map(|event| rows(event, &config, &registered))
        .collect();
    match is_json {
        true => answer_json(&rows.iter().map(Row::to_json).collect(), OK),
        false => {
            let cells = rows.iter().map(Row::cells);
            answer(
                &table(["EVENT", "STATE", "SOUND", "REGISTERED WITH"], cells),
                OK,
            )
        }
    }
}

/// The rows of `event` and of its finer keys in the config.
fn rows(event: &'static Event, config: &Config, registered: &[Registered]) -> Vec<Row> {
    let place = |file: &Registered| {
        let path = file.file.to_string_lossy().into_owned();
        (file.agent.title, file.scope, path)
    };
    let places = |name: &str| {
        let key = Key::of(name);
        let is_for = |file: &&Registered| {
            let is_agents = key.agent.is_none_or(|agent| agent == file.agent);
            is_agents && file.has(event.name, key.about)
        };
        registered.iter().filter(is_for).map(place).collect()
    };
    let finer = config.finer_keys(event.name);
    let row = |name: &str| Row {
        is_enabled: config.is_enabled(name),
        sounds: config
            .sounds(name)
            .iter()
            .map(ToString::to_string)
            .collect(),
        places: places(name),
        name: name.to_owned(),
    };
    [event.name].into_iter().chain(finer).map(row).collect()
}

impl Row {
    fn cells(&self) -> [String; 4] {
        let sound = match &self.sounds[..] {
            [] => "none".to_owned(),
            [only] => short_sound(only).to_owned(),
            several => format!("{} sounds", several.len()),
        };
        let places = self.places.iter();
        let agents = places.map(|(agent, scope, _)| match scope {
            Scope::User => (*agent).to_owned(),
            Scope::Project => format!("{agent} (project)"),
            Scope::Local => format!("{agent} (local)"),
        });
        let event = Key::of(&self.name).event;
        [
            match &self.name[event.len()..] {
                "" => self.name.clone(),
                finer => format!("  {}", finer.trim_start_matches('/')),
            },
            state(self.is_enabled).to_owned(),
            sound,
            agents.collect::<Vec<_>>().join(", "),
        ]
    }

    fn to_json(&self) -> Value {
        let places = self.places.iter();
        let places = places
            .map(|(agent, scope, file)| json!({ "agent": agent, "scope": scope, "file": file }));
        json!({
            "event": self.name,
            "enabled": self.is_enabled,
            "sounds": self.sounds,
            "registered": Value::from_iter(places),
        })
    }
}

const fn state(is_enabled: bool) -> &'static str {
    match is_enabled {
        true => "on",
        false => "off",
    }
}

fn switch(switched: &Switched, on: bool) -> Result<u8> {
    let mut names = Vec::new();
    for name in &switched.events {
        match shown(name) {
            Some(name) => names.push(name),
            None => {
                terminal::error(&unknown(name));
                return Ok(FAILED);
            }
        }
    }
    let key = |name: &String| format!("events.{name}.enabled");
    let changes = names.iter().map(|name| (key(name), Some(on.into())));
    change(&names, &changes.collect::<Vec<_>>(), on, switched.json)
}

fn preset(args: &PresetArgs) -> Result<u8> {
    let names = || PRESETS.iter().map(|preset| preset.name);
    let Some(preset) = PRESETS.iter().find(|preset| preset.name == args.name) else {
        let hint = match nearest(&args.name, names()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("valid presets: {}", names().collect::<Vec<_>>().join(", ")),
        };
        terminal::error(&format!("unknown preset {:?}{HINT}{hint}", args.name));
        return Ok(FAILED);
    };
    change(&preset.events(), &preset.changes(), true, args.json)
}

/// Makes `changes` to the config, by which the events called `names` are switched, and registers what is on.
fn change(
    names: &[String],
    changes: &[(String, Option<Value>)],
    on: bool,
    is_json: bool,
) -> Result<u8> {
    let manager = AudioManager::new();
    let file = ConfigFile::find(&Env::process(), manager.project_root(), Owner::User)?;
    let changed = file.change(changes)?;
    let config = AudioManager::new().config();
    let others = still(names, on, &config);
    if !others.is_empty() {
        let what = format!("still {}: {}", state(!on), others.join(", "));
        terminal::warn(&what);
    }
    let (done, failures) = match on {
        true => install::register()?,
        false => (Vec::new(), Vec::new()),
    };
    failures.iter().for_each(|error| terminal::error(error));
    if on && done.is_empty() && failures.is_empty() {
        let what = format!("no agent has a hook of Herald{HINT}herald install");
        terminal::warn(&what);
    }
    let code = install::code(&done, &failures);
    if is_json {
        let events = names.iter();
        let events =
            events.map(|name| json!({ "event": name, "enabled": config.is_enabled(name) }));
        let answer = json!({
            "events": Value::from_iter(events),
            "changed": changed,
            "file": file.path().to_string_lossy(),
            "agents": done.iter().map(install::Report::to_json).collect::<Value>(),
        });
        return Ok(answer_json(&answer, code));
    }
    let path = printable(file.path().display());
    let words = format!("{}: {} (saved in {path})\n", state(on), listed(names));
    Ok(answer(&(words + &install::words(&done)), code))
}

/// The name of an event, or of a finer key, as Herald writes it; none if it is no event.
fn shown(name: &str) -> Option<String> {
    let key = Key::of(name);
    if Event::find(key.event).is_some() {
        return Some(key.shown());
    }
    // The check of the config names the agent that is meant.
    let (event, _) = name.split_once('@')?;
    Event::find(event).map(|_| name.to_owned())
}

fn unknown(name: &str) -> String {
    let hint = match Meant::by(name) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "`herald events` lists them".to_owned(),
    };
    format!("unknown event {name:?}{HINT}{hint}")
}

/// What is not as it was switched: another file may decide, or a finer key.
fn still(names: &[String], on: bool, config: &Config) -> Vec<String> {
    let settings = config.settings();
    let place = |name: &str| {
        let key = format!("events.{name}.enabled");
        let setting = settings.iter().find(|setting| setting.key == key);
        setting.map(|setting| format!("{name}, set in {}", setting.source))
    };
    let finer = names.iter().flat_map(|name| config.finer_keys(name));
    let finer = finer.filter(|_| !on);
    let all = names.iter().map(String::as_str).chain(finer);
    all.filter(|name| config.is_enabled(name) != on)
        .filter_map(place)
        .collect()
}

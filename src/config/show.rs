//! The effective values as JSON, and the source of each.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::command_line::CommandLine;
use super::issue::Position;
use super::key;
use super::model::{Config, Layer, NONE, Rule, known, needs_you};
use super::pack_choice::ActivePacks;
use super::places::Places;
use super::quiet::QuietHours;
use super::value::OFF;
use super::{text, tree};
use crate::event::{CALL, EVENTS, QUESTIONS};
use crate::original;
use crate::quiet_rule::QuietRule;

/// An effective value and its source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// The dotted key.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The source of the value.
    pub source: Source,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Not configured.
    BuiltIn,
    /// A default of the original Herald, whose config is in force.
    Original,
    /// A config file.
    File {
        /// The file.
        path: PathBuf,
        /// The position in the file.
        #[serde(flatten)]
        position: Position,
    },
    /// An environment variable.
    Variable(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Original => f.write_str("built into the original Herald"),
            Self::File { path, position } => write!(f, "{}:{}", path.display(), position.line),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

/// The JSON Schema of a config file.
#[cfg(feature = "editing")]
pub fn schema() -> Value {
    schemars::schema_for!(super::document::Document).to_value()
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The effective value of a dotted key (`audio_settings.volume`).
    pub fn get(&self, dotted: &str) -> Option<Value> {
        let effective = self.effective();
        dotted
            .split('.')
            .try_fold(&effective, |value, key| value.get(key))
            .cloned()
    }

    /// The effective config as one JSON value in the format of config files, including unknown keys of the
    /// files.
    pub fn effective(&self) -> Value {
        let mut effective = json!({});
        for layer in &self.layers {
            merge(&mut effective, layer.to_json());
        }
        // Set below in the display form.
        for (outer, inner) in [
            ("sound_files", "mappings"),
            ("audio_settings", "throttle_seconds"),
            ("packs", "categories"),
        ] {
            let outer = effective.get_mut(outer).and_then(Value::as_object_mut);
            outer.and_then(|outer| outer.remove(inner));
        }
        for part in ["events", "$schema"] {
            effective.as_object_mut().and_then(|file| file.remove(part));
        }
        merge(&mut effective, self.in_force());
        effective
    }

    fn in_force(&self) -> Value {
        let playback = &self.playback;
        let rules = &self.rules;
        let of_rules = |of: fn(&Rule) -> Option<Value>| {
            let values = rules.values();
            Map::from_iter(values.filter_map(|rule| Some((rule.name.clone(), of(rule)?))))
        };
        // A file of the original Herald has defaults of its own: what differs is said.
        let has_original = self.has_original();
        let silent = EVENTS.iter().filter(|_| has_original).flat_map(|event| {
            let named = |detail: &&str| format!("{}/{detail}", event.name);
            event.silent.iter().map(named)
        });
        let questions = QUESTIONS.iter().filter(|_| has_original);
        let questions = questions.map(|tool| format!("{CALL}/{tool}"));
        let names = EVENTS.iter().map(|event| event.name.to_owned());
        let names: BTreeSet<_> = names
            .chain(silent)
            .chain(questions)
            .chain(rules.values().map(|rule| rule.name.clone()))
            .collect();
        let windows = names.iter().filter_map(|name| {
            let is_own = known(name).is_some_and(|event| event.name == name)
                || self.rule(name).is_some_and(|rule| rule.window.is_some());
            let seconds = self.window(name)?.as_secs_f64();
            is_own.then(|| (name.clone(), json!(seconds)))
        });
        let events = names.iter().map(|name| {
            let mut settings = json!({ "enabled": self.is_enabled(name) });
            if has_original && needs_you(name) {
                settings["scope"] = json!(self.scope(name));
            }
            if let Some(rule) = self.rule(name) {
                rule.volume
                    .into_iter()
                    .for_each(|volume| settings["volume"] = rounded(volume));
                rule.scope
                    .into_iter()
                    .for_each(|scope| settings["scope"] = json!(scope));
                rule.min_turn
                    .into_iter()
                    .for_each(|span| settings["min_turn"] = json!(span.to_string()));
                rule.terminal
                    .into_iter()
                    .for_each(|terminal| settings["terminal"] = json!(terminal));
                rule.run
                    .iter()
                    .for_each(|command| settings["run"] = json!(command.words()));
                rule.remind
                    .iter()
                    .for_each(|remind| settings["remind"] = remind.to_json());
            }
            (name.clone(), settings)
        });
        let is_on = |rule: QuietRule| self.quiet_rules.contains(&rule);
        let packs = &self.packs;
        let active = packs.active.as_ref().map_or(json!(NONE), names_of);
        let by_agent = packs.by_agent.iter();
        let by_agent = by_agent.map(|(agent, packs)| (agent.clone(), names_of(packs)));
        let by_path = packs.by_path.iter();
        let by_path = by_path.map(|(path, (_, packs))| (path.clone(), names_of(packs)));
        let exclude: Vec<_> = self.exclude.iter().map(ToString::to_string).collect();
        let quiet_hours: Vec<_> = self.quiet_hours.iter().map(QuietHours::to_json).collect();
        json!({
            "sound_files": {
                "base_path": self.base_path(),
                "mappings": of_rules(|rule| Some(listed(rule.sounds.as_ref()?))),
            },
            "audio_settings": {
                "volume": rounded(self.volume),
                "output": self.output.to_string(),
                "overlap": playback.overlap.name(),
                "max_voices": playback.max_voices,
                "min_gap_ms": playback.min_gap_ms,
                "lead_in_ms": playback.lead_in_ms,
                "stream_idle_ms": playback.stream_idle_ms,
                "settle_ms": playback.settle_ms,
                "player_idle_exit": playback.player_idle_exit_s,
                "loudness": playback.loudness.map_or(json!(OFF), |lufs| json!(lufs)),
                "voice": self.voice.name(),
                "voice_pitch": playback.voice_pitch,
                "theme": playback.theme.name(),
                "throttle_seconds": Map::from_iter(windows),
            },
            "events": Map::from_iter(events),
            "rules": {
                "exclude": exclude,
                "quiet_hours": quiet_hours,
                "mute_headless": self.mute_headless,
                "skip_stop_while_tasks_run": self.skip_stop_while_tasks_run,
                "skip_stop_while_subagents_run": self.skip_stop_while_subagents_run,
                "skip_subagents": self.skip_subagents,
                "quiet_in_calls": is_on(QuietRule::Calls),
                "only_headphones": is_on(QuietRule::Headphones),
                "quiet_on_do_not_disturb": is_on(QuietRule::DoNotDisturb),
                "quiet_when_locked": is_on(QuietRule::Locked),
                "quiet_if": self.quiet_if.as_ref().map(CommandLine::words),
            },
            "packs": {
                "active": active,
                "rotation": packs.rotation.name(),
                "by_agent": Map::from_iter(by_agent),
                "by_path": Map::from_iter(by_path),
                "categories": of_rules(|rule| Some(json!(rule.category.as_ref()?))),
                "muted": packs.muted,
                "muted_sounds": packs.muted_sounds,
                "registry": self.registry(),
            },
            "trusted_projects": self
                .trusted_projects
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            "fleet": self.fleet.to_json(),
        })
    }

    /// The effective values with their sources.
    pub fn settings(&self) -> Vec<Setting> {
        let places = Places::of(self);
        let mut settings = Vec::new();
        flatten(&mut Vec::new(), &self.in_force(), &mut |path, value| {
            settings.push(Setting {
                key: path.join("."),
                value: value.clone(),
                source: self.source_of(&places, path),
            });
        });
        settings
    }

    /// The content of the file at `path`, if it is in force.
    pub(super) fn said(&self, path: &Path) -> Option<String> {
        let layer = self.layers.iter().find(|layer| layer.source == path)?;
        Some(layer.text.clone())
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.get(&key::compared(name))
    }

    fn source_of(&self, places: &Places<'_>, path: &[&str]) -> Source {
        if let (["sound_files", "base_path"], Some(variable)) = (path, self.sounds_variable) {
            return Source::Variable(variable);
        }
        match places.written(path) {
            Some(written) => Source::File {
                path: written.file.to_owned(),
                position: written.position,
            },
            None => self.default_of(path),
        }
    }

    fn default_of(&self, path: &[&str]) -> Source {
        let is_originals = match path {
            ["audio_settings", "volume" | "loudness"]
            | ["rules", "skip_stop_while_subagents_run"] => true,
            ["sound_files", "mappings", event]
            | ["audio_settings", "throttle_seconds", event]
            | ["events", event, "enabled"] => {
                known(event).is_some_and(|event| original::defaults(event.name).is_some())
            }
            _ => false,
        };
        match is_originals && self.has_original() {
            true => Source::Original,
            false => Source::BuiltIn,
        }
    }
}

impl Layer {
    fn to_json(&self) -> Value {
        let tree = text::parse(&self.text).ok();
        tree.map_or(Value::Null, |tree| tree::to_json(&self.text, &tree))
    }
}

/// Calls `leaf` with path and value of every value in `value` that is not an object.
fn flatten<'v>(path: &mut Vec<&'v str>, value: &'v Value, leaf: &mut impl FnMut(&[&str], &Value)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                path.push(name);
                flatten(path, value, leaf);
                path.pop();
            }
        }
        value => leaf(path, value),
    }
}

fn listed(sounds: &[super::model::NamedSound]) -> Value {
    match sounds {
        [only] => json!(only.name),
        sounds => sounds.iter().map(|sound| json!(sound.name)).collect(),
    }
}

/// Packs as they are written.
fn names_of(packs: &ActivePacks) -> Value {
    match &packs.names[..] {
        [] => json!(NONE),
        [only] => json!(only),
        names => json!(names),
    }
}

/// Converts through decimal: 0.2 instead of the nearest 32-bit float.
pub fn rounded(factor: f32) -> Value {
    let shortest = factor.to_string().parse::<f64>();
    json!(shortest.unwrap_or(f64::from(factor)))
}

/// Merges `over` into `under`, key by key.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

//! One config file's values, laid over what held before. What is wrong in it is left out and
//! named; the rest holds.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::model::{Config, ConfigIssue, Rule, SoundFile, SoundsDir, Trust};
use crate::hook::event::{EVENTS, canonical, official};
use crate::playback::{self, LONGEST_MS, Overlap, Playback};

/// The longest throttle window a config may ask for, in seconds: a day.
const MAX_WINDOW_S: f64 = 86_400.0;
/// How many mistakes of one file are named, and how much of a wrong value is shown.
const MAX_ISSUES: usize = 20;
const MAX_SHOWN: usize = 60;

/// A config file: where it is, whose it is, and what its relative paths start at.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) source: PathBuf,
    pub(super) value: Value,
    pub(super) trust: Trust,
    pub(super) relative_to: PathBuf,
    /// Where its sound files are if nobody names a sounds directory.
    pub(super) default_dir: SoundsDir,
}

impl Config {
    /// What the original Herald did where its config file, `layer`, is silent.
    pub(super) fn apply_original_defaults(&mut self, layer: &Layer) {
        self.volume = 0.2;
        for event in &EVENTS {
            if let Some(original) = &event.original {
                let rule = self.rule_mut(event.name);
                rule.enabled = true;
                rule.file = Some(layer.file(original.file));
                rule.window = Some(Duration::from_secs(original.window_s.into()));
            }
        }
    }

    /// Puts the values of `layer` in force.
    pub(super) fn apply(&mut self, layer: Layer) {
        let mut issues = Issues::default();
        let file = Object::new("", &layer.value, &mut issues);
        let sounds = file.object("sound_files", &mut issues);
        let audio = file.object("audio_settings", &mut issues);

        if let Some(found) = sounds.get("base_path") {
            match found.as_str() {
                Some(dir) => {
                    let path = layer.relative_to.join(dir);
                    self.sounds_dir = Some(SoundsDir {
                        path,
                        trust: layer.trust,
                    });
                }
                None => issues.push(&sounds.key("base_path"), "a directory", found),
            }
        }
        let mappings = sounds.object("mappings", &mut issues);
        for (name, found) in mappings.members() {
            match found.as_str() {
                Some(file) => {
                    let rule = self.rule_mut(name);
                    rule.enabled = true;
                    rule.file = Some(layer.file(file));
                }
                None => issues.push(&mappings.key(name), "a file name", found),
            }
        }
        if let Some(found) = audio.get("volume") {
            match found.as_f64().filter(|volume| (0.0..=1.0).contains(volume)) {
                Some(volume) => self.volume = volume as f32,
                None => issues.push(&audio.key("volume"), "a number from 0 to 1", found),
            }
        }
        self.playback = playback(self.playback, &audio, &mut issues);
        let windows = audio.object("throttle_seconds", &mut issues);
        for (name, found) in windows.members() {
            match found
                .as_f64()
                .filter(|seconds| (0.0..=MAX_WINDOW_S).contains(seconds))
            {
                Some(seconds) => {
                    self.rule_mut(name).window = Some(Duration::from_secs_f64(seconds))
                }
                None => issues.push(
                    &windows.key(name),
                    "a number of seconds from 0 to 86400",
                    found,
                ),
            }
        }
        let events = file.object("events", &mut issues);
        for (name, _) in events.members() {
            let event = events.object(name, &mut issues);
            match event.get("enabled") {
                None => {}
                Some(Value::Bool(enabled)) => self.rule_mut(name).enabled = *enabled,
                Some(found) => issues.push(&event.key("enabled"), "true or false", found),
            }
        }
        issues.move_to(&mut self.issues, &layer.source);
        self.sources.push(layer.source);
        self.layers.push(layer.value);
    }

    fn rule_mut(&mut self, name: &str) -> &mut Rule {
        let name = official(name);
        self.rules.entry(canonical(name)).or_insert_with(|| Rule {
            name: name.to_owned(),
            enabled: false,
            file: None,
            window: None,
        })
    }
}

/// `playback`, with what `audio` says otherwise.
fn playback(mut playback: Playback, audio: &Object<'_>, issues: &mut Issues) -> Playback {
    if let Some(found) = audio.get("overlap") {
        let named = |overlap: &Overlap| found.as_str() == Some(overlap.name());
        match Overlap::ALL.into_iter().find(named) {
            Some(overlap) => playback.overlap = overlap,
            None => issues.push(&audio.key("overlap"), "mix, replace, queue or drop", found),
        }
    }
    let mut number = |name: &str, range: RangeInclusive<u32>| {
        let found = audio.get(name)?;
        let number = found.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (first, last) = (range.start(), range.end());
            let expected = format!("a whole number from {first} to {last}");
            issues.push(&audio.key(name), &expected, found);
        }
        number
    };
    let most = number("max_voices", 1..=playback::MOST_VOICES);
    playback.max_voices = most.unwrap_or(playback.max_voices);
    let gap = number("min_gap_ms", 0..=LONGEST_MS);
    playback.min_gap_ms = gap.unwrap_or(playback.min_gap_ms);
    playback.lead_in_ms = number("lead_in_ms", 0..=LONGEST_MS).or(playback.lead_in_ms);
    let idle = number("stream_idle_ms", 0..=LONGEST_MS);
    playback.stream_idle_ms = idle.unwrap_or(playback.stream_idle_ms);
    let idle = number("player_idle_exit", 1..=playback::LONGEST_IDLE_S);
    playback.player_idle_exit_s = idle.unwrap_or(playback.player_idle_exit_s);
    playback
}

impl Layer {
    fn file(&self, name: &str) -> SoundFile {
        SoundFile {
            name: name.to_owned(),
            trust: self.trust,
            default_dir: self.default_dir.clone(),
        }
    }
}

/// An object of the file and the key it stands at; empty if it is not there.
struct Object<'a> {
    key: String,
    value: Option<&'a serde_json::Map<String, Value>>,
}

impl<'a> Object<'a> {
    fn new(key: &str, value: &'a Value, issues: &mut Issues) -> Self {
        if !value.is_object() && !value.is_null() {
            issues.push(
                if key.is_empty() { "the file" } else { key },
                "an object",
                value,
            );
        }
        Self {
            key: key.to_owned(),
            value: value.as_object(),
        }
    }

    fn object(&self, name: &str, issues: &mut Issues) -> Self {
        Self::new(
            &self.key(name),
            self.get(name).unwrap_or(&Value::Null),
            issues,
        )
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.value?.get(name).filter(|value| !value.is_null())
    }

    fn members(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.value.into_iter().flatten()
    }

    fn key(&self, name: &str) -> String {
        if self.key.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.key)
        }
    }
}

/// What was wrong, so far.
#[derive(Default)]
struct Issues {
    named: Vec<String>,
    more: usize,
}

impl Issues {
    fn push(&mut self, key: &str, expected: &str, found: &Value) {
        if self.named.len() < MAX_ISSUES {
            let found = shortened(&found.to_string());
            self.named.push(format!(
                "{}: expected {expected}, found {found}",
                shortened(key)
            ));
        } else {
            self.more += 1;
        }
    }

    fn move_to(self, issues: &mut Vec<ConfigIssue>, source: &Path) {
        let more = (self.more > 0).then(|| format!("and {} more mistakes", self.more));
        issues.extend(
            self.named
                .into_iter()
                .chain(more)
                .map(|what| ConfigIssue::new(source, what)),
        );
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

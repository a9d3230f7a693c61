//! What a config is: the effective values, and what was wrong with the files they came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::hook::event::{EVENTS, Event, canonical};
use crate::sound::{Chime, Sound};

/// The volume when no config says otherwise; 1 is a sound's own level.
pub const DEFAULT_VOLUME: f32 = 0.5;
/// The longest throttle window a config may ask for, in seconds: a day.
const MAX_WINDOW_S: f64 = 86_400.0;

/// An effective configuration.
#[derive(Clone, Debug)]
pub struct Config {
    volume: f32,
    base: Option<Base>,
    project_root: Option<PathBuf>,
    /// By canonical name: known events, and whatever else a config maps to a sound.
    rules: BTreeMap<String, Rule>,
    layers: Vec<Value>,
    sources: Vec<PathBuf>,
    issues: Vec<ConfigIssue>,
}

/// The sounds directory.
#[derive(Clone, Debug)]
struct Base {
    dir: PathBuf,
    trust: Trust,
    configured: bool,
}

/// What Herald does with one name.
#[derive(Clone, Debug)]
struct Rule {
    name: String,
    enabled: bool,
    file: Option<(String, Trust)>,
    window: Option<Duration>,
}

/// Whose word a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The user's: a file in the user's own directories, or the environment.
    User,
    /// A repository's: it may only name files inside itself.
    Project,
}

/// Something wrong with a config: what was ignored, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigIssue(String);

impl fmt::Display for ConfigIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ConfigIssue {
    pub(super) fn new(source: &Path, what: impl fmt::Display) -> Self {
        Self(format!("{}: {what}", source.display()))
    }
}

impl Config {
    /// The built-in config: what holds with no file at all.
    pub fn builtin() -> Self {
        let rule = |event: &Event| Rule {
            name: event.name.to_owned(),
            enabled: event.on,
            file: None,
            window: Some(Duration::from_secs(event.window_s.into())),
        };
        Self {
            volume: DEFAULT_VOLUME,
            base: None,
            project_root: None,
            rules: EVENTS.iter().map(|event| (canonical(event.name), rule(event))).collect(),
            layers: Vec::new(),
            sources: Vec::new(),
            issues: Vec::new(),
        }
    }

    /// Volume, from 0 to 1.
    pub const fn volume(&self) -> f32 {
        self.volume
    }

    /// The sounds directory, if there is one.
    pub fn base_path(&self) -> Option<&Path> {
        self.base.as_ref().map(|base| base.dir.as_path())
    }

    /// The config files in force, lowest precedence first.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    /// What was wrong with the config files. The values concerned were ignored.
    pub fn issues(&self) -> &[ConfigIssue] {
        &self.issues
    }

    /// Whether `name`, an event or a configured sound, is to be heard at all.
    pub fn is_enabled(&self, name: &str) -> bool {
        self.rule(name).is_some_and(|rule| rule.enabled)
    }

    /// The throttle window of `name`, if it has one.
    pub fn window(&self, name: &str) -> Option<Duration> {
        self.rule(name)?.window
    }

    /// The file configured for `name`, if it exists and may be used.
    ///
    /// A SubagentStop without a file of its own uses Stop's. A file that a repository names, or
    /// that stands in a directory a repository names, must be inside that repository.
    pub fn resolve_file(&self, name: &str) -> Option<PathBuf> {
        let rule = self.rule(name)?;
        match &rule.file {
            Some((file, trust)) => self.locate(file, *trust),
            None if rule.name == "SubagentStop" => self.resolve_file("Stop"),
            None => None,
        }
    }

    /// What `name` sounds like: its file, else the chime of its event, else nothing.
    pub fn sound(&self, name: &str) -> Option<Sound> {
        self.resolve_file(name)
            .map(Sound::File)
            .or_else(|| Event::find(name).map(|event| Sound::Chime(event.chime)))
            .or_else(|| Chime::ALL.into_iter().find(|chime| chime.name() == name).map(Sound::Chime))
    }

    /// The value at a dotted key (`audio_settings.volume`), as in force.
    pub fn get(&self, dotted: &str) -> Option<Value> {
        let effective = self.effective();
        dotted.split('.').try_fold(&effective, |value, key| value.get(key)).cloned()
    }

    /// The whole config as one JSON value, in the format of the files.
    pub fn effective(&self) -> Value {
        let mut effective = json!({});
        for layer in &self.layers {
            merge(&mut effective, layer);
        }
        let files = self.rules.values().filter_map(|rule| {
            let (file, _) = rule.file.as_ref()?;
            Some((rule.name.clone(), json!(file)))
        });
        let windows = self.rules.values().filter_map(|rule| {
            Some((rule.name.clone(), json!(rule.window?.as_secs_f64())))
        });
        let events = self.rules.values().map(|rule| (rule.name.clone(), json!({"enabled": rule.enabled})));
        merge(
            &mut effective,
            &json!({
                "sound_files": {"mappings": Map::from_iter(files), "base_path": self.base_path()},
                "audio_settings": {
                    "volume": self.volume,
                    "throttle_seconds": Map::from_iter(windows),
                },
                "events": Map::from_iter(events),
            }),
        );
        effective
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        let name = Event::find(name).map_or(name, |event| event.name);
        self.rules.get(&canonical(name))
    }

    fn rule_mut(&mut self, name: &str) -> &mut Rule {
        let name = Event::find(name).map_or(name, |event| event.name);
        self.rules.entry(canonical(name)).or_insert_with(|| Rule {
            name: name.to_owned(),
            enabled: false,
            file: None,
            window: None,
        })
    }

    fn locate(&self, file: &str, trust: Trust) -> Option<PathBuf> {
        let (path, base) = match &self.base {
            Some(base) => (base.dir.join(file), Some(base)),
            None => (PathBuf::from(file), None),
        };
        if !path.is_absolute() || !path.is_file() {
            return None;
        }
        if trust == Trust::User && base.is_none_or(|base| base.trust == Trust::User) {
            return Some(path);
        }
        let real = path.canonicalize().ok()?;
        let allowed = [
            self.project_root.as_deref(),
            base.filter(|base| base.trust == Trust::User).map(|base| base.dir.as_path()),
        ];
        let inside = |dir: &Path| dir.canonicalize().is_ok_and(|dir| real.starts_with(dir));
        allowed.into_iter().flatten().any(inside).then_some(real)
    }
}

/// Filling a config from its sources, lowest precedence first.
impl Config {
    pub(super) fn set_project_root(&mut self, root: Option<&Path>) {
        self.project_root = root.map(Path::to_owned);
    }

    pub(super) fn push_issue(&mut self, issue: ConfigIssue) {
        self.issues.push(issue);
    }

    pub(super) fn set_base(&mut self, dir: PathBuf, trust: Trust) {
        self.base = Some(Base { dir, trust, configured: true });
    }

    /// The sounds directory unless one was or will be configured.
    pub(super) fn set_default_base(&mut self, dir: PathBuf, trust: Trust) {
        if self.base.as_ref().is_none_or(|base| !base.configured) {
            self.base = Some(Base { dir, trust, configured: false });
        }
    }

    /// What the original Herald did where its config file was silent.
    pub(super) fn apply_original_defaults(&mut self) {
        self.volume = 0.2;
        for event in &EVENTS {
            if let Some(original) = &event.original {
                let rule = self.rule_mut(event.name);
                rule.enabled = true;
                rule.file = Some((original.file.to_owned(), Trust::User));
                rule.window = Some(Duration::from_secs(original.window_s.into()));
            }
        }
    }

    /// Puts the values of one config file in force. Relative sounds directories start at `root`.
    pub(super) fn apply(&mut self, source: &Path, value: Value, root: &Path, trust: Trust) {
        let mut issues = Vec::new();
        let mut wrong = |key: String, expected: &str, found: &Value| {
            let what = format_args!("{key}: expected {expected}, found {found}").to_string();
            issues.push(ConfigIssue::new(source, what));
        };
        if !value.is_object() {
            wrong("(whole file)".to_owned(), "an object", &json!(kind(&value)));
        }
        let at = |pointer: &str| value.pointer(pointer).filter(|value| !value.is_null());

        if let Some(found) = at("/sound_files/base_path") {
            match found.as_str() {
                Some(dir) => self.set_base(root.join(dir), trust),
                None => wrong("sound_files.base_path".to_owned(), "a directory", found),
            }
        }
        for (name, found) in members(at("/sound_files/mappings")) {
            match found.as_str() {
                Some(file) => {
                    let rule = self.rule_mut(name);
                    rule.enabled = true;
                    rule.file = Some((file.to_owned(), trust));
                }
                None => wrong(format!("sound_files.mappings.{name}"), "a file name", found),
            }
        }
        if let Some(found) = at("/audio_settings/volume") {
            match found.as_f64().filter(|volume| (0.0..=1.0).contains(volume)) {
                Some(volume) => self.volume = volume as f32,
                None => wrong("audio_settings.volume".to_owned(), "a number from 0 to 1", found),
            }
        }
        for (name, found) in members(at("/audio_settings/throttle_seconds")) {
            match found.as_f64().filter(|seconds| (0.0..=MAX_WINDOW_S).contains(seconds)) {
                Some(seconds) => self.rule_mut(name).window = Some(Duration::from_secs_f64(seconds)),
                None => wrong(
                    format!("audio_settings.throttle_seconds.{name}"),
                    "a number of seconds from 0 to 86400",
                    found,
                ),
            }
        }
        for (name, event) in members(at("/events")) {
            match event.get("enabled") {
                None => {}
                Some(Value::Bool(enabled)) => self.rule_mut(name).enabled = *enabled,
                Some(found) => wrong(format!("events.{name}.enabled"), "true or false", found),
            }
        }
        self.issues.append(&mut issues);
        self.sources.push(source.to_owned());
        self.layers.push(value);
    }
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Lays `over` on `under`, key by key.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

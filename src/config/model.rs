//! What a config is: the effective values, and what was wrong with the files they came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::hook::event::{EVENTS, Event, canonical, official};
use crate::playback::Playback;
use crate::sound::{Chime, Sound};

/// The volume when no config says otherwise; 1 is a sound's own level.
pub const DEFAULT_VOLUME: f32 = 0.5;

/// An effective configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) volume: f32,
    pub(super) playback: Playback,
    /// The sounds directory that a file or the environment names, for every sound file.
    pub(super) sounds_dir: Option<SoundsDir>,
    pub(super) project_root: Option<PathBuf>,
    /// By canonical name: known events, and whatever else a config maps to a sound.
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) layers: Vec<Value>,
    pub(super) sources: Vec<PathBuf>,
    pub(super) issues: Vec<ConfigIssue>,
}

/// A directory of sound files, and whose word it is.
#[derive(Clone, Debug)]
pub(super) struct SoundsDir {
    pub(super) path: PathBuf,
    pub(super) trust: Trust,
}

/// A sound file as a config names it.
#[derive(Clone, Debug)]
pub(super) struct SoundFile {
    pub(super) name: String,
    pub(super) trust: Trust,
    /// Where it is, unless a sounds directory is configured.
    pub(super) default_dir: SoundsDir,
}

/// What Herald does with one name.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) file: Option<SoundFile>,
    pub(super) window: Option<Duration>,
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
            playback: Playback::default(),
            sounds_dir: None,
            project_root: None,
            rules: EVENTS
                .iter()
                .map(|event| (canonical(event.name), rule(event)))
                .collect(),
            layers: Vec::new(),
            sources: Vec::new(),
            issues: Vec::new(),
        }
    }

    /// Volume, from 0 to 1.
    pub const fn volume(&self) -> f32 {
        self.volume
    }

    /// How sounds get on with each other, and with the device.
    pub const fn playback(&self) -> Playback {
        self.playback
    }

    /// The sounds directory, if a config or the environment names one.
    pub fn base_path(&self) -> Option<&Path> {
        self.sounds_dir.as_ref().map(|dir| dir.path.as_path())
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
            Some(file) => self.locate(file),
            None if rule.name == "SubagentStop" => self.resolve_file("Stop"),
            None => None,
        }
    }

    /// What `name` sounds like: its file, else the chime of its event, else nothing.
    ///
    /// A file whose path is not Unicode counts as missing: requests to the player are JSON.
    pub fn sound(&self, name: &str) -> Option<Sound> {
        self.resolve_file(name)
            .filter(|path| path.to_str().is_some())
            .map(Sound::File)
            .or_else(|| Event::find(name).map(|event| Sound::Chime(event.chime)))
            .or_else(|| {
                Chime::ALL
                    .into_iter()
                    .find(|chime| chime.name() == name)
                    .map(Sound::Chime)
            })
    }

    /// The value at a dotted key (`audio_settings.volume`), as in force.
    pub fn get(&self, dotted: &str) -> Option<Value> {
        let effective = self.effective();
        dotted
            .split('.')
            .try_fold(&effective, |value, key| value.get(key))
            .cloned()
    }

    /// The whole config as one JSON value, in the format of the files.
    pub fn effective(&self) -> Value {
        let mut effective = json!({});
        for layer in &self.layers {
            merge(&mut effective, layer);
        }
        let files = self.rules.values().filter_map(|rule| {
            let file = &rule.file.as_ref()?.name;
            Some((rule.name.clone(), json!(file)))
        });
        let windows = self
            .rules
            .values()
            .filter_map(|rule| Some((rule.name.clone(), json!(rule.window?.as_secs_f64()))));
        let events = self
            .rules
            .values()
            .map(|rule| (rule.name.clone(), json!({"enabled": rule.enabled})));
        merge(
            &mut effective,
            &json!({
                "sound_files": {"mappings": Map::from_iter(files), "base_path": self.base_path()},
                "audio_settings": {
                    "overlap": self.playback.overlap.name(),
                    "max_voices": self.playback.max_voices,
                    "min_gap_ms": self.playback.min_gap_ms,
                    "lead_in_ms": self.playback.lead_in_ms,
                    "stream_idle_ms": self.playback.stream_idle_ms,
                    "player_idle_exit": self.playback.player_idle_exit_s,
                    "volume": self.volume,
                    "throttle_seconds": Map::from_iter(windows),
                },
                "events": Map::from_iter(events),
            }),
        );
        effective
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.get(&canonical(official(name)))
    }

    fn locate(&self, file: &SoundFile) -> Option<PathBuf> {
        let dir = self.sounds_dir.as_ref().unwrap_or(&file.default_dir);
        let path = dir.path.join(&file.name);
        if !path.is_absolute() || !path.is_file() {
            return None;
        }
        let is_named_by_user = Path::new(&file.name).is_absolute() || dir.trust == Trust::User;
        if file.trust == Trust::User && is_named_by_user {
            return Some(path);
        }
        // A repository's word: the file must really be inside it, or in the user's own directory.
        let real = path.canonicalize().ok()?;
        let users_own = (dir.trust == Trust::User).then_some(dir.path.as_path());
        let inside = |dir: &Path| dir.canonicalize().is_ok_and(|dir| real.starts_with(dir));
        self.project_root
            .as_deref()
            .into_iter()
            .chain(users_own)
            .any(inside)
            .then_some(real)
    }
}

impl ConfigIssue {
    pub(super) fn new(source: &Path, what: impl fmt::Display) -> Self {
        Self(format!("{}: {what}", source.display()))
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

//! What a config is: the effective values, and what was wrong with the files they came from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::issue::ConfigIssue;
use super::key;
use super::mistakes::Place;
use super::quiet::QuietHours;
use crate::event::Event;
use crate::original;
use crate::pack::PackDirs;
use crate::playback::Playback;
use crate::sound::{Chime, Output, Sound};
use crate::system::env::Env;
use crate::trust::Owner;
use crate::trust::project::{Project, Trusted};

/// The volume when no config says otherwise; 1 is a sound's own level.
pub const DEFAULT_VOLUME: f32 = 0.5;
/// What a config writes for "no pack" and "no category".
pub const NONE: &str = "none";
/// How a config names a built-in sound.
const BUILTIN: &str = "builtin:";

/// An effective configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) volume: f32,
    pub(super) playback: Playback,
    /// Where sounds go: the user's word alone.
    pub(super) output: Output,
    /// The sounds directory that a file or the environment names, for every sound file.
    pub(super) sounds_dir: Option<SoundsDir>,
    /// The user's directory of configs.
    pub(super) user_dir: Option<PathBuf>,
    /// The user's home directory, if the original Herald is installed there for every project.
    pub(super) original_home: Option<PathBuf>,
    pub(super) project: Option<Project>,
    /// Projects that the user trusts.
    pub(super) trusted_projects: Vec<Trusted>,
    /// What was configured, by compared key. Where it says nothing, what is built in holds.
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) quiet_hours: Vec<QuietHours>,
    pub(crate) mute_headless: bool,
    pub(crate) skip_stop_while_tasks_run: bool,
    pub(crate) skip_subagents: bool,
    pub(super) packs: PackChoice,
    /// The files in force, lowest precedence first.
    pub(super) layers: Vec<Layer>,
    /// The environment variable that names the sounds directory.
    pub(super) sounds_variable: Option<&'static str>,
    pub(super) issues: Vec<ConfigIssue>,
}

/// A directory of sound files, and whose word it is.
#[derive(Clone, Debug)]
pub(super) struct SoundsDir {
    pub(super) path: PathBuf,
    pub(super) trust: Owner,
    /// Whether it was found from the project's directory, by whosever word.
    pub(super) is_projects: bool,
    /// Whether it is for the sounds of the user's original Herald alone.
    pub(super) is_originals: bool,
}

/// A sound as a config names it.
#[derive(Clone, Debug)]
pub(crate) struct NamedSound {
    /// As it is written.
    pub(super) name: String,
    /// The file that this means, relative to the sounds directory or not.
    pub(super) file: PathBuf,
    pub(super) trust: Owner,
    /// Whether the original Herald's config names it, or that one did by itself.
    pub(super) is_original: bool,
    /// Where its file is, unless a sounds directory is configured.
    pub(super) default_dir: SoundsDir,
}

/// What is configured for one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    /// The key as it is shown.
    pub(super) name: String,
    pub(super) enabled: Option<bool>,
    /// Sounds of which one is picked by chance.
    pub(super) sounds: Option<Vec<NamedSound>>,
    pub(super) window: Option<Duration>,
    pub(super) volume: Option<f32>,
    pub(super) scope: Option<Scope>,
    /// The category of its sounds in packs.
    pub(super) category: Option<String>,
}

/// The sound pack, and what of it is heard.
#[derive(Clone, Debug)]
pub(super) struct PackChoice {
    /// Its name, and whose word that is.
    pub(super) active: Option<(String, Owner)>,
    /// Categories that are not heard.
    pub(super) muted: BTreeSet<String>,
    /// Where packs are.
    pub(super) dirs: PackDirs,
}

/// A config file in force.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) source: PathBuf,
    pub(super) text: String,
    /// Where its values stand that were not left out.
    pub(super) places: Vec<Place>,
    /// Whether it is one of the original Herald: then that one's defaults hold beneath it.
    pub(super) is_original: bool,
}

/// Among what an event sounds at most once in its window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything of this user.
    Global,
    /// One project.
    #[default]
    Project,
    /// One session of the agent.
    Session,
}

impl Config {
    /// The built-in config: what holds with no file at all.
    pub fn builtin() -> Self {
        Self {
            volume: DEFAULT_VOLUME,
            playback: Playback::default(),
            output: Output::default(),
            sounds_dir: None,
            user_dir: None,
            original_home: None,
            project: None,
            trusted_projects: Vec::new(),
            rules: BTreeMap::new(),
            quiet_hours: Vec::new(),
            mute_headless: true,
            skip_stop_while_tasks_run: false,
            skip_subagents: false,
            packs: PackChoice {
                active: None,
                muted: BTreeSet::new(),
                dirs: PackDirs::new(&Env::of::<&str, &str>([]), None),
            },
            layers: Vec::new(),
            sounds_variable: None,
            issues: Vec::new(),
        }
    }

    /// The project that it was loaded for.
    pub const fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// The user's home directory, if the original Herald is installed there for every project.
    pub fn original_home(&self) -> Option<&Path> {
        self.original_home.as_deref()
    }

    /// Whether a config of the original Herald is in force.
    pub(super) fn has_original(&self) -> bool {
        self.layers.iter().any(|layer| layer.is_original)
    }

    /// Volume of all sounds, from 0 to 1.
    pub const fn volume(&self) -> f32 {
        self.volume
    }

    /// Volume of `name`, from 0 to 1: its own factor of [`Self::volume`].
    pub fn volume_of(&self, name: &str) -> f32 {
        self.volume * self.first(name, |rule| rule.volume).unwrap_or(1.0)
    }

    /// How sounds get on with each other, and with the device.
    pub const fn playback(&self) -> Playback {
        self.playback
    }

    /// Where sounds go unless the environment says otherwise.
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// The sounds directory, if a config or the environment names one.
    pub fn base_path(&self) -> Option<&Path> {
        self.sounds_dir.as_ref().map(|dir| dir.path.as_path())
    }

    /// The sound files that are configured, by event or sound name; the first of several. They are
    /// as they are written: [`Self::resolve_file`] finds them.
    pub fn mappings(&self) -> BTreeMap<String, String> {
        let first = |rule: &Rule| Some(rule.sounds.as_ref()?.first()?.name.clone());
        self.of_rules(first)
    }

    /// The throttle windows that are configured, by event or key.
    pub fn windows(&self) -> BTreeMap<String, Duration> {
        self.of_rules(|rule| rule.window)
    }

    fn of_rules<T>(&self, of: impl Fn(&Rule) -> Option<T>) -> BTreeMap<String, T> {
        let values = self.rules.values();
        values
            .filter_map(|rule| Some((rule.name.clone(), of(rule)?)))
            .collect()
    }

    /// The config files in force, lowest precedence first.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        self.layers.iter().map(|layer| layer.source.as_path())
    }

    /// What was wrong with the config files. The values concerned were left out.
    pub fn issues(&self) -> &[ConfigIssue] {
        &self.issues
    }

    /// The finest key that is configured for `name`, which may say what the event is about
    /// (`PreToolUse/Bash`): else the event alone.
    pub fn finest_key(&self, name: &str) -> String {
        match self.rules.get(&key::compared(name)) {
            Some(rule) => rule.name.clone(),
            None => key::shown(key::split(name).0),
        }
    }

    /// The keys that something is configured for: events, finer keys, and sounds of other names.
    pub fn configured_keys(&self) -> impl Iterator<Item = &str> {
        self.rules.values().map(|rule| rule.name.as_str())
    }

    /// Whether `name`, an event or a configured sound, is to be heard at all.
    pub fn is_enabled(&self, name: &str) -> bool {
        self.first(name, |rule| rule.enabled)
            .unwrap_or_else(|| known(name).is_some_and(|event| event.on))
    }

    /// Whether anything of `event` is to be heard: the event, or what only a finer key says.
    pub fn is_enabled_in_part(&self, event: &str) -> bool {
        let finer = format!("{}/", key::compared(event));
        let mut finer = self.rules.iter().filter(|(key, _)| key.starts_with(&finer));
        self.is_enabled(event) || finer.any(|(_, rule)| rule.enabled == Some(true))
    }

    /// The throttle window of `name`, if it has one.
    pub fn window(&self, name: &str) -> Option<Duration> {
        self.configured_window(name).or_else(|| {
            let event = known(name)?;
            let original = original::defaults(event.name).filter(|_| self.has_original());
            let seconds = original.map_or(event.window_s, |original| original.window_s);
            Some(Duration::from_secs(seconds.into()))
        })
    }

    /// The throttle window of `name` that a file says.
    pub fn configured_window(&self, name: &str) -> Option<Duration> {
        self.first(name, |rule| rule.window)
    }

    /// Among what `name` sounds at most once in its window.
    pub fn scope(&self, name: &str) -> Scope {
        self.first(name, |rule| rule.scope).unwrap_or_default()
    }

    /// Times at which nothing is to be heard.
    pub fn quiet_hours(&self) -> &[QuietHours] {
        &self.quiet_hours
    }

    /// What is configured for `name`, the finest key first.
    pub(super) fn rules_for(&self, name: &str) -> impl Iterator<Item = &Rule> {
        let finest = key::compared(name);
        let event = finest
            .split_once('/')
            .map(|(event, _)| self.rules.get(event));
        self.rules.get(&finest).into_iter().chain(event.flatten())
    }

    fn first<T>(&self, name: &str, of: impl Fn(&Rule) -> Option<T>) -> Option<T> {
        self.rules_for(name).find_map(of)
    }

    /// The sounds that config files name, each with the rule that names it.
    pub(super) fn named_sounds(&self) -> impl Iterator<Item = (&Rule, &NamedSound)> {
        let rules = self.rules.values();
        rules.flat_map(|rule| rule.sounds.iter().flatten().map(move |sound| (rule, sound)))
    }

    /// Where the file of `sound` is.
    pub(super) fn dir_of<'c>(&'c self, sound: &'c NamedSound) -> &'c SoundsDir {
        let is_users_original = sound.is_original && sound.trust == Owner::User;
        let configured = self.sounds_dir.as_ref();
        let configured = configured.filter(|dir| is_users_original || !dir.is_originals);
        configured.unwrap_or(&sound.default_dir)
    }

    pub(super) fn locate(&self, sound: &NamedSound) -> Option<Sound> {
        if let Some(chime) = sound.name.strip_prefix(BUILTIN) {
            return Chime::named(chime).map(Sound::Chime);
        }
        let dir = self.dir_of(sound);
        let path = dir.path.join(&sound.file);
        if !path.is_absolute() || !path.is_file() {
            return None;
        }
        let is_whole = sound.file.is_absolute();
        let is_named_by_user = sound.trust == Owner::User && (is_whole || dir.trust == Owner::User);
        let is_projects = dir.is_projects && !(is_named_by_user && is_whole);
        let counts = |project: &Project| project.distrust_of(&path).is_none();
        if is_projects && !self.project.as_ref().is_some_and(counts) {
            return None;
        }
        let path = match is_named_by_user {
            true => path,
            false => self.inside(dir, &path)?,
        };
        path.to_str().is_some().then_some(Sound::File(path))
    }

    /// A repository's word: the file must really be inside it, or in the user's own directory.
    fn inside(&self, dir: &SoundsDir, path: &Path) -> Option<PathBuf> {
        let real = path.canonicalize().ok()?;
        let users_own = (dir.trust == Owner::User).then_some(dir.path.as_path());
        let inside = |dir: &Path| dir.canonicalize().is_ok_and(|dir| real.starts_with(dir));
        let mut dirs = self
            .project()
            .map(Project::root)
            .into_iter()
            .chain(users_own);
        dirs.any(inside).then_some(real)
    }
}

/// The event that `name` is about, if Herald knows it.
pub(super) fn known(name: &str) -> Option<&'static Event> {
    Event::find(key::split(name).0)
}

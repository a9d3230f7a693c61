//! The effective values of a config, and the problems of its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::command_line::CommandLine;
use super::directories::Directories;
use super::fleet::Fleet;
use super::issue::ConfigIssue;
use super::key::{self, Key};
use super::mistakes::Place;
use super::pack_choice::{Packs, Rotation};
use super::quiet::QuietHours;
use super::remind::Remind;
use super::time_span::TimeSpan;
use crate::agents::Agent;
use crate::event::{CALL, Event};
use crate::original;
use crate::pack::PackDirs;
use crate::playback::Playback;
use crate::quiet_rule::QuietRule;
use crate::sound::{Chime, Output, Sound};
use crate::system::env::Env;
use crate::system::sounds::{SYSTEM, SystemSounds};
use crate::trust::Owner;
use crate::trust::project::{Project, Trusted};
use crate::variation::VoiceOf;

/// The default volume; 1 is a sound's own level.
pub(crate) const DEFAULT_VOLUME: f32 = 0.5;
/// The default loudness of sounds from files, in LUFS.
const DEFAULT_LUFS: i8 = -18;
/// The value for "no pack" and "no category".
pub const NONE: &str = "none";
/// The prefix of built-in sounds.
pub(super) const BUILTIN: &str = "builtin:";

/// An effective configuration.
///
/// ```
/// use std::time::Duration;
/// use herald_audio::{AudioManager, Options};
///
/// # let dir = tempfile::tempdir()?;
/// let file = dir.path().join("herald.json");
/// std::fs::write(&file, r#"{"audio_settings": {"volume": 0.3, "throttle_seconds": {"Stop": 60}}}"#)?;
/// let config = AudioManager::open(Options::new().config(&file))?.config();
/// assert_eq!(config.volume(), 0.3);
/// assert_eq!(config.window("Stop"), Some(Duration::from_secs(60)));
/// assert!(config.issues().is_empty());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) volume: f32,
    pub(super) playback: Playback,
    pub(crate) voice: VoiceOf,
    /// The output; only the user's files set it.
    pub(super) output: Output,
    /// The sounds directory for all sound files, if a file or the environment sets one.
    pub(super) sounds_dir: Option<SoundsDir>,
    pub(super) system_sounds: SystemSounds,
    /// The user's config directory.
    pub(super) user_dir: Option<PathBuf>,
    /// The home directory, if the original Herald is installed there for all projects.
    pub(super) original_home: Option<PathBuf>,
    pub(super) project: Option<Project>,
    /// The entries of the user's `trusted_projects`.
    pub(super) trusted_projects: Vec<Trusted>,
    /// The configured settings by compared key. Built-in defaults apply where they are silent.
    pub(super) rules: BTreeMap<String, Rule>,
    /// Where nothing sounds; only the user's files set it.
    pub(super) exclude: Vec<Directories>,
    pub(super) quiet_hours: Vec<QuietHours>,
    pub(crate) mute_headless: bool,
    pub(crate) skip_stop_while_tasks_run: bool,
    pub(crate) skip_stop_while_subagents_run: bool,
    pub(crate) skip_subagents: bool,
    /// The rules that the player asks about; only the user's files set them.
    pub(super) quiet_rules: BTreeSet<QuietRule>,
    pub(super) quiet_if: Option<CommandLine>,
    pub(super) packs: Packs,
    /// Only the user's files set it.
    pub(super) fleet: Fleet,
    /// The files in force, lowest precedence first.
    pub(super) layers: Vec<Layer>,
    /// The environment variable that sets the sounds directory.
    pub(super) sounds_variable: Option<&'static str>,
    pub(super) issues: Vec<ConfigIssue>,
}

/// A directory of sound files, and who named it.
#[derive(Clone, Debug)]
pub(super) struct SoundsDir {
    pub(super) path: PathBuf,
    pub(super) trust: Owner,
    /// Whether it is relative to the project's directory, whoever named it.
    pub(super) is_projects: bool,
    /// Whether it is only for the sounds of the user's original Herald.
    pub(super) is_originals: bool,
}

/// A sound named in a config.
#[derive(Clone, Debug)]
pub(crate) struct NamedSound {
    /// The name as written.
    pub(super) name: String,
    /// The path of its file, absolute or relative to the sounds directory.
    pub(super) file: PathBuf,
    pub(super) trust: Owner,
    /// Whether it comes from the original Herald's config or defaults.
    pub(super) is_original: bool,
    /// The directory of the file, unless a sounds directory is configured.
    pub(super) default_dir: SoundsDir,
}

/// The settings of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    /// The key in display form.
    pub(super) name: String,
    pub(super) enabled: Option<bool>,
    /// The candidate sounds; one is picked at random.
    pub(super) sounds: Option<Vec<NamedSound>>,
    pub(super) window: Option<Duration>,
    pub(super) volume: Option<f32>,
    pub(super) scope: Option<Scope>,
    /// The shortest turn after which it sounds.
    pub(super) min_turn: Option<TimeSpan>,
    /// What the agent does in its terminal.
    pub(super) terminal: Option<Terminal>,
    /// What runs beside it; only the user's files set it.
    pub(super) run: Option<CommandLine>,
    /// When it is repeated; only the user's files set it.
    pub(super) remind: Option<Remind>,
    /// The category in packs.
    pub(super) category: Option<String>,
}

/// A config file in force.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) source: PathBuf,
    pub(super) text: String,
    /// The places of its valid values.
    pub(super) places: Vec<Place>,
    /// Whether it is a config of the original Herald, whose defaults then apply beneath it.
    pub(super) is_original: bool,
    /// Whether it is the last valid version of its file, which is invalid now.
    pub(super) is_remembered: bool,
}

/// Throttle scope: what shares one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All sessions and projects of this user.
    Global,
    /// One project.
    #[default]
    Project,
    /// One session of the agent.
    Session,
}

/// What an agent does in its terminal at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Terminal {
    /// It rings the bell.
    Bell,
    /// It asks for a desktop notification.
    Notify,
}

impl Config {
    /// The volume of all sounds, from 0 to 1.
    pub const fn volume(&self) -> f32 {
        self.volume
    }

    /// The volume of `name`, from 0 to 1: its own factor times [`Self::volume`].
    pub fn volume_of(&self, name: &str) -> f32 {
        self.volume * self.first(name, |rule| rule.volume).unwrap_or(1.0)
    }

    /// The config files in force, lowest precedence first.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        self.layers.iter().map(|layer| layer.source.as_path())
    }

    /// The problems of the config files. The values concerned are ignored.
    pub fn issues(&self) -> &[ConfigIssue] {
        &self.issues
    }

    /// Whether `name`, an event or a configured sound, is enabled.
    pub fn is_enabled(&self, name: &str) -> bool {
        !self.is_silent(name)
            && self
                .first(name, |rule| rule.enabled)
                .unwrap_or_else(|| known(name).is_some_and(|event| event.on))
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

    /// The sound for `name`; the first of several. A file must exist.
    pub fn sound(&self, name: &str) -> Option<Sound> {
        let first = self.first_choice(name, |choices| choices.all().next());
        first.or_else(|| self.chime(name))
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The config without any file.
    pub fn builtin() -> Self {
        Self {
            volume: DEFAULT_VOLUME,
            playback: Playback {
                loudness: Some(DEFAULT_LUFS),
                ..Playback::default()
            },
            voice: VoiceOf::default(),
            output: Output::default(),
            sounds_dir: None,
            system_sounds: SystemSounds::default(),
            user_dir: None,
            original_home: None,
            project: None,
            trusted_projects: Vec::new(),
            rules: BTreeMap::new(),
            exclude: Vec::new(),
            quiet_hours: Vec::new(),
            mute_headless: true,
            skip_stop_while_tasks_run: false,
            skip_stop_while_subagents_run: true,
            skip_subagents: false,
            quiet_rules: BTreeSet::new(),
            quiet_if: None,
            packs: Packs {
                active: None,
                rotation: Rotation::default(),
                by_agent: BTreeMap::new(),
                by_path: BTreeMap::new(),
                muted: BTreeSet::new(),
                muted_sounds: BTreeSet::new(),
                registry: None,
                dirs: PackDirs::new(&Env::of::<&str, &str>([]), None),
            },
            fleet: Fleet::default(),
            layers: Vec::new(),
            sounds_variable: None,
            issues: Vec::new(),
        }
    }

    /// Whether the last valid version of the file at `source` is in force, because the file is invalid.
    pub fn is_remembered(&self, source: &Path) -> bool {
        let mut layers = self.layers.iter();
        layers.any(|layer| layer.is_remembered && layer.source == source)
    }

    /// The project for which it was loaded.
    pub const fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// The user's home directory, if the original Herald is installed there for all projects.
    pub fn original_home(&self) -> Option<&Path> {
        self.original_home.as_deref()
    }

    /// Whether a config of the original Herald is in force.
    pub(crate) fn has_original(&self) -> bool {
        self.layers.iter().any(|layer| layer.is_original)
    }

    /// The playback settings.
    pub const fn playback(&self) -> Playback {
        self.playback
    }

    /// How long a permission request waits for the event that nobody has to answer it; none if it does not.
    pub(crate) fn settle(&self) -> Option<Duration> {
        Some(self.playback.settle()).filter(|settle| !settle.is_zero())
    }

    /// The output, unless the environment sets another.
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// The sounds directory, if a config or the environment sets one.
    pub fn base_path(&self) -> Option<&Path> {
        self.sounds_dir.as_ref().map(|dir| dir.path.as_path())
    }

    /// The configured sound files (the first of several) by event or sound name, as written:
    /// [`Self::resolve_file`] locates them.
    pub fn mappings(&self) -> BTreeMap<String, String> {
        let first = |rule: &Rule| Some(rule.sounds.as_ref()?.first()?.name.clone());
        self.of_rules(first)
    }

    /// The configured throttle windows, by event or key.
    pub fn windows(&self) -> BTreeMap<String, Duration> {
        self.of_rules(|rule| rule.window)
    }

    fn of_rules<T>(&self, of: impl Fn(&Rule) -> Option<T>) -> BTreeMap<String, T> {
        let values = self.rules.values();
        values
            .filter_map(|rule| Some((rule.name.clone(), of(rule)?)))
            .collect()
    }

    /// The finest configured key for `name`, which may include a detail (`PreToolUse/Bash`); else the event.
    pub fn finest_key(&self, name: &str) -> String {
        match self.keys_for(name).next() {
            Some(key) => key.to_owned(),
            None => key::shown(key::split(name).0),
        }
    }

    /// The keys with settings: events, finer keys, and other sound names.
    pub fn configured_keys(&self) -> impl Iterator<Item = &str> {
        self.rules.values().map(|rule| rule.name.as_str())
    }

    /// The configured keys whose settings apply to `name`, the finest first.
    pub fn keys_for(&self, name: &str) -> impl Iterator<Item = &str> {
        self.rules_for(name).map(|rule| rule.name.as_str())
    }

    /// Whether `event` or one of its finer keys is enabled for `agent`.
    pub fn is_enabled_in_part(&self, event: &str, agent: &Agent) -> bool {
        let is_agents = |rule: &&Rule| Key::of(&rule.name).agent.is_none_or(|it| it == agent);
        let mut finer = self.finer(event).filter(is_agents);
        self.is_enabled(&format!("{event}@{}", agent.name))
            || finer.any(|rule| rule.enabled == Some(true))
    }

    /// The configured keys finer than `name`.
    pub fn finer_keys(&self, name: &str) -> impl Iterator<Item = &str> {
        self.finer(name).map(|rule| rule.name.as_str())
    }

    fn finer(&self, name: &str) -> impl Iterator<Item = &Rule> {
        let name = key::compared(name);
        let is_finer = move |key: &str| {
            let rest = key.strip_prefix(&*name);
            rest.is_some_and(|rest| rest.starts_with(['/', ':', '@']))
        };
        let rules = self.rules.iter().filter(move |(key, _)| is_finer(key));
        rules.map(|(_, rule)| rule)
    }

    /// The throttle window of `name` in a config file.
    pub fn configured_window(&self, name: &str) -> Option<Duration> {
        self.first(name, |rule| rule.window)
    }

    /// The throttle scope of `name`: that of what needs the user is the session, or a second session's
    /// prompt would be lost.
    pub fn scope(&self, name: &str) -> Scope {
        self.first(name, |rule| rule.scope).unwrap_or_else(|| {
            match !self.has_original() && needs_you(name) {
                true => Scope::Session,
                false => Scope::Project,
            }
        })
    }

    /// Whether `name`, an event with its detail, is news for nobody, unless the config says otherwise about
    /// that detail. A config of the original Herald knows no such exception.
    fn is_silent(&self, name: &str) -> bool {
        let (event, Some(detail)) = key::split(name) else {
            return false;
        };
        let is_silent = |event: &Event| event.silent.contains(&detail);
        Event::find(event).is_some_and(is_silent) && !self.has_original() && !self.is_set(name)
    }

    /// Whether a call of `tool`, which asks the user something, is a permission request: unless the config is
    /// about such calls, or is the original Herald's.
    pub fn is_request(&self, tool: &str) -> bool {
        let name = format!("{CALL}/{tool}");
        !self.has_original() && !self.is_set(&name) && !self.is_enabled(&name)
    }

    /// Whether an idle prompt sounds only in place of a Stop.
    pub(crate) fn is_idle_a_substitute(&self) -> bool {
        !self.has_original() && !self.is_set("Notification/idle_prompt")
    }

    /// Whether the key `name` itself is switched on or off, not only its event.
    fn is_set(&self, name: &str) -> bool {
        let has_detail = |rule: &&Rule| key::split(&rule.name).1.is_some();
        let mut rules = self.rules_for(name).filter(has_detail);
        rules.any(|rule| rule.enabled.is_some())
    }

    /// `subject`, an event with its detail, as the finest key that the config has for it: with the pattern that
    /// the tool's command matches, the longest of several, and with the agent.
    pub fn refined(
        &self,
        mut subject: String,
        command: impl FnOnce() -> Option<String>,
        agent: &Agent,
    ) -> String {
        let is_finer = |key: &String| key.contains([':', '@']);
        if !self.rules.keys().any(is_finer) {
            return subject;
        }
        let prefix = format!("{}:", key::compared(&subject));
        let rules = self.rules.range(prefix.clone()..);
        let rules = rules.take_while(|(key, _)| key.starts_with(&prefix));
        let keys = rules.map(|(_, rule)| Key::of(&rule.name));
        let is_agents = |key: &Key<'_>| key.agent.is_none_or(|it| it == agent);
        let keys = keys.filter(is_agents).filter_map(|key| key.command);
        let mut patterns = keys.peekable();
        if patterns.peek().is_some()
            && let Some(command) = command()
        {
            let matching = patterns.filter(|pattern| key::matches(pattern, &command));
            if let Some(longest) = matching.max_by_key(|pattern| pattern.len()) {
                subject = format!("{subject}:{longest}");
            }
        }
        let suffix = format!("@{}", agent.name);
        if self.rules.keys().any(|key| key.ends_with(&suffix)) {
            subject.push_str(&suffix);
        }
        subject
    }

    /// What the agent does in its terminal for `name`.
    pub(crate) fn terminal(&self, name: &str) -> Option<Terminal> {
        self.first(name, |rule| rule.terminal)
    }

    /// Whether some event has a bell or a notification in the terminal.
    pub fn has_terminal(&self) -> bool {
        self.rules.values().any(|rule| rule.terminal.is_some())
    }

    /// The fleet that this machine belongs to.
    pub fn fleet(&self) -> Option<&Fleet> {
        let fleet = &self.fleet;
        (!fleet.url.is_empty() && !fleet.name.is_empty()).then_some(fleet)
    }

    /// Whether nothing sounds in `dir`.
    pub(crate) fn excludes(&self, dir: &Path) -> bool {
        self.exclude.iter().any(|dirs| dirs.cover(dir))
    }

    /// Times of day without sounds.
    pub fn quiet_hours(&self) -> &[QuietHours] {
        &self.quiet_hours
    }

    /// The settings for `name`, finest key first.
    pub(super) fn rules_for(&self, name: &str) -> impl Iterator<Item = &Rule> {
        key::with_coarser(name).filter_map(|key| self.rules.get(&key))
    }

    pub(super) fn first<T>(&self, name: &str, of: impl Fn(&Rule) -> Option<T>) -> Option<T> {
        self.rules_for(name).find_map(of)
    }

    /// The sounds named in config files, each with its rule.
    pub(super) fn named_sounds(&self) -> impl Iterator<Item = (&Rule, &NamedSound)> {
        let rules = self.rules.values();
        rules.flat_map(|rule| rule.sounds.iter().flatten().map(move |sound| (rule, sound)))
    }

    /// The directory of the file of `sound`.
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
        if let Some(name) = sound.name.strip_prefix(SYSTEM) {
            let found = self.system_sounds.find(name);
            return found
                .filter(|path| path.to_str().is_some())
                .map(Sound::File);
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

    /// The path, if a file named by a project lies inside that project or in the user's own directory.
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

/// Whether the event of `name` waits for the user.
pub(super) fn needs_you(name: &str) -> bool {
    known(name).is_some_and(|event| event.chime == Chime::Attention)
}

/// The known event of `name`, ignoring a detail.
pub(super) fn known(name: &str) -> Option<&'static Event> {
    Event::find(key::split(name).0)
}

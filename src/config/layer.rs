//! Applies the values of one config file on top of those with lower precedence. Invalid values are reported
//! and ignored.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::directories::Directories;
use super::document::{
    AudioSettings, ByEvent, Document, EventSettings, FleetValues, KEYS, Packs, Rules, SoundFiles,
};
use super::fleet::{FullName, Url};
use super::issue::{ConfigIssue, Severity};
use super::mistakes::Issues;
use super::model::{Config, Layer, NONE, NamedSound, Rule, SoundsDir};
use super::pack_choice::ActivePacks;
use super::text::{self, Unreadable};
use super::tree::{self, Maybe};
use super::value::{Factor, Lufs, OutputName, PackNames, Seconds, Sounds, WebAddress, Whole};
use super::{key, names};
use crate::agents::Agent;
use crate::original;
use crate::quiet_rule::QuietRule;
use crate::sound::Output;
use crate::system::env::Env;
use crate::trust::Owner;

/// A config file: its location, its owner, and the base of its relative paths.
#[derive(Debug)]
pub(super) struct Origin {
    /// Supplies the home directory for paths.
    pub(super) env: Env,
    pub(super) source: PathBuf,
    pub(super) trust: Owner,
    pub(super) relative_to: PathBuf,
    /// Whether `relative_to` is the project's directory.
    pub(super) starts_at_project: bool,
    /// The directory of its sound files, unless a sounds directory is configured.
    pub(super) default_dir: SoundsDir,
    /// Whether it is a config of the original Herald.
    pub(super) is_original: bool,
}

/// The values of a file, and its problems.
pub(super) struct Reading {
    pub(super) document: Document,
    pub(super) issues: Vec<ConfigIssue>,
    pub(super) layer: Layer,
}

/// Reads `text`, the content of the file of `origin`.
pub(super) fn read(origin: &Origin, text: String) -> Result<Reading, Unreadable> {
    let (document, issues, places) = {
        let tree = text::parse(&text)?;
        let issues = Issues::new(&text).among(&KEYS);
        let issues = match origin.is_original {
            true => issues.passing_over(&original::KEYS_OF_CONFIG),
            false => issues,
        };
        let document: Document = tree::read(&text, &tree, &issues);
        names::check(&tree, &issues);
        let places = match origin.trust {
            Owner::User => issues.places(&[]),
            Owner::Project => {
                names::check_project(&tree, &issues);
                issues.places(&names::USERS_OWN)
            }
        };
        (document, issues.of(&origin.source), places)
    };
    let layer = Layer {
        source: origin.source.clone(),
        text,
        places,
        is_original: origin.is_original,
        is_remembered: false,
    };
    Ok(Reading {
        document,
        issues,
        layer,
    })
}

/// Reads `text`, the last valid version of the file of `origin`. Its problems are not those of the file.
pub(super) fn read_remembered(origin: &Origin, text: String) -> Option<Reading> {
    let mut reading = read(origin, text).ok()?;
    reading.issues.clear();
    reading.layer.is_remembered = true;
    Some(reading)
}

impl Config {
    /// Applies the defaults of the original Herald, whose config file is `origin`.
    pub(super) fn apply_original_defaults(&mut self, origin: &Origin) {
        self.volume = original::VOLUME;
        self.playback.settle_ms = 0;
        self.playback.loudness = None;
        self.skip_stop_while_subagents_run = false;
        for defaults in &original::DEFAULTS {
            let rule = self.rule_mut(defaults.event);
            rule.enabled = Some(true);
            rule.sounds = Some(vec![origin.sound(defaults.file.to_owned())]);
        }
    }

    /// Applies the values of `reading`.
    pub(super) fn apply(&mut self, origin: &Origin, reading: Reading) {
        let Document {
            schema: _,
            sound_files,
            audio_settings,
            events,
            rules,
            packs,
            trusted_projects: _,
            fleet,
        } = reading.document;
        self.apply_sound_files(origin, sound_files.0.unwrap_or_default());
        self.apply_audio(origin, audio_settings.0.unwrap_or_default());
        for (name, settings) in present(events) {
            self.apply_event(origin, &name, settings);
        }
        self.apply_rules(origin, rules.0.unwrap_or_default());
        self.apply_packs(origin, packs.0.unwrap_or_default());
        if origin.trust == Owner::User {
            self.apply_fleet(origin, fleet.0.unwrap_or_default());
        }
        self.issues.extend(reading.issues);
        self.layers.push(reading.layer);
    }

    fn apply_sound_files(&mut self, origin: &Origin, files: SoundFiles) {
        if let Some(dir) = files.base_path.0 {
            let dir = origin.env.expand(&dir);
            self.sounds_dir = Some(SoundsDir {
                path: origin.relative_to.join(&dir),
                trust: origin.trust,
                is_projects: origin.starts_at_project && dir.is_relative(),
                is_originals: origin.is_users_original(),
            });
        }
        for (name, sounds) in present(files.mappings) {
            self.map(origin, &name, sounds);
        }
    }

    /// An event with a sound is enabled, and one with an empty sound is disabled.
    fn map(&mut self, origin: &Origin, name: &str, sounds: Sounds) {
        let Sounds { names, are_off } = sounds;
        let rule = self.rule_mut(name);
        rule.enabled = Some(!are_off);
        let sounds = || names.into_iter().map(|name| origin.sound(name)).collect();
        rule.sounds = (!are_off).then(sounds);
    }

    fn apply_audio(&mut self, origin: &Origin, audio: AudioSettings) {
        if let Some(OutputName(output)) = audio.output.0
            && let Ok(output) = Output::parse(&output, &origin.env)
            && origin.trust == Owner::User
        {
            self.output = output;
        }
        if let Some(Factor(volume)) = audio.volume.0 {
            self.volume = volume;
        }
        for (name, Seconds(window)) in present(audio.throttle_seconds) {
            self.rule_mut(&name).window = Some(window);
        }
        let playback = &mut self.playback;
        playback.overlap = audio.overlap.0.unwrap_or(playback.overlap);
        put(&mut playback.max_voices, audio.max_voices);
        put(&mut playback.min_gap_ms, audio.min_gap_ms);
        put(&mut playback.stream_idle_ms, audio.stream_idle_ms);
        put(&mut playback.settle_ms, audio.settle_ms);
        put(&mut playback.player_idle_exit_s, audio.player_idle_exit);
        if let Some(Whole(lead_in)) = audio.lead_in_ms.0 {
            playback.lead_in_ms = Some(lead_in);
        }
        if let Some(Lufs(loudness)) = audio.loudness.0 {
            playback.loudness = loudness;
        }
        playback.voice_pitch = audio.voice_pitch.0.unwrap_or(playback.voice_pitch);
        playback.theme = audio.theme.0.unwrap_or(playback.theme);
        self.voice = audio.voice.0.unwrap_or(self.voice);
    }

    fn apply_event(&mut self, origin: &Origin, name: &str, settings: EventSettings) {
        if let Some(sounds) = settings.sound.0 {
            self.map(origin, name, sounds);
        }
        let rule = self.rule_mut(name);
        rule.enabled = settings.enabled.0.or(rule.enabled);
        rule.scope = settings.scope.0.or(rule.scope);
        rule.min_turn = settings.min_turn.0.or(rule.min_turn);
        rule.terminal = settings.terminal.0.or(rule.terminal);
        if let Some(command) = settings.run.0
            && origin.trust == Owner::User
        {
            rule.run = Some(command);
        }
        if let Some(remind) = settings.remind.0
            && origin.trust == Owner::User
        {
            rule.remind = Some(remind);
        }
        if let Some(Factor(volume)) = settings.volume.0 {
            rule.volume = Some(volume);
        }
        if let Some(Seconds(window)) = settings.throttle_seconds.0 {
            rule.window = Some(window);
        }
    }

    fn apply_rules(&mut self, origin: &Origin, rules: Rules) {
        if let Some(dirs) = rules.exclude.0
            && origin.trust == Owner::User
        {
            let dirs = dirs.into_iter().filter_map(|dirs| dirs.0);
            self.exclude = dirs.filter_map(|dirs| dirs.expanded(&origin.env)).collect();
        }
        if let Some(hours) = rules.quiet_hours.0 {
            self.quiet_hours = hours.into_iter().filter_map(|hours| hours.0).collect();
        }
        for (setting, value) in [
            (&mut self.mute_headless, rules.mute_headless),
            (
                &mut self.skip_stop_while_tasks_run,
                rules.skip_stop_while_tasks_run,
            ),
            (
                &mut self.skip_stop_while_subagents_run,
                rules.skip_stop_while_subagents_run,
            ),
            (&mut self.skip_subagents, rules.skip_subagents),
        ] {
            *setting = value.0.unwrap_or(*setting);
        }
        if origin.trust != Owner::User {
            return;
        }
        for (rule, value) in [
            (QuietRule::Calls, rules.quiet_in_calls),
            (QuietRule::Headphones, rules.only_headphones),
            (QuietRule::DoNotDisturb, rules.quiet_on_do_not_disturb),
            (QuietRule::Locked, rules.quiet_when_locked),
        ] {
            match value.0 {
                Some(true) => _ = self.quiet_rules.insert(rule),
                Some(false) => _ = self.quiet_rules.remove(&rule),
                None => {}
            }
        }
        if let Some(program) = rules.quiet_if.0 {
            self.quiet_rules.insert(QuietRule::Program);
            self.quiet_if = Some(program);
        }
    }

    fn apply_packs(&mut self, origin: &Origin, packs: Packs) {
        let named = |PackNames(mut names): PackNames| {
            names.retain(|name| name != NONE);
            ActivePacks {
                names,
                named_by: origin.trust,
            }
        };
        if let Some(names) = packs.active.0 {
            self.packs.active = Some(named(names));
        }
        self.packs.rotation = packs.rotation.0.unwrap_or(self.packs.rotation);
        if origin.trust == Owner::User {
            for (agent, names) in present(packs.by_agent) {
                if let Some(agent) = Agent::known(&agent) {
                    self.packs
                        .by_agent
                        .insert(agent.name.to_owned(), named(names));
                }
            }
            for (path, names) in present(packs.by_path) {
                let directories = Directories::parse(&path);
                let directories = directories.and_then(|path| path.expanded(&origin.env));
                if let Some(directories) = directories {
                    self.packs.by_path.insert(path, (directories, named(names)));
                }
            }
        }
        for (name, category) in present(packs.categories) {
            self.rule_mut(&name).category = Some(category);
        }
        if let Some(muted) = packs.muted.0 {
            self.packs.muted = muted
                .into_iter()
                .filter_map(|category| category.0)
                .collect();
        }
        if let Some(sounds) = packs.muted_sounds.0 {
            self.packs.muted_sounds = sounds.into_iter().filter_map(|sound| sound.0).collect();
        }
        if let Some(WebAddress(address)) = packs.registry.0
            && origin.trust == Owner::User
        {
            self.packs.registry = Some(address);
        }
    }

    fn apply_fleet(&mut self, origin: &Origin, values: FleetValues) {
        let fleet = &mut self.fleet;
        if let Some(Url(Some(url))) = values.url.0 {
            fleet.url = url;
        }
        if let Some(file) = values.key_file.0 {
            fleet.key_file = origin.relative_to.join(origin.env.expand(&file));
        }
        if let Some(FullName(name)) = values.name.0 {
            fleet.name = name;
        }
        if let Some(Whole(ms)) = values.ttl_ms.0 {
            fleet.ttl = Duration::from_millis(ms.into());
        }
        fleet.role = values.role.0.unwrap_or(fleet.role);
        fleet.scope = values.scope.0.unwrap_or(fleet.scope);
        fleet.desks = values.desks.0.unwrap_or(fleet.desks);
        fleet.away = values.away.0.unwrap_or(fleet.away);
    }

    fn rule_mut(&mut self, name: &str) -> &mut Rule {
        let (compared, shown) = key::compared_and_shown(name);
        self.rules.entry(compared).or_insert_with(|| Rule {
            name: shown,
            ..Rule::default()
        })
    }
}

impl Origin {
    /// Whether it is the original Herald's config for all projects of the user. Its sounds directory is only
    /// for its own sounds; files of higher precedence use others.
    fn is_users_original(&self) -> bool {
        self.is_original && self.trust == Owner::User && !self.starts_at_project
    }

    fn sound(&self, name: String) -> NamedSound {
        NamedSound {
            file: self.env.expand(&name),
            name,
            trust: self.trust,
            is_original: self.is_original,
            default_dir: self.default_dir.clone(),
        }
    }
}

/// The values that are present.
fn present<T>(values: Maybe<ByEvent<T>>) -> impl Iterator<Item = (String, T)> {
    let values = values.0.into_iter().flatten();
    values.filter_map(|(name, value)| Some((name, value.0?)))
}

fn put<const MIN: u32, const MAX: u32>(setting: &mut u32, value: Maybe<Whole<MIN, MAX>>) {
    if let Some(Whole(value)) = value.0 {
        *setting = value;
    }
}

/// A note that a valid text is not strict JSON.
pub(super) fn note_deviation(source: &Path, text: &str) -> Option<ConfigIssue> {
    let (position, what) = text::deviation(text)?;
    Some(ConfigIssue {
        severity: Severity::Note,
        source: source.to_owned(),
        position: Some(position),
        key: String::new(),
        what: format!("{what}: accepted here, but not valid JSON"),
    })
}

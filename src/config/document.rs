//! The format of config files: serde reads it, and the JSON Schema is generated from it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::command_line::CommandLine;
use super::directories::Directories;
use super::fleet::{self, Away, Desks, FullName, Role, Url};
use super::model::{Scope, Terminal};
use super::pack_choice::Rotation;
use super::quiet::QuietHours;
use super::remind::Remind;
use super::time_span::TimeSpan;
use super::tree::Maybe;
use super::value::{
    Factor, Lufs, OutputName, PackNames, Seconds, Sounds, TrustedProjects, WebAddress, Whole,
};
use crate::playback::{LONGEST_IDLE_S, LONGEST_MS, LONGEST_SETTLE_MS, MAX_VOICES, Overlap};
use crate::sound::Theme;
use crate::variation::VoiceOf;

/// All keys, to recognise a key in the wrong place.
pub(super) const KEYS: [&str; 55] = [
    "sound_files",
    "sound_files.base_path",
    "sound_files.mappings",
    "audio_settings",
    "audio_settings.volume",
    "audio_settings.throttle_seconds",
    "audio_settings.output",
    "audio_settings.overlap",
    "audio_settings.max_voices",
    "audio_settings.min_gap_ms",
    "audio_settings.lead_in_ms",
    "audio_settings.stream_idle_ms",
    "audio_settings.settle_ms",
    "audio_settings.player_idle_exit",
    "audio_settings.loudness",
    "audio_settings.voice",
    "audio_settings.voice_pitch",
    "audio_settings.theme",
    "events",
    "events.EVENT.enabled",
    "events.EVENT.sound",
    "events.EVENT.scope",
    "events.EVENT.min_turn",
    "events.EVENT.terminal",
    "events.EVENT.run",
    "events.EVENT.remind",
    "rules",
    "rules.exclude",
    "rules.quiet_hours",
    "rules.mute_headless",
    "rules.skip_stop_while_tasks_run",
    "rules.skip_stop_while_subagents_run",
    "rules.skip_subagents",
    "rules.quiet_in_calls",
    "rules.only_headphones",
    "rules.quiet_on_do_not_disturb",
    "rules.quiet_when_locked",
    "rules.quiet_if",
    "packs.active",
    "packs.rotation",
    "packs.by_agent",
    "packs.by_path",
    "packs.categories",
    "packs.muted",
    "packs.muted_sounds",
    "packs.registry",
    "trusted_projects",
    "fleet.url",
    "fleet.key_file",
    "fleet.name",
    "fleet.role",
    "fleet.scope",
    "fleet.ttl_ms",
    "fleet.desks",
    "fleet.away",
];

/// Values by event, or by a finer key such as `Notification/permission_prompt`.
pub(super) type ByEvent<T> = BTreeMap<String, Maybe<T>>;

/// A config of Herald, the audio engine for coding-agent hooks. Every key is optional. Event names may be
/// written in any case, with or without `_` and `-`. A detail may follow after a slash:
/// `Notification/permission_prompt`, `PreToolUse/Bash`, `SessionStart/resume`, `StopFailure/rate_limit`; after a
/// tool the pattern of its command, `PreToolUse/Bash:git commit*`; after any key an agent, `Stop@codex`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(
    feature = "editing",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields, title = "Herald config")
)]
#[serde(default)]
pub(super) struct Document {
    /// The location of this schema, for editors.
    #[serde(rename = "$schema")]
    pub(super) schema: Maybe<String>,
    /// Sound files.
    pub(super) sound_files: Maybe<SoundFiles>,
    /// How loud, how often and how sounds are played.
    pub(super) audio_settings: Maybe<AudioSettings>,
    /// Settings by event.
    pub(super) events: Maybe<ByEvent<EventSettings>>,
    /// When to be silent.
    pub(super) rules: Maybe<Rules>,
    /// Sound packs (CESP 1.0).
    pub(super) packs: Maybe<Packs>,
    /// Projects whose files are trusted although they belong to neither this user nor root: directories,
    /// `DIR/*` for all below one, or `*` for all. Only in the user's own config.
    pub(super) trusted_projects: Maybe<TrustedProjects>,
    /// The fleet: agents on many machines, heard at one desk or several. Only in the user's own config.
    pub(super) fleet: Maybe<FleetValues>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct SoundFiles {
    /// The directory of the sound files. A relative path starts at the project; in the user's own config, at
    /// the directory of that config.
    pub(super) base_path: Maybe<String>,
    /// The sound file of each event. With several files, one is picked at random, never the same twice in a
    /// row. An event with a sound file is enabled.
    pub(super) mappings: Maybe<ByEvent<Sounds>>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct AudioSettings {
    /// The volume from 0 to 1; 1 is the sound's own level.
    pub(super) volume: Maybe<Factor>,
    /// The throttle window in seconds, by event: it sounds at most once in this time.
    pub(super) throttle_seconds: Maybe<ByEvent<Seconds>>,
    /// The output unless `HERALD_OUTPUT` is set: `auto`, `cpal`, `cpal:DEVICE`, `command`, `null`, or `wav:`
    /// and an absolute path. Only in the user's own config.
    pub(super) output: Maybe<OutputName>,
    /// What to do when a sound starts while another is playing.
    pub(super) overlap: Maybe<Overlap>,
    /// The number of sounds that may play at once.
    pub(super) max_voices: Maybe<Whole<1, MAX_VOICES>>,
    /// The minimum time between the starts of two sounds, in milliseconds.
    pub(super) min_gap_ms: Maybe<Whole<0, LONGEST_MS>>,
    /// Silence before the first sound after opening the device, in milliseconds.
    pub(super) lead_in_ms: Maybe<Whole<0, LONGEST_MS>>,
    /// How long the device stays open while nothing plays, in milliseconds.
    pub(super) stream_idle_ms: Maybe<Whole<0, LONGEST_MS>>,
    /// How long a permission request waits for the event that nobody has to answer it, in milliseconds; 0 for
    /// not at all.
    pub(super) settle_ms: Maybe<Whole<0, LONGEST_SETTLE_MS>>,
    /// How long the player stays while it is idle, in seconds.
    pub(super) player_idle_exit: Maybe<Whole<1, LONGEST_IDLE_S>>,
    /// The loudness of sounds from files, in LUFS (EBU R 128): sounds of packs are turned up or down to it, your
    /// own files only down. `off` leaves each at its own level.
    pub(super) loudness: Maybe<Lufs>,
    /// What has a variation of sounds of its own, by pitch and place: nothing, each project, each session or each
    /// agent.
    pub(super) voice: Maybe<VoiceOf>,
    /// Whether the variation of a sound file has another pitch, too.
    pub(super) voice_pitch: Maybe<bool>,
    /// How built-in sounds are played.
    pub(super) theme: Maybe<Theme>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct EventSettings {
    /// Whether it sounds.
    pub(super) enabled: Maybe<bool>,
    /// Its relative volume: a factor from 0 to 1.
    pub(super) volume: Maybe<Factor>,
    /// Its sound file, as in `sound_files.mappings`.
    pub(super) sound: Maybe<Sounds>,
    /// Its throttle window in seconds, as in `audio_settings.throttle_seconds`.
    pub(super) throttle_seconds: Maybe<Seconds>,
    /// What shares one throttle window.
    pub(super) scope: Maybe<Scope>,
    /// It sounds only if the agent's turn has lasted this long: a time such as `30s`. For events that finish
    /// something.
    pub(super) min_turn: Maybe<TimeSpan>,
    /// What the agent does in its terminal, where it can: `bell` or `notify`.
    pub(super) terminal: Maybe<Terminal>,
    /// A program with arguments that runs beside its sound, such as `["notify-send", "{event}"]`. Only in the
    /// user's own config.
    pub(super) run: Maybe<CommandLine>,
    /// Its sound is repeated after these times, such as `["1m", "5m"]`, until something happens in the
    /// session; for StopFailure also `reset`, when the limit ends. Only in the user's own config.
    pub(super) remind: Maybe<Remind>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct Rules {
    /// Directories in which nothing sounds, with all below them: absolute paths or from `~`, in which `*` is
    /// any text in one name. Only in the user's own config.
    pub(super) exclude: Maybe<Vec<Maybe<Directories>>>,
    /// Times of day without sounds.
    pub(super) quiet_hours: Maybe<Vec<Maybe<QuietHours>>>,
    /// No sounds if the agent runs without a terminal (`claude -p`, background agents).
    pub(super) mute_headless: Maybe<bool>,
    /// No sound for Stop while the agent has background tasks.
    pub(super) skip_stop_while_tasks_run: Maybe<bool>,
    /// No sound for Stop while the agent has running subagents; the last Stop sounds.
    pub(super) skip_stop_while_subagents_run: Maybe<bool>,
    /// No sounds for events inside subagents, unless they need your attention.
    pub(super) skip_subagents: Maybe<bool>,
    /// No sounds while a program records from a microphone. Only in the user's own config.
    pub(super) quiet_in_calls: Maybe<bool>,
    /// No sounds unless the output is headphones. Only in the user's own config.
    pub(super) only_headphones: Maybe<bool>,
    /// No sounds while the desktop's "do not disturb" is on. Only in the user's own config.
    pub(super) quiet_on_do_not_disturb: Maybe<bool>,
    /// No sounds while the screen is locked. Only in the user's own config.
    pub(super) quiet_when_locked: Maybe<bool>,
    /// A program with arguments that is asked before each sound: no sound if it exits with 0. Only in the
    /// user's own config.
    pub(super) quiet_if: Maybe<CommandLine>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct Packs {
    /// The pack, or several, for events without a sound file of their own; `none` for no pack.
    pub(super) active: Maybe<PackNames>,
    /// Which of several packs plays a sound.
    pub(super) rotation: Maybe<Rotation>,
    /// The packs of an agent, instead of the active ones. Only in the user's own config.
    pub(super) by_agent: Maybe<BTreeMap<String, Maybe<PackNames>>>,
    /// The packs in a directory and all below it, instead of the active ones: absolute paths or from `~`, in
    /// which `*` is any text in one name. Only in the user's own config.
    pub(super) by_path: Maybe<BTreeMap<String, Maybe<PackNames>>>,
    /// The category of an event, instead of its usual one; `none` for no sound of the pack.
    pub(super) categories: Maybe<ByEvent<String>>,
    /// Categories without sounds.
    pub(super) muted: Maybe<Vec<Maybe<String>>>,
    /// Sounds that are never played, as the manifest names them: `sounds/done.wav`, or `PACK/sounds/done.wav`
    /// for one pack.
    pub(super) muted_sounds: Maybe<Vec<Maybe<String>>>,
    /// The index of the registry in which `herald pack search` looks. Only in the user's own config.
    pub(super) registry: Maybe<WebAddress>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct FleetValues {
    /// The engine: `rediss://HOST:PORT`; on this machine also `redis://`.
    pub(super) url: Maybe<Url>,
    /// The file with the password, readable only by the user.
    pub(super) key_file: Maybe<String>,
    /// `FLEET.MACHINE`, which is also the login.
    pub(super) name: Maybe<FullName>,
    /// What this machine is: a `box`, whose agents are heard at the desks; a `desk`, where boxes are heard; or
    /// `both`.
    pub(super) role: Maybe<Role>,
    /// What shares one window at a desk.
    pub(super) scope: Maybe<fleet::Scope>,
    /// How old an event may be when it is heard, in milliseconds.
    pub(super) ttl_ms: Maybe<Whole<{ fleet::MIN_TTL_MS }, { fleet::MAX_TTL_MS }>>,
    /// Which of several desks sound.
    pub(super) desks: Maybe<Desks>,
    /// What a box does while no desk can hear it: nothing (`silent`), or it plays its sounds itself (`local`).
    pub(super) away: Maybe<Away>,
}

//! What a config file may say: the model that files are read by and the JSON Schema is made from.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model::Scope;
use super::quiet::QuietHours;
use super::tree::Maybe;
use super::value::{Factor, OutputName, Seconds, Sounds, TrustedProjects, Whole};
use crate::playback::{LONGEST_IDLE_S, LONGEST_MS, MAX_VOICES, Overlap};

/// Every key, for those that people write in another place.
pub(super) const KEYS: [&str; 26] = [
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
    "audio_settings.player_idle_exit",
    "events",
    "events.EVENT.enabled",
    "events.EVENT.sound",
    "events.EVENT.scope",
    "rules",
    "rules.quiet_hours",
    "rules.mute_headless",
    "rules.skip_stop_while_tasks_run",
    "rules.skip_subagents",
    "packs.active",
    "packs.categories",
    "packs.muted",
    "trusted_projects",
];

/// Values by event, or by a finer key such as `Notification/permission_prompt`.
pub(super) type ByEvent<T> = BTreeMap<String, Maybe<T>>;

/// A config of Herald, the audio engine for coding-agent hooks. Every key may be left out. Event
/// names may be written in any case, with or without `_` and `-`; after a slash comes what the
/// event is about: `Notification/permission_prompt`, `PreToolUse/Bash`, `SessionStart/resume`,
/// `StopFailure/rate_limit`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(
    feature = "editing",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields, title = "Herald config")
)]
#[serde(default)]
pub(super) struct Document {
    /// Where this schema is; for editors.
    #[serde(rename = "$schema")]
    pub(super) schema: Maybe<String>,
    /// Sound files.
    pub(super) sound_files: Maybe<SoundFiles>,
    /// How, and how often, sounds are played.
    pub(super) audio_settings: Maybe<AudioSettings>,
    /// What is special about an event.
    pub(super) events: Maybe<ByEvent<EventSettings>>,
    /// When to be quiet.
    pub(super) rules: Maybe<Rules>,
    /// Sound packs (CESP 1.0).
    pub(super) packs: Maybe<Packs>,
    /// Directories of projects whose files count though they belong to neither this user nor root;
    /// `DIR/*` for those below one, `*` for all. In the user's own config alone.
    pub(super) trusted_projects: Maybe<TrustedProjects>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct SoundFiles {
    /// The directory of the sound files. A relative one starts at the project, or in the user's
    /// own config at that file's directory.
    pub(super) base_path: Maybe<String>,
    /// The sound file of each event; of several one is picked by chance, not the same twice in a
    /// row. An event with a sound file is on.
    pub(super) mappings: Maybe<ByEvent<Sounds>>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct AudioSettings {
    /// Volume from 0 to 1, the sound's own level.
    pub(super) volume: Maybe<Factor>,
    /// An event sounds at most once in this time, in seconds.
    pub(super) throttle_seconds: Maybe<ByEvent<Seconds>>,
    /// Where sounds go unless `HERALD_OUTPUT` says otherwise: `auto`, `cpal`, `cpal:DEVICE`, `command`,
    /// `null`, or `wav:` and an absolute path. For your own config alone: a project's may not say it.
    pub(super) output: Maybe<OutputName>,
    /// What becomes of a sound while others sound.
    pub(super) overlap: Maybe<Overlap>,
    /// How many sound at once.
    pub(super) max_voices: Maybe<Whole<1, MAX_VOICES>>,
    /// The shortest time from one sound's start to the next one's, in milliseconds.
    pub(super) min_gap_ms: Maybe<Whole<0, LONGEST_MS>>,
    /// Silence before the first sound after the device was opened, in milliseconds.
    pub(super) lead_in_ms: Maybe<Whole<0, LONGEST_MS>>,
    /// How long the device stays open with nothing to play, in milliseconds.
    pub(super) stream_idle_ms: Maybe<Whole<0, LONGEST_MS>>,
    /// How long the player stays with nothing to do, in seconds.
    pub(super) player_idle_exit: Maybe<Whole<1, LONGEST_IDLE_S>>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct EventSettings {
    /// Whether it is heard.
    pub(super) enabled: Maybe<bool>,
    /// Its volume beside the others: a factor from 0 to 1.
    pub(super) volume: Maybe<Factor>,
    /// Its sound file, as in `sound_files.mappings`.
    pub(super) sound: Maybe<Sounds>,
    /// It sounds at most once in this time, in seconds, as in `audio_settings.throttle_seconds`.
    pub(super) throttle_seconds: Maybe<Seconds>,
    /// Among what it sounds at most once in that time.
    pub(super) scope: Maybe<Scope>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct Rules {
    /// Times of day at which nothing is heard.
    pub(super) quiet_hours: Maybe<Vec<Maybe<QuietHours>>>,
    /// Nothing is heard of an agent that runs without a terminal (`claude -p`, background agents).
    pub(super) mute_headless: Maybe<bool>,
    /// Stop is not heard while tasks of the agent go on in the background.
    pub(super) skip_stop_while_tasks_run: Maybe<bool>,
    /// What happens inside subagents is not heard, unless it needs you.
    pub(super) skip_subagents: Maybe<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "editing", schemars(deny_unknown_fields))]
#[serde(default)]
pub(super) struct Packs {
    /// The pack whose sounds are heard, for events without a sound file of their own; `none` for
    /// no pack.
    pub(super) active: Maybe<String>,
    /// The category of each event, where it is not the usual one; `none` for no sound of the pack.
    pub(super) categories: Maybe<ByEvent<String>>,
    /// Categories that are not heard.
    pub(super) muted: Maybe<Vec<Maybe<String>>>,
}

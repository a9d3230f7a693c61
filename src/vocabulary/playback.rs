//! Settings for overlapping sounds and for the device. The config sets them, and requests carry them to the
//! player.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::loudness::{MAX_LUFS, MIN_LUFS};
use super::sound::Theme;

/// The upper limit of [`Playback::max_voices`].
pub(crate) const MAX_VOICES: u32 = 32;
/// The upper limit of [`Playback::player_idle_exit_s`], in seconds: one day.
pub(crate) const LONGEST_IDLE_S: u32 = 24 * 60 * 60;
/// The upper limit of [`Playback::min_gap_ms`], [`Playback::lead_in_ms`] and [`Playback::stream_idle_ms`], in
/// milliseconds: one minute.
pub(crate) const LONGEST_MS: u32 = 60_000;

/// The upper limit of [`Playback::settle_ms`], in milliseconds.
pub(crate) const LONGEST_SETTLE_MS: u32 = 5_000;

/// What to do when a sound starts while another is playing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// Play both. Above `max_voices` the oldest sound stops.
    #[default]
    Mix,
    /// Stop the other sounds.
    Replace,
    /// Wait until the other sounds have ended, up to a limit.
    Queue,
    /// Skip the new sound.
    Drop,
}

impl Overlap {
    /// All policies.
    pub const ALL: [Self; 4] = [Self::Mix, Self::Replace, Self::Queue, Self::Drop];

    /// Its name in a config.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Replace => "replace",
            Self::Queue => "queue",
            Self::Drop => "drop",
        }
    }
}

/// Playback settings other than the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    /// What to do when a sound starts while another is playing.
    pub overlap: Overlap,
    /// The number of sounds that may play at once, from 1 to `MAX_VOICES`.
    pub max_voices: u32,
    /// The minimum time between the starts of two sounds, in milliseconds.
    pub min_gap_ms: u32,
    /// Silence before the first sound after opening the device, in milliseconds, because sleeping devices
    /// swallow the beginning of a sound. By default 300 for Bluetooth, else 0.
    pub lead_in_ms: Option<u32>,
    /// How long the device stays open while nothing plays, in milliseconds.
    pub stream_idle_ms: u32,
    /// How long a permission request waits for the event that nobody has to answer it, in milliseconds, up to
    /// `LONGEST_SETTLE_MS`.
    #[serde(default)]
    pub settle_ms: u32,
    /// How long the player stays while it is idle, in seconds, from 1 to `LONGEST_IDLE_S`.
    pub player_idle_exit_s: u32,
    /// The loudness of sounds from files, in LUFS, from `MIN_LUFS` to `MAX_LUFS`. Without it, each has its own.
    #[serde(default)]
    pub loudness: Option<i8>,
    /// How built-in sounds are played.
    #[serde(default)]
    pub theme: Theme,
    /// Whether a variation also changes the pitch of files.
    #[serde(default)]
    pub voice_pitch: bool,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            overlap: Overlap::Mix,
            max_voices: 8,
            min_gap_ms: 0,
            lead_in_ms: None,
            stream_idle_ms: 3_000,
            settle_ms: 400,
            player_idle_exit_s: 300,
            loudness: None,
            theme: Theme::default(),
            voice_pitch: false,
        }
    }
}

impl Playback {
    /// [`Self::min_gap_ms`] as a duration.
    pub fn min_gap(&self) -> Duration {
        Duration::from_millis(self.min_gap_ms.into())
    }

    /// [`Self::lead_in_ms`] as a duration.
    pub fn lead_in(&self) -> Option<Duration> {
        self.lead_in_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    /// [`Self::stream_idle_ms`] as a duration.
    pub fn stream_idle(&self) -> Duration {
        Duration::from_millis(self.stream_idle_ms.into())
    }

    /// [`Self::settle_ms`] as a duration.
    pub fn settle(&self) -> Duration {
        Duration::from_millis(self.settle_ms.into())
    }

    /// [`Self::player_idle_exit_s`] as a duration.
    pub fn player_idle_exit(&self) -> Duration {
        Duration::from_secs(self.player_idle_exit_s.into())
    }

    /// Whether every number is within its limits.
    pub fn is_sane(&self) -> bool {
        let times = [self.min_gap_ms, self.stream_idle_ms];
        let lead_in = self.lead_in_ms.unwrap_or_default();
        (1..=MAX_VOICES).contains(&self.max_voices)
            && self.settle_ms <= LONGEST_SETTLE_MS
            && (1..=LONGEST_IDLE_S).contains(&self.player_idle_exit_s)
            && self
                .loudness
                .is_none_or(|lufs| (MIN_LUFS..=MAX_LUFS).contains(&lufs))
            && times
                .into_iter()
                .chain([lead_in])
                .all(|ms| ms <= LONGEST_MS)
    }
}

//! How sounds get on with each other, and with the device: plain values that travel from the
//! config to the player.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many sounds may be asked to sound at once; what [`Playback::max_voices`] may be.
pub const MAX_VOICES: u32 = 32;
/// The longest [`Playback::player_idle_exit_s`], in seconds: a day.
pub const LONGEST_IDLE_S: u32 = 24 * 60 * 60;
/// The longest [`Playback::min_gap_ms`], [`Playback::lead_in_ms`] and
/// [`Playback::stream_idle_ms`], in milliseconds: a minute.
pub const LONGEST_MS: u32 = 60_000;

/// What becomes of a sound while others sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// It sounds beside them. Beyond the greatest number the oldest makes way.
    #[default]
    Mix,
    /// It takes their place.
    Replace,
    /// It waits until they have ended, but not for long.
    Queue,
    /// It is not played.
    Drop,
}

impl Overlap {
    /// Every policy.
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

/// How sounds are played, besides their volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    /// What becomes of a sound while others sound.
    pub overlap: Overlap,
    /// How many sound at once, from 1 to [`MAX_VOICES`].
    pub max_voices: u32,
    /// The shortest time from one sound's start to the next one's, in milliseconds.
    pub min_gap_ms: u32,
    /// Silence before the first sound after the device was opened, in milliseconds: sleeping
    /// devices swallow a beginning. None given: 300 for Bluetooth, else 0.
    pub lead_in_ms: Option<u32>,
    /// How long the device stays open with nothing to play, in milliseconds.
    pub stream_idle_ms: u32,
    /// How long the player stays with nothing to do, in seconds, from 1 to [`LONGEST_IDLE_S`].
    pub player_idle_exit_s: u32,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            overlap: Overlap::Mix,
            max_voices: 8,
            min_gap_ms: 0,
            lead_in_ms: None,
            stream_idle_ms: 3_000,
            player_idle_exit_s: 300,
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

    /// [`Self::player_idle_exit_s`] as a duration.
    pub fn player_idle_exit(&self) -> Duration {
        Duration::from_secs(self.player_idle_exit_s.into())
    }

    /// Whether every number is in its range.
    pub fn is_sane(&self) -> bool {
        let times = [self.min_gap_ms, self.stream_idle_ms];
        let lead_in = self.lead_in_ms.unwrap_or_default();
        (1..=MAX_VOICES).contains(&self.max_voices)
            && (1..=LONGEST_IDLE_S).contains(&self.player_idle_exit_s)
            && times
                .into_iter()
                .chain([lead_in])
                .all(|ms| ms <= LONGEST_MS)
    }
}

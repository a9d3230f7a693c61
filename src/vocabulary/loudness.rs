//! One loudness for sounds of different levels.

#[cfg(any(feature = "editing", feature = "playback"))]
use serde::{Deserialize, Serialize};

/// The lowest and the highest loudness that can be asked for, in LUFS.
pub(crate) const MIN_LUFS: i8 = -40;
pub(crate) const MAX_LUFS: i8 = -6;
/// The highest true peak after a change of loudness, in dBTP.
#[cfg(any(feature = "editing", feature = "playback"))]
pub(crate) const MAX_PEAK_DB: f32 = -1.0;
/// The most a sound is turned up, in decibels: silence with some noise stays silence.
#[cfg(any(feature = "editing", feature = "playback"))]
const MAX_TURN_UP_DB: f32 = 30.0;

/// How loud a sound is.
#[cfg(any(feature = "editing", feature = "playback"))]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The integrated loudness (EBU R 128), in LUFS.
    pub lufs: f32,
    /// The true peak, in dBTP.
    pub peak_db: f32,
}

/// The loudness to play a sound at.
#[cfg(any(feature = "editing", feature = "playback"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// In LUFS.
    pub lufs: i8,
    /// Whether a softer sound is turned up. A louder one is turned down in any case.
    pub turns_up: bool,
}

#[cfg(any(feature = "editing", feature = "playback"))]
impl Target {
    /// The gain for a sound of `lufs`, in decibels, unless its peaks forbid it.
    pub(crate) fn wanted_db(self, lufs: f32) -> f32 {
        let most = if self.turns_up { MAX_TURN_UP_DB } else { 0.0 };
        (f32::from(self.lufs) - lufs).min(most)
    }

    /// The gain for a sound of this `level`, in decibels.
    pub fn gain_db(self, level: Level) -> f32 {
        self.wanted_db(level.lufs).min(MAX_PEAK_DB - level.peak_db)
    }
}

#[cfg(all(test, any(feature = "editing", feature = "playback")))]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_only_turned_down_and_peaks_stay_below_the_limit() {
        let target = |turns_up| Target {
            lufs: -18,
            turns_up,
        };
        for (lufs, peak_db, up, down) in [
            (-8.0, -2.0, -10.0, -10.0),
            (-28.0, -12.0, 10.0, 0.0),
            // Peaks forbid more, and full scale is above the limit.
            (-28.0, -8.0, 7.0, 0.0),
            (-28.0, 0.0, -1.0, -1.0),
            // As good as silent.
            (-69.0, -60.0, 30.0, 0.0),
        ] {
            let level = Level { lufs, peak_db };
            let gains = [true, false].map(|turns_up| target(turns_up).gain_db(level));
            assert_eq!(gains, [up, down], "{level:?}");
        }
    }
}

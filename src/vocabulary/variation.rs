//! Variations of sounds, by which one hears whose they are.

use serde::{Deserialize, Serialize};

/// What gets a variation of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "editing", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum VoiceOf {
    /// Nothing: a sound is the same for all.
    #[default]
    None,
    /// Each project.
    Project,
    /// Each session of an agent.
    Session,
    /// Each agent.
    Agent,
}

impl VoiceOf {
    /// Its name in a config.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Project => "project",
            Self::Session => "session",
            Self::Agent => "agent",
        }
    }
}

/// A variation of a sound. The default is the sound itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    /// By how many notes of their scale the notes of a built-in sound are higher.
    pub steps: i8,
    /// The place in percent, from -100 (left) to 100 (right).
    pub place: i8,
}

/// The variations. The first six differ in pitch. Places are at most 30 %, for those who wear one earbud.
pub const VARIATIONS: [Variation; 12] = {
    const fn of(steps: i8, place: i8) -> Variation {
        Variation { steps, place }
    }
    [
        of(1, 30),
        of(-1, -30),
        of(2, -30),
        of(-2, 30),
        of(0, -30),
        of(3, 30),
        of(1, -30),
        of(-1, 30),
        of(2, 30),
        of(-2, -30),
        of(0, 30),
        of(3, -30),
    ]
};

impl Variation {
    /// The variation with this index; the sound itself if there is none.
    #[cfg(feature = "playback")]
    pub(crate) fn at(index: Option<u8>) -> Self {
        let variation = index.and_then(|index| VARIATIONS.get(usize::from(index)));
        variation.copied().unwrap_or_default()
    }

    /// The gains of left and right: the farther side is softer.
    #[cfg(feature = "playback")]
    pub(crate) fn sides(self) -> [f32; 2] {
        let far = 1.0 - f32::from(self.place.unsigned_abs()) / 100.0;
        match self.place {
            0 => [1.0; 2],
            1.. => [far, 1.0],
            _ => [1.0, far],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_different_and_six_in_a_row_differ_in_pitch() {
        for (n, one) in VARIATIONS.iter().enumerate() {
            assert!(!VARIATIONS[..n].contains(one), "{one:?}");
            assert!(one.place.abs() <= 30, "{one:?}");
            let next = (1..6).map(|later| VARIATIONS[(n + later) % VARIATIONS.len()]);
            assert!(
                next.into_iter().all(|next| next.steps != one.steps),
                "{one:?}"
            );
        }
    }
}

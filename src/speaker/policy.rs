//! Decides what happens to a new sound and to those that play. Pure functions.

use std::collections::HashMap;
use std::time::Duration;

use crate::playback::{Overlap, Playback};

/// What to do with a new sound.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Start it, after stopping this many of the oldest sounds.
    Start { stop_oldest: usize },
    /// Decide again when a sound has ended or time has passed.
    Wait,
    /// Do not play it.
    Refuse(String),
}

/// Decides about a new sound with the settings `playback`, while `sounding` others play and the last one
/// started `since_last` ago.
pub(super) fn decide(
    playback: &Playback,
    sounding: usize,
    since_last: Option<Duration>,
) -> Verdict {
    let too_soon = since_last.filter(|since| *since < playback.min_gap());
    match playback.overlap {
        Overlap::Queue if sounding > 0 || too_soon.is_some() => return Verdict::Wait,
        Overlap::Drop if sounding > 0 => {
            return Verdict::Refuse("another sound is playing".to_owned());
        }
        _ => {}
    }
    if let Some(since) = too_soon {
        return Verdict::Refuse(format!(
            "another sound started {} ms ago (min_gap_ms: {})",
            since.as_millis(),
            playback.min_gap_ms
        ));
    }
    let stop_oldest = match playback.overlap {
        Overlap::Replace => sounding,
        _ => (sounding + 1).saturating_sub(playback.max_voices as usize),
    };
    Verdict::Start { stop_oldest }
}

/// The limits for the sounds of all projects together: number and bytes.
const MAX_SOUNDING: usize = 48;
const MAX_BYTES: usize = 128 << 20;

/// The sound to stop if there are too many: the oldest of the project that uses most. `sounding` lists
/// project and bytes of each sound, oldest first; the last has just begun and stays.
pub(super) fn excess_sound(sounding: &[(&Option<String>, usize)]) -> Option<usize> {
    let (_, older) = sounding.split_last()?;
    let bytes: usize = sounding.iter().map(|(_, bytes)| bytes).sum();
    if sounding.len() <= MAX_SOUNDING && bytes <= MAX_BYTES {
        return None;
    }
    // As shares of the limits, so that both count.
    let share = |bytes: usize| bytes + MAX_BYTES / MAX_SOUNDING;
    let mut shares = HashMap::new();
    for (project, bytes) in older {
        *shares.entry(*project).or_insert(0) += share(*bytes);
    }
    let (most, _) = shares.into_iter().max_by_key(|(_, share)| *share)?;
    older.iter().position(|(project, _)| *project == most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_way_of_the_project_that_has_the_most() {
        // As listed in the page about security.
        assert_eq!((MAX_SOUNDING, MAX_BYTES), (48, 128 << 20));
        let [greedy, modest] = ["greedy", "modest"].map(|name| Some(name.to_owned()));
        let many: Vec<_> = std::iter::once((&modest, 0))
            .chain([(&greedy, 0); MAX_SOUNDING])
            .collect();
        assert_eq!(excess_sound(&many[..MAX_SOUNDING]), None);
        assert_eq!(excess_sound(&many), Some(1));
        let large = MAX_BYTES / 3 + 1;
        let sounding = [
            (&modest, 1),
            (&greedy, large),
            (&greedy, large),
            (&None, large),
        ];
        assert_eq!(excess_sound(&sounding), Some(1));
        assert_eq!(excess_sound(&sounding[..3]), None);
        // Whatever its size: it has just begun.
        assert_eq!(excess_sound(&[(&None, 2 * MAX_BYTES)]), None);
        assert_eq!(excess_sound(&[]), None);
    }

    fn playback(overlap: Overlap) -> Playback {
        Playback {
            overlap,
            max_voices: 3,
            min_gap_ms: 100,
            ..Playback::default()
        }
    }

    const LONG_AGO: Option<Duration> = Some(Duration::from_secs(1));
    const JUST_NOW: Option<Duration> = Some(Duration::from_millis(99));

    #[test]
    fn every_policy_starts_a_sound_that_is_alone() {
        for overlap in Overlap::ALL {
            for since_last in [None, LONG_AGO] {
                let verdict = decide(&playback(overlap), 0, since_last);
                assert_eq!(verdict, Verdict::Start { stop_oldest: 0 }, "{overlap:?}");
            }
        }
    }

    #[test]
    fn mixed_sounds_make_way_beyond_the_limit_oldest_first() {
        for (sounding, stop_oldest) in [(1, 0), (2, 0), (3, 1), (5, 3)] {
            let verdict = decide(&playback(Overlap::Mix), sounding, LONG_AGO);
            assert_eq!(verdict, Verdict::Start { stop_oldest }, "{sounding} sound");
        }
    }

    #[test]
    fn a_replacing_sound_ends_the_others_a_queued_one_waits_a_dropped_one_goes() {
        let decide = |overlap| decide(&playback(overlap), 2, LONG_AGO);
        assert_eq!(decide(Overlap::Replace), Verdict::Start { stop_oldest: 2 });
        assert_eq!(decide(Overlap::Queue), Verdict::Wait);
        assert!(matches!(decide(Overlap::Drop), Verdict::Refuse(_)));
    }

    #[test]
    fn within_the_gap_a_queued_sound_waits_and_any_other_is_refused() {
        for overlap in Overlap::ALL {
            match decide(&playback(overlap), 0, JUST_NOW) {
                Verdict::Wait => assert_eq!(overlap, Overlap::Queue),
                Verdict::Refuse(why) => assert!(why.contains("99 ms ago"), "{why}"),
                Verdict::Start { .. } => panic!("{overlap:?} starts"),
            }
        }
    }
}

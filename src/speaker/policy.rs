//! What becomes of a new sound while others sound. A pure decision.

use std::time::Duration;

use crate::playback::{Overlap, Playback};

/// What to do with a new sound.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Start it, after the oldest of those that sound, this many, were told to stop.
    Start { make_way: usize },
    /// Ask again when something has ended, or a moment has passed.
    Wait,
    /// Do not play it, for this reason.
    Refuse(String),
}

/// Decides about a sound that shall be played by the rules of `playback`, while `sounding` others
/// sound and the last one started `since_last` ago.
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
            "another sound started {} ms ago, and min_gap_ms is {}",
            since.as_millis(),
            playback.min_gap_ms
        ));
    }
    let make_way = match playback.overlap {
        Overlap::Replace => sounding,
        _ => (sounding + 1).saturating_sub(playback.max_voices as usize),
    };
    Verdict::Start { make_way }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                assert_eq!(verdict, Verdict::Start { make_way: 0 }, "{overlap:?}");
            }
        }
    }

    #[test]
    fn mixed_sounds_make_way_beyond_the_limit_oldest_first() {
        for (sounding, make_way) in [(1, 0), (2, 0), (3, 1), (5, 3)] {
            let verdict = decide(&playback(Overlap::Mix), sounding, LONG_AGO);
            assert_eq!(verdict, Verdict::Start { make_way }, "{sounding} sound");
        }
    }

    #[test]
    fn a_replacing_sound_ends_the_others_a_queued_one_waits_a_dropped_one_goes() {
        let decide = |overlap| decide(&playback(overlap), 2, LONG_AGO);
        assert_eq!(decide(Overlap::Replace), Verdict::Start { make_way: 2 });
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

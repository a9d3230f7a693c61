//! Limits a project's sound, so that a repository cannot occupy the loudspeaker, and fades out sounds that
//! are too long.

use std::sync::Arc;
use std::time::Duration;

use super::clip::{Clip, Format};

/// How long a project's sound plays before it fades out.
pub(crate) const MAX_PROJECTS: Duration = Duration::from_secs(10);
/// The duration of the fade.
pub(crate) const FADE: Duration = Duration::from_millis(500);
/// Below this level, the rest of a sound is silence: 60 dB below full scale.
const SILENCE: f32 = 0.001;

/// Limits `clip` as a project's sound: without trailing silence, and faded out after [`MAX_PROJECTS`]. Keeps
/// at least one frame.
pub(crate) fn cut_for_project(clip: Arc<Clip>) -> Arc<Clip> {
    let format = clip.format();
    let channels = usize::from(format.channels.max(1));
    let is_loud = |frame: &[f32]| frame.iter().any(|sample| sample.abs() > SILENCE);
    let mut frames = clip.samples().chunks_exact(channels);
    let heard = frames.rposition(is_loud).map_or(0, |last| last + 1);
    let fade_at = format.frames(MAX_PROJECTS);
    let longest = fade_at + format.frames(FADE);
    let len = heard.max(1).min(longest).min(clip.frames());
    if len == clip.frames() && len <= fade_at {
        return clip;
    }
    let mut samples = clip.samples()[..len * channels].to_vec();
    if heard > fade_at {
        fade_out(&mut samples, format, fade_at);
    }
    Arc::new(clip.with_samples(samples))
}

/// Fades out `samples` within [`FADE`], beginning at frame `fade_at`.
pub(super) fn fade_out(samples: &mut [f32], format: Format, fade_at: usize) {
    let fade = format.frames(FADE) as f32;
    let frames = samples.chunks_exact_mut(usize::from(format.channels.max(1)));
    for (number, frame) in frames.skip(fade_at).enumerate() {
        let gain = (1.0 - (number + 1) as f32 / fade).max(0.0);
        frame.iter_mut().for_each(|sample| *sample *= gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        rate: 1_000,
        channels: 2,
    };

    /// Two channels: for each part, a level and a number of frames.
    fn clip(parts: &[(f32, usize)]) -> Arc<Clip> {
        let samples = parts
            .iter()
            .flat_map(|(level, frames)| std::iter::repeat_n([*level, 0.0], *frames));
        Arc::new(Clip::new(FORMAT, samples.flatten().collect()))
    }

    #[test]
    fn a_usual_sound_stays_as_it_is() {
        for parts in [&[(0.5, 10_000)][..], &[(0.0, 500), (-0.002, 1)], &[]] {
            let usual = clip(parts);
            assert!(
                Arc::ptr_eq(&cut_for_project(usual.clone()), &usual),
                "{parts:?}"
            );
        }
    }

    #[test]
    fn silence_at_the_end_does_not_count() {
        let heard = cut_for_project(clip(&[
            (0.5, 9_000),
            (0.0, 100),
            (0.25, 1),
            (0.0005, 40_000),
        ]));
        assert_eq!(*heard, *clip(&[(0.5, 9_000), (0.0, 100), (0.25, 1)]));
        assert_eq!(cut_for_project(clip(&[(0.0, 60_000)])).frames(), 1);
    }

    #[test]
    fn a_long_one_fades_after_ten_seconds() {
        let long = cut_for_project(clip(&[(0.5, 60_000)]));
        assert_eq!(long.duration(), MAX_PROJECTS + FADE);
        let left: Vec<_> = long.samples().iter().step_by(2).copied().collect();
        assert!(left[..10_000].iter().all(|sample| *sample == 0.5));
        assert!(left[9_999..].is_sorted_by(|one, next| one > next));
        assert_eq!(left[10_500 - 1], 0.0);
        // A sound that ends during the fade.
        let ends = cut_for_project(clip(&[(0.5, 10_100), (0.0, 9_000)]));
        assert_eq!(ends.frames(), 10_100);
        assert!(ends.samples()[2 * 10_099] < 0.45);
    }
}

//! Properties for any sounds and callbacks.

use proptest::prelude::*;

use super::*;

/// Sounds of up to 300 frames of 12 bits, with gains that keep their sums exact.
fn sounds(most: usize) -> impl Strategy<Value = Vec<(Vec<f32>, f32)>> {
    let sample = (-2_048i16..=2_048).prop_map(|sample| f32::from(sample) / 2_048.0);
    let frames = prop::collection::vec(sample, 1..300).prop_map(|mut samples| {
        samples.truncate(samples.len() / 2 * 2);
        samples
    });
    let gain = prop::sample::select(vec![0.0f32, 0.03125, 0.0625, 0.125]);
    prop::collection::vec((frames, gain), 1..=most)
}

/// Sizes of callbacks, in frames.
fn callbacks() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..=200, 1..12)
}

/// `frames` frames of `sounds`, started together, in callbacks with the sizes `callbacks`, repeated.
fn rendered(sounds: &[(Vec<f32>, f32)], frames: usize, callbacks: &[usize]) -> Vec<f32> {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    for (samples, gain) in sounds {
        engine.play(clip(samples), *gain).unwrap();
    }
    let mut out = Vec::new();
    for size in callbacks.iter().cycle() {
        if out.len() >= frames * 2 {
            break;
        }
        out.extend(render(&mut renderer, *size));
    }
    out.truncate(frames * 2);
    out
}

/// The mix by definition.
fn sum(sounds: &[(Vec<f32>, f32)], frames: usize) -> Vec<f32> {
    let at = |n: usize| {
        let samples = sounds
            .iter()
            .map(|(samples, gain)| samples.get(n).unwrap_or(&0.0) * gain);
        samples.sum()
    };
    (0..frames * 2).map(at).collect()
}

proptest! {
    #[test]
    fn the_mix_is_the_sum_of_all_sounds_each_at_its_gain(
        sounds in sounds(8),
        callbacks in callbacks(),
    ) {
        prop_assert_eq!(rendered(&sounds, 200, &callbacks), sum(&sounds, 200));
    }

    #[test]
    fn it_does_not_matter_in_which_order_sounds_were_started(
        sounds in sounds(8).prop_shuffle(),
        callbacks in callbacks(),
    ) {
        let reversed: Vec<_> = sounds.iter().rev().cloned().collect();
        prop_assert_eq!(
            rendered(&sounds, 200, &callbacks),
            rendered(&reversed, 200, &callbacks)
        );
    }

    /// With changing gains, a stopped voice, and the limiter active.
    #[test]
    fn the_sizes_of_callbacks_do_not_matter_for_the_mix(
        loud in prop::collection::vec(-1.0f32..1.0, 2_000),
        stop_at in 1usize..400,
        turn_at in 1usize..400,
        one in callbacks(),
        other in callbacks(),
    ) {
        let play = |callbacks: &[usize]| {
            let master = Arc::new(Master::new());
            let (mut engine, mut renderer) =
                Engine::with(FORMAT, std::time::Duration::ZERO, master.clone());
            let stopped = engine.play(clip(&loud), 1.0).unwrap();
            engine.play(clip(&loud), 0.9).unwrap();
            let mut out = Vec::new();
            let mut sizes = callbacks.iter().cycle();
            while out.len() < 2_200 {
                let done = out.len() / 2;
                // Commands come at the same frames for all sizes.
                let next = [stop_at, turn_at].into_iter().filter(|at| *at > done).min();
                let size = *sizes.next().unwrap();
                out.extend(render(&mut renderer, next.map_or(size, |at| size.min(at - done))));
                if out.len() / 2 == stop_at {
                    stopped.stop();
                }
                if out.len() / 2 == turn_at {
                    master.set_volume(0.3);
                }
            }
            out.truncate(2_200);
            out
        };
        let (one, other) = (play(&one), play(&other));
        prop_assert!(one.iter().all(|sample| sample.abs() <= 1.0));
        prop_assert_eq!(one, other);
    }
}

//! Tests of the renderer.

mod properties;
mod smooth;

use super::super::{Engine, VoiceState};
use super::*;
use crate::audio::{Clip, Format};

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};

fn clip(samples: &[f32]) -> Arc<Clip> {
    Arc::new(Clip::new(FORMAT, samples.to_vec()))
}

fn render(renderer: &mut Renderer, frames: usize) -> Vec<f32> {
    let mut out = vec![9.0; frames * 2];
    renderer.render(&mut out);
    out
}

#[test]
fn voices_add_up_with_their_gains() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let first = engine.play(clip(&[0.5, 0.25, 0.5, 0.25]), 1.0).unwrap();
    assert_eq!(first.state(), VoiceState::Starting);
    engine.play(clip(&[0.5, 0.5]), 0.5).unwrap();
    assert_eq!(render(&mut renderer, 1), [0.75, 0.5]);
    assert_eq!(first.state(), VoiceState::Playing);
    assert_eq!(render(&mut renderer, 2), [0.5, 0.25, 0.0, 0.0]);
    assert_eq!(first.state(), VoiceState::Finished);
    assert_eq!(render(&mut renderer, 1), [0.0, 0.0]);
}

#[test]
fn left_and_right_have_gains_of_their_own() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let sound = clip(&[0.5, 0.5, -0.25, -0.25]);
    engine
        .play_placed(sound.clone(), 1.0, [0.5, 1.0], 0)
        .unwrap();
    engine.play_placed(sound, 0.5, [1.0, 0.0], 0).unwrap();
    assert_eq!(render(&mut renderer, 2), [0.5, 0.5, -0.25, -0.25]);
    // One channel has no sides, and of more than two the others stay.
    for (channels, expected) in [(1, [0.5].as_slice()), (3, &[0.25, 0.5, 0.5])] {
        let format = Format { channels, ..FORMAT };
        let (mut engine, mut renderer) = Engine::new(format);
        let sound = Clip::new(format, vec![0.5; channels.into()]);
        engine
            .play_placed(sound.into(), 1.0, [0.5, 1.0], 0)
            .unwrap();
        let mut out = vec![9.0; channels.into()];
        renderer.render(&mut out);
        assert_eq!(out, expected);
    }
}

#[test]
fn the_sum_is_limited_to_full_scale() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    engine.play(clip(&[0.9, -0.9]), 1.0).unwrap();
    engine.play(clip(&[0.9, -0.9]), 1.0).unwrap();
    assert_eq!(render(&mut renderer, 1), [1.0, -1.0]);
    // Within full scale, and long after the last loud frame: unchanged.
    render(&mut renderer, FORMAT.rate as usize);
    engine.play(clip(&[1.0, -1.0]), 1.0).unwrap();
    assert_eq!(render(&mut renderer, 1), [1.0, -1.0]);
}

#[test]
fn callbacks_of_any_size_give_the_same_samples() {
    let samples: Vec<f32> = (0..200).map(|n| n as f32 / 1_000.0).collect();
    for frames in [1, 2, 3, 7, 64, 100, 1_000] {
        let (mut engine, mut renderer) = Engine::new(FORMAT);
        engine.play(clip(&samples), 1.0).unwrap();
        let mut rendered = Vec::new();
        while rendered.len() < samples.len() {
            rendered.extend(render(&mut renderer, frames));
        }
        assert_eq!(
            rendered[..samples.len()],
            samples,
            "{frames} frames a callback"
        );
        assert!(
            rendered[samples.len()..]
                .iter()
                .all(|sample| *sample == 0.0)
        );
    }
}

#[test]
fn voices_beyond_the_last_place_wait_and_then_sound() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let two_frames = clip(&[0.01; 4]);
    let mut play = || engine.play(two_frames.clone(), 1.0).unwrap();
    let first: Vec<_> = (0..MAX_VOICES).map(|_| play()).collect();
    let level = render(&mut renderer, 1)[0];
    assert!((level - 0.01 * MAX_VOICES as f32).abs() < 1e-5);
    let last = play();
    render(&mut renderer, 1);
    assert_eq!(first[0].state(), VoiceState::Finished);
    assert_eq!(last.state(), VoiceState::Starting);
    assert!((render(&mut renderer, 1)[0] - 0.01).abs() < 1e-6);
    assert_eq!(last.state(), VoiceState::Playing);
}

#[test]
fn a_full_queue_gives_the_sound_back_as_busy() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let refused = loop {
        if let Err(error) = engine.play(clip(&[0.0, 0.0]), 1.0) {
            break error;
        }
    };
    assert_eq!(refused.kind(), crate::ErrorKind::Busy);
    render(&mut renderer, 1);
    assert!(engine.play(clip(&[0.0, 0.0]), 1.0).is_ok());
}

#[test]
fn clips_are_freed_on_the_control_side() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let sound = clip(&[0.5, 0.5]);
    engine.play(sound.clone(), 1.0).unwrap();
    render(&mut renderer, 4);
    assert_eq!(
        Arc::strong_count(&sound),
        2,
        "the renderer let go, the queue holds it"
    );
    engine.free_ended();
    assert_eq!(Arc::strong_count(&sound), 1);
}

#[test]
fn an_empty_clip_ends_at_once() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let handle = engine.play(clip(&[]), 1.0).unwrap();
    render(&mut renderer, 1);
    assert_eq!(handle.state(), VoiceState::Finished);
}

//! Changes without clicks.

use std::time::Duration;

use super::super::super::FADE;
use super::*;

/// Frames of a gain change.
const FADE_FRAMES: usize = FADE.as_millis() as usize * FORMAT.rate as usize / 1_000;

/// A clip of one second at `level`, in which every change of gain shows.
fn steady(level: f32) -> Arc<Clip> {
    clip(&vec![level; 2 * FORMAT.rate as usize])
}

/// The left channel of `frames` frames.
fn left(renderer: &mut Renderer, frames: usize) -> Vec<f32> {
    render(renderer, frames).into_iter().step_by(2).collect()
}

/// The largest step between adjacent samples, beginning at `before`.
fn largest_step(before: f32, samples: &[f32]) -> f32 {
    let neighbours = std::iter::once(&before).chain(samples).zip(samples);
    neighbours.fold(0.0, |most, (a, b)| most.max((b - a).abs()))
}

/// The step of a gain that changes over the whole range, at level 0.5, plus rounding.
const STEP: f32 = 0.5 / FADE_FRAMES as f32 + 1e-6;

#[test]
fn a_stopped_voice_fades_out_and_is_over() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let voice = engine.play(steady(0.5), 1.0).unwrap();
    assert_eq!(left(&mut renderer, 10), [0.5; 10]);
    assert!(voice.stop());
    assert_eq!(voice.state(), VoiceState::Stopping);
    let fade = left(&mut renderer, FADE_FRAMES + 10);
    assert!(largest_step(0.5, &fade) <= STEP);
    assert_eq!(fade[FADE_FRAMES - 1..], [0.0; 11]);
    assert!(fade[FADE_FRAMES - 2] > 0.0, "it fades all the time it has");
    assert_eq!(voice.state(), VoiceState::Stopped);
    assert!(voice.stop(), "it had been stopped");
}

#[test]
fn a_voice_that_ends_while_it_fades_is_stopped() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let voice = engine.play(clip(&[0.5; 8]), 1.0).unwrap();
    left(&mut renderer, 2);
    voice.stop();
    left(&mut renderer, 4);
    assert_eq!(voice.state(), VoiceState::Stopped);
}

#[test]
fn a_voice_stopped_before_it_began_is_never_heard() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let voice = engine.play(steady(0.5), 1.0).unwrap();
    assert!(voice.stop());
    assert_eq!(left(&mut renderer, 100), [0.0; 100]);
    assert_eq!(voice.state(), VoiceState::Stopped);
}

#[test]
fn a_finished_voice_cannot_be_stopped() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let voice = engine.play(clip(&[0.5; 4]), 1.0).unwrap();
    left(&mut renderer, 2);
    assert!(!voice.stop());
    assert_eq!(voice.state(), VoiceState::Finished);
}

#[test]
fn gain_volume_and_mute_change_smoothly() {
    let master = Arc::new(Master::new());
    let (mut engine, mut renderer) = Engine::with(FORMAT, Duration::ZERO, master.clone());
    let voice = engine.play(steady(0.5), 1.0).unwrap();
    let mut before = left(&mut renderer, 10)[9];
    let changes: [(&dyn Fn(), f32); 5] = [
        (&|| voice.set_gain(0.25), 0.125),
        (&|| master.set_volume(0.5), 0.0625),
        (&|| master.set_muted(true), 0.0),
        (&|| master.set_muted(false), 0.0625),
        (&|| voice.set_gain(1.0), 0.25),
    ];
    for (change, expected) in changes {
        change();
        let samples = left(&mut renderer, FADE_FRAMES + 1);
        assert!(largest_step(before, &samples) <= STEP);
        before = samples[FADE_FRAMES];
        assert_eq!(before, expected);
    }
}

#[test]
fn a_gain_that_is_no_gain_does_no_harm() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    for gain in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -3.0, 1e30] {
        let voice = engine.play(clip(&[0.5; 2_000]), gain).unwrap();
        voice.set_gain(gain);
        let out = render(&mut renderer, 1_000);
        assert!(out.iter().all(|sample| sample.abs() <= 1.0), "{gain}");
    }
}

#[test]
fn a_voice_that_goes_on_elsewhere_fades_in() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let voice = engine.play_from(steady(0.5), 1.0, 24_000).unwrap();
    assert_eq!(voice.position(), 24_000);
    let samples = left(&mut renderer, FADE_FRAMES + 1);
    assert!(largest_step(0.0, &samples) <= STEP);
    assert_eq!(samples[FADE_FRAMES], 0.5);
    assert_eq!(voice.position(), 24_000 + FADE_FRAMES as u64 + 1);
    left(&mut renderer, 24_000);
    assert_eq!(voice.state(), VoiceState::Finished);
}

#[test]
fn a_start_beyond_the_end_is_an_end() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let voice = engine.play_from(clip(&[0.5; 4]), 1.0, usize::MAX).unwrap();
    assert_eq!(left(&mut renderer, 10), [0.0; 10]);
    assert_eq!(voice.state(), VoiceState::Finished);
}

#[test]
fn the_lead_in_is_silent_and_loses_nothing() {
    for frames in [1, 7, 480, 1_000] {
        let lead_in = Duration::from_millis(10);
        let (mut engine, mut renderer) = Engine::with(FORMAT, lead_in, Arc::default());
        engine.play(clip(&[0.25, 0.5, 0.125, 0.75]), 1.0).unwrap();
        let mut out = Vec::new();
        while out.len() < 2 * 482 {
            out.extend(render(&mut renderer, frames));
        }
        assert!(out[..960].iter().all(|sample| *sample == 0.0));
        assert_eq!(out[960..964], [0.25, 0.5, 0.125, 0.75]);
    }
}

#[test]
fn an_incomplete_frame_is_silent() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    engine.play(steady(0.5), 1.0).unwrap();
    let mut out = [9.0; 5];
    renderer.render(&mut out);
    assert_eq!(out, [0.5, 0.5, 0.5, 0.5, 0.0]);
}

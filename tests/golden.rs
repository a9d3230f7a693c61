//! A scene with everything the engine does, rendered and compared with how it sounded when
//! somebody last listened to it.
//!
//! After a change that is meant to be heard: `HERALD_BLESS=1 cargo test --test golden`, listen to
//! `tests/fixtures/golden/scene.wav`, and commit it.
#![cfg(feature = "playback")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use herald_audio::internals::audio::{Clip, Format};
use herald_audio::internals::engine::{Engine, Master};

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};
/// 100 ms.
const FRAMES: usize = 4_800;

/// `frames` frames of a triangle wave that goes from -1 to 1 and back in `period` frames on the
/// left, and its mirror image on the right. In whole steps, so the same on every machine.
fn triangle(frames: usize, period: usize) -> Arc<Clip> {
    let half = period / 2;
    let at = |frame: usize| (frame % period).abs_diff(half) as f32 / half as f32 * 2.0 - 1.0;
    let samples = (0..frames).flat_map(|frame| [at(frame), -at(frame)]);
    Arc::new(Clip::new(FORMAT, samples.collect()))
}

/// The scene, in callbacks of `callback` frames.
fn scene(callback: usize) -> Vec<f32> {
    let master = Arc::new(Master::new());
    let lead_in = Duration::from_millis(2);
    let (mut engine, mut renderer) = Engine::with(FORMAT, lead_in, master.clone());
    let low = engine.play(triangle(4_000, 480), 0.5).unwrap();
    let high = engine.play(triangle(4_000, 64), 0.25).unwrap();
    let mut out = vec![0.0; 2 * FRAMES];
    for (n, part) in out.chunks_mut(2 * 480).enumerate() {
        match n {
            1 => high.set_gain(0.125),
            // Louder than full scale: the limiter is at work, and recovers.
            2 => drop(engine.play(triangle(480, 96), 0.75).unwrap()),
            4 => master.set_volume(0.5),
            5 => drop(low.stop()),
            6 => drop(engine.play_from(triangle(1_200, 240), 0.5, 300).unwrap()),
            8 => master.set_muted(true),
            _ => {}
        }
        for callback in part.chunks_mut(2 * callback) {
            renderer.render(callback);
        }
    }
    out
}

#[test]
fn the_scene_sounds_as_it_did() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/scene.wav");
    let rendered: Vec<i16> = scene(480)
        .into_iter()
        .map(|sample| (sample * 32_767.0).round() as i16)
        .collect();
    if std::env::var("HERALD_BLESS").as_deref() == Ok("1") {
        let spec = hound::WavSpec {
            channels: FORMAT.channels,
            sample_rate: FORMAT.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for sample in &rendered {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
    }
    let mut golden = hound::WavReader::open(&path).unwrap();
    let golden: Vec<i16> = golden.samples().map(|sample| sample.unwrap()).collect();
    assert_eq!(rendered.len(), golden.len());
    assert!(golden.iter().any(|sample| sample.abs() > 30_000), "loud");
    // The release of the limiter is a power, which systems round differently.
    let far = |(rendered, golden): (&i16, &i16)| rendered.abs_diff(*golden) > 1;
    assert_eq!(rendered.iter().zip(&golden).position(far), None);
}

#[test]
fn the_scene_is_the_same_in_callbacks_of_any_size() {
    let whole = scene(480);
    for callback in [1, 7, 64, 479] {
        assert_eq!(scene(callback), whole, "{callback} frames a callback");
    }
}

//! What becomes of a sound while another one sounds: heard in a rendered file, and read in the
//! player's record.

use std::fs;

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, complaint, noise, run, samples, wait_until, wav};

/// Samples that a gain takes to change, in both channels: 5 ms.
const FADE: usize = 2 * 240;

/// A sandbox that renders into a file, with two sounds of 400 ms.
struct Scene {
    sandbox: Sandbox,
    first: Vec<i16>,
    second: Vec<i16>,
}

impl Scene {
    /// A scene whose sounds get on as `settings` say.
    fn new(settings: Value) -> Self {
        let sandbox = Sandbox::new();
        let output = format!("wav:{}", sandbox.path("rendered.wav").display());
        let mut audio = json!({"volume": 1.0});
        let more = settings.as_object().unwrap().clone();
        audio.as_object_mut().unwrap().extend(more);
        let sandbox = sandbox
            .with("HERALD_OUTPUT", output)
            .with_config(&json!({"audio_settings": audio}));
        let first = noise(400);
        let second: Vec<i16> = first.iter().rev().copied().collect();
        fs::write(sandbox.path("first.wav"), wav(&first)).unwrap();
        fs::write(sandbox.path("second.wav"), wav(&second)).unwrap();
        Self {
            sandbox,
            first,
            second,
        }
    }

    fn play(&self, name: &str) {
        let path = self.sandbox.path(name);
        let play = self.sandbox.herald(&["play", path.to_str().unwrap()]);
        assert_eq!(complaint(run(play, b"")), Ok(()));
    }

    /// Plays the first sound and, once it sounds, the second. Returns the record by sound.
    fn play_both(&self) -> [Value; 2] {
        self.play("first.wav");
        wait_until("the first sounds", || {
            (self.rendered().len() > 960).then_some(())
        });
        self.play("second.wav");
        let record = self.sandbox.wait_for_record(2);
        ["first.wav", "second.wav"].map(|name| {
            let is_it = |line: &&Value| line["sound"].as_str().unwrap().ends_with(name);
            record.iter().find(is_it).unwrap().clone()
        })
    }

    /// What was rendered so far, from the first frame that is not silent to the last.
    fn rendered(&self) -> Vec<i16> {
        let all = samples(&self.sandbox.path("rendered.wav"));
        let sounds = |frame: &[i16]| frame != [0, 0];
        let frames = all.chunks_exact(2);
        let Some(start) = frames.clone().position(sounds) else {
            return Vec::new();
        };
        let end = frames.rev().position(sounds).unwrap_or_default();
        all[2 * start..all.len() - 2 * end].to_vec()
    }
}

#[track_caller]
fn assert_same(found: &[i16], expected: &[i16]) {
    assert_eq!(found.len(), expected.len());
    let differs = found.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!(differs, None, "the first sample that differs");
}

#[test]
fn mixed_sounds_equal_their_sum() {
    let scene = Scene::new(json!({}));
    let [first, second] = scene.play_both();
    assert_eq!(
        (&first["status"], &second["status"]),
        (&json!("played"), &json!("played"))
    );
    let rendered = scene.rendered();
    let offset = rendered.len() - scene.second.len();
    assert!(0 < offset && offset < scene.first.len(), "they overlap");
    let mut sum = vec![0; rendered.len()];
    for (from, sound) in [(0, &scene.first), (offset, &scene.second)] {
        for (sum, sample) in sum[from..].iter_mut().zip(sound) {
            *sum += sample;
        }
    }
    assert_same(&rendered, &sum);
}

#[test]
fn a_sound_that_replaces_another_fades_it_out_and_is_whole() {
    for settings in [json!({"overlap": "replace"}), json!({"max_voices": 1})] {
        let scene = Scene::new(settings);
        let [first, second] = scene.play_both();
        assert_eq!(first["status"], "stopped", "{first}");
        assert_eq!(second["status"], "played", "{second}");
        let rendered = scene.rendered();
        let start = rendered.len() - scene.second.len();
        assert!(start < scene.first.len(), "the first was cut short");
        assert_same(&rendered[..start], &scene.first[..start]);
        // Both are heard until the command to stop has come, and for a fade; then the second
        // alone.
        let tail = rendered[start..]
            .iter()
            .rev()
            .zip(scene.second.iter().rev());
        let alone = tail.take_while(|(a, b)| a == b).count();
        let both = scene.second.len() - alone;
        assert!(FADE <= both + 2 && both < scene.second.len() / 2, "{both}");
    }
}

#[test]
fn a_queued_sound_waits_for_the_other_to_end() {
    let scene = Scene::new(json!({"overlap": "queue"}));
    let [first, second] = scene.play_both();
    assert_eq!(
        (&first["status"], &second["status"]),
        (&json!("played"), &json!("played"))
    );
    let frames = scene.rendered();
    let frames = frames.chunks_exact(2).filter(|frame| **frame != [0, 0]);
    let heard: Vec<i16> = frames.flatten().copied().collect();
    assert_same(&heard, &[&scene.first[..], &scene.second].concat());
}

#[test]
fn a_dropped_sound_and_one_within_the_gap_are_refused_and_said_to_be() {
    for (settings, says) in [
        (json!({"overlap": "drop"}), "another sound is playing"),
        (
            json!({"min_gap_ms": 60_000}),
            "ms ago, and min_gap_ms is 60000",
        ),
    ] {
        let scene = Scene::new(settings);
        let [first, second] = scene.play_both();
        assert_eq!(first["status"], "played", "{first}");
        assert_eq!(second["status"], "failed", "{second}");
        assert!(
            second["reason"].as_str().unwrap().contains(says),
            "{second}"
        );
        assert_same(&scene.rendered(), &scene.first);
    }
}

#[test]
fn the_lead_in_is_silence_of_just_its_length() {
    let scene = Scene::new(json!({"lead_in_ms": 250}));
    scene.play("first.wav");
    scene.sandbox.wait_for_record(1);
    let rendered = samples(&scene.sandbox.path("rendered.wav"));
    let silent = 2 * 48 * 250;
    assert!(rendered[..silent].iter().all(|sample| *sample == 0));
    assert_same(&rendered[silent..silent + scene.first.len()], &scene.first);
}

//! Overlapping sounds, in the rendered file and in the player's log.

use std::fs;

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, noise, run, samples, wait_until, wav};

/// Samples of a gain change, in both channels: 5 ms.
const FADE: usize = 2 * 240;

/// The length of a first sound that continues in any case: it is cut short.
const LONG: usize = 20_000;

/// A sandbox that renders into a file, with two sounds; the second has 400 ms.
struct Scene {
    sandbox: Sandbox,
    first: Vec<i16>,
    second: Vec<i16>,
}

impl Scene {
    /// A scene with `settings`, and a first sound of `ms` milliseconds.
    fn new(settings: &Value, ms: usize) -> Self {
        let sandbox = Sandbox::new();
        let output = format!("wav:{}", sandbox.path("rendered.wav").display());
        let mut audio = json!({"volume": 1.0, "loudness": "off"});
        let more = settings.as_object().unwrap().clone();
        audio.as_object_mut().unwrap().extend(more);
        let sandbox = sandbox
            .with("HERALD_OUTPUT", output)
            .with_config(&json!({"audio_settings": audio}));
        let first = noise(ms);
        let second: Vec<i16> = noise(400).into_iter().rev().collect();
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
        // The log has the outcome.
        run(play, b"");
    }

    /// Plays the first sound and, once it plays, the second.
    fn play_both(&self) {
        self.play("first.wav");
        wait_until("the first sounds", || {
            (self.rendered().len() > 960).then_some(())
        });
        self.play("second.wav");
    }

    /// The log's entry for a sound, once it has one.
    fn outcome(&self, name: &str) -> Value {
        wait_until("the sound is done with", || {
            let is_it = |line: &Value| line["sound"].as_str().unwrap().ends_with(name);
            self.sandbox.record().into_iter().find(is_it)
        })
    }

    /// Waits until the sound was played.
    #[track_caller]
    fn wait_until_played(&self, name: &str) {
        let outcome = self.outcome(name);
        assert_eq!(outcome["status"], "played", "{outcome}");
    }

    /// The rendered samples, from the first frame that is not silent to the last.
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
    in_real_time(|| {
        // Long enough for the second to start meanwhile, which takes longer on a busy machine.
        let (scene, offset) = [400, 1_600, 6_400, 25_600]
            .into_iter()
            .find_map(|ms| {
                let scene = Scene::new(&json!({}), ms);
                scene.play_both();
                scene.wait_until_played("first.wav");
                scene.wait_until_played("second.wav");
                // The second ends last, or else the first.
                let len = scene.rendered().len();
                let offset = match len - scene.first.len() {
                    0 => {
                        let differs = |(heard, first)| heard != first;
                        let rendered = scene.rendered();
                        rendered.iter().zip(&scene.first).position(differs)? & !1
                    }
                    _ => len - scene.second.len(),
                };
                (0 < offset && offset < scene.first.len()).then_some((scene, offset))
            })
            .expect("they overlap");
        let rendered = scene.rendered();
        let mut sum = vec![0; rendered.len()];
        for (from, sound) in [(0, &scene.first), (offset, &scene.second)] {
            for (sum, sample) in sum[from..].iter_mut().zip(sound) {
                *sum += sample;
            }
        }
        assert_same(&rendered, &sum);
    });
}

#[test]
fn a_sound_that_replaces_another_fades_it_out_and_is_whole() {
    in_real_time(|| {
        for settings in [json!({"overlap": "replace"}), json!({"max_voices": 1})] {
            let scene = Scene::new(&settings, LONG);
            scene.play_both();
            scene.wait_until_played("second.wav");
            let first = scene.outcome("first.wav");
            assert_eq!(first["status"], "stopped", "{first}");
            let rendered = scene.rendered();
            let start = rendered.len() - scene.second.len();
            assert!(start < scene.first.len(), "the first was cut short");
            assert_same(&rendered[..start], &scene.first[..start]);
            // Both play until the stop command arrives, and for a fade; then the second plays alone.
            let tail = rendered[start..]
                .iter()
                .rev()
                .zip(scene.second.iter().rev());
            let alone = tail.take_while(|(a, b)| a == b).count();
            let both = scene.second.len() - alone;
            assert!(FADE <= both + 2 && alone > 0, "{both}");
        }
    });
}

#[test]
fn a_queued_sound_waits_for_the_other_to_end() {
    in_real_time(|| {
        let scene = Scene::new(&json!({"overlap": "queue"}), 400);
        scene.play_both();
        scene.wait_until_played("first.wav");
        scene.wait_until_played("second.wav");
        let frames = scene.rendered();
        let frames = frames.chunks_exact(2).filter(|frame| **frame != [0, 0]);
        let heard: Vec<i16> = frames.flatten().copied().collect();
        assert_same(&heard, &[&scene.first[..], &scene.second].concat());
    });
}

#[test]
fn a_dropped_sound_and_one_within_the_gap_are_refused_and_said_to_be() {
    in_real_time(|| {
        for (settings, says) in [
            (json!({"overlap": "drop"}), "another sound is playing"),
            (json!({"min_gap_ms": 60_000}), "ms ago (min_gap_ms: 60000)"),
        ] {
            let scene = Scene::new(&settings, LONG);
            scene.play_both();
            let second = scene.outcome("second.wav");
            assert_eq!(second["status"], "failed", "{second}");
            assert!(
                second["reason"].as_str().unwrap().contains(says),
                "{second}"
            );
            let rendered = scene.rendered();
            assert_same(&rendered, &scene.first[..rendered.len()]);
        }
    });
}

#[test]
fn the_lead_in_is_silence_of_just_its_length() {
    in_real_time(|| {
        let scene = Scene::new(&json!({"lead_in_ms": 250}), 400);
        scene.play("first.wav");
        scene.sandbox.wait_for_record(1);
        let rendered = samples(&scene.sandbox.path("rendered.wav"));
        let silent = 2 * 48 * 250;
        assert!(rendered[..silent].iter().all(|sample| *sample == 0));
        assert_same(&rendered[silent..silent + scene.first.len()], &scene.first);
    });
}

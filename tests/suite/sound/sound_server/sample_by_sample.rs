//! Correct playback: each sample once, in its place.

use super::{
    SoundServer, Way, assert_same, difference, in_the_middle_of_a_sound, is_soak, sound_file,
    two_sounds,
};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, complaint, noise, payload, run, wait_until};

/// The number of new servers for each length of sound.
fn rounds() -> usize {
    if is_soak() { 20 } else { 2 }
}

/// Plays sounds from a cold start, each on its own server, with `play`.
fn every_sample_is_heard(way: Way, play: impl Fn(&Sandbox)) {
    for ms in [50, 300, 1_000] {
        let noise = noise(ms);
        let flaws: Vec<String> = (0..rounds())
            .filter_map(|_| {
                let sandbox = way.sandbox(&noise);
                let pulse = SoundServer::start(&sandbox, &["cap"]);
                play(&sandbox);
                difference(&pulse.heard("cap", noise.len()), &noise)
            })
            .collect();
        let (exact, all) = (rounds() - flaws.len(), rounds());
        println!("{way:?}, {ms} ms: {exact} of {all} exact");
        assert!(
            flaws.is_empty(),
            "{ms} ms: {exact} of {all} exact: {flaws:?}"
        );
    }
}

#[test]
fn a_hook_from_a_cold_start_is_heard_sample_by_sample() {
    in_real_time(|| {
        every_sample_is_heard(Way::Native, |sandbox| {
            let hook = sandbox.herald(&["hook", "Stop"]);
            assert!(run(hook, &payload("Stop")).status.success());
            let line = &sandbox.wait_for_record(1)[0];
            assert_eq!(line["status"], "played", "{line}");
        });
    });
}

#[test]
fn a_sound_through_alsa_is_heard_sample_by_sample() {
    in_real_time(|| {
        every_sample_is_heard(Way::Alsa, |sandbox| {
            assert_eq!(sandbox.play("Stop"), Ok(()));
        });
    });
}

/// So that it is not ducked or routed as music.
#[test]
fn a_stream_has_the_role_of_an_event() {
    in_real_time(|| {
        let sandbox = Way::Native.sandbox(&noise(10_000));
        let pulse = SoundServer::start(&sandbox, &["cap"]);
        assert!(run(sandbox.herald(&["play", "Stop"]), b"").status.success());
        wait_until("there is a stream that says so", || {
            let streams = pulse.control(&["list", "sink-inputs"]);
            streams.contains("media.role = \"event\"").then_some(())
        });
    });
}

#[test]
fn a_bluetooth_device_is_given_time_to_wake() {
    in_real_time(|| {
        let noise = noise(50);
        let sandbox = Way::Native.sandbox(&noise);
        let sink = "bluez_sink.00_11_22_33_44_55.a2dp_sink";
        let pulse = SoundServer::start(&sandbox, &[sink]);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        assert_same(&pulse.heard(sink, noise.len()), &noise);
        let took_ms = sandbox.record()[0]["took_ms"].as_u64().unwrap();
        assert!(
            took_ms >= 350,
            "{took_ms} ms, of which 300 are to be silent"
        );
    });
}

#[test]
fn sounds_one_after_the_other_are_heard_sample_by_sample() {
    in_real_time(|| {
        for way in Way::BOTH {
            let (stop, other) = two_sounds(50);
            let sandbox = way.sandbox(&stop);
            let pulse = SoundServer::start(&sandbox, &["cap"]);
            let other_file = sound_file(&sandbox, &other);
            let mut expected = Vec::new();
            for _ in 0..3 {
                assert_eq!(sandbox.play("Stop"), Ok(()));
                assert_eq!(sandbox.play(other_file.to_str().unwrap()), Ok(()));
                expected.extend_from_slice(&stop);
                expected.extend_from_slice(&other);
            }
            assert_same(&pulse.heard("cap", expected.len()), &expected);
        }
    });
}

#[test]
fn sounds_that_overlap_are_heard_as_their_sum() {
    in_real_time(|| {
        for way in Way::BOTH {
            in_the_middle_of_a_sound(|ms| {
                let (first, second) = two_sounds(ms);
                let sandbox = way.sandbox(&first);
                let pulse = SoundServer::start(&sandbox, &["cap"]);
                let second_file = sound_file(&sandbox, &second);
                assert_eq!(
                    complaint(run(sandbox.herald(&["play", "Stop"]), b"")),
                    Ok(())
                );
                pulse.wait_for("cap", 1);
                assert_eq!(sandbox.play(second_file.to_str().unwrap()), Ok(()));
                sandbox.wait_for_record(2);
                let heard = pulse.heard("cap", first.len());

                let differs = |(heard, first)| heard != first;
                // Either sample of a frame may differ first.
                let start = heard.iter().zip(&first).position(differs)? & !1;
                let mut sum = first;
                sum.resize(sum.len().max(start + second.len()), 0);
                for (sample, second) in sum[start..].iter_mut().zip(&second) {
                    *sample += second;
                }
                assert_same(&heard, &sum);
                Some(())
            });
        }
    });
}

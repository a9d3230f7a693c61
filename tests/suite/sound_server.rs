//! Heard through a real sound server: PulseAudio with sinks that go nowhere, recorded.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::pulse::{SoundServer, sandbox, server};
use crate::sandbox::{Sandbox, complaint, noise, payload, run, wait_until, wav};

/// Samples that a sound takes to fade in, in both channels: 5 ms.
const FADE: usize = 2 * 240;

#[track_caller]
fn assert_same(heard: &[i16], expected: &[i16]) {
    if heard == expected {
        return;
    }
    let first = heard
        .iter()
        .zip(expected)
        .position(|(heard, expected)| heard != expected);
    panic!(
        "heard {} samples of {}; the first that differs is {first:?}",
        heard.len(),
        expected.len()
    );
}

/// How often a test begins with a fresh daemon; twenty times for a soak.
fn rounds() -> usize {
    if std::env::var_os("HERALD_SOAK").is_some() {
        20
    } else {
        1
    }
}

#[test]
fn a_hook_from_a_cold_start_is_heard_sample_by_sample() {
    for ms in [50, 300, 1_000].into_iter().cycle().take(3 * rounds()) {
        let noise = noise(ms);
        let sandbox = sandbox(&noise);
        let pulse = SoundServer::start(&sandbox);
        let hook = sandbox.herald(&["hook", "Stop"]);
        assert!(run(hook, &payload("Stop")).status.success());
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(line["status"], "played", "{line}");
        assert_same(&pulse.heard(noise.len()), &noise);
    }
}

#[test]
fn a_sound_through_alsa_is_heard_sample_by_sample() {
    for ms in [50, 300, 1_000].into_iter().cycle().take(3 * rounds()) {
        let noise = noise(ms);
        let sandbox = Sandbox::new()
            .with_stop(&noise)
            .with("HERALD_OUTPUT", "auto");
        // ALSA knows the way to the server; by its own protocol it cannot be found.
        let server = server(&sandbox);
        let asound = format!("pcm.!default {{ type pulse server \"{server}\" }}\n");
        fs::write(sandbox.path("home/.asoundrc"), asound).unwrap();
        let pulse = SoundServer::start(&sandbox);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        assert_same(&pulse.heard(noise.len()), &noise);
    }
}

#[test]
fn two_sounds_that_overlap_equal_their_sum() {
    let first = noise(400);
    let second: Vec<i16> = first.iter().rev().copied().collect();
    let sandbox = sandbox(&first);
    fs::write(sandbox.path("second.wav"), wav(&second)).unwrap();
    let pulse = SoundServer::start(&sandbox);
    let path = sandbox.path("second.wav");
    for sound in ["Stop", path.to_str().unwrap()] {
        let handed_over = run(sandbox.herald(&["play", sound]), b"");
        assert_eq!(complaint(handed_over), Ok(()));
        // The second when the first is heard.
        pulse.heard(FADE);
    }
    sandbox.wait_for_record(2);
    let heard = pulse.heard(second.len() + FADE);
    let offset = heard.len() - second.len();
    assert!(0 < offset && offset < first.len(), "they overlap: {offset}");
    let mut sum = vec![0; heard.len()];
    for (from, sound) in [(0, &first), (offset, &second)] {
        for (sum, sample) in sum[from..].iter_mut().zip(sound) {
            *sum += sample;
        }
    }
    assert_same(&heard, &sum);
}

#[test]
fn a_sound_after_the_server_was_restarted_is_heard() {
    let noise = noise(50);
    let sandbox = sandbox(&noise);
    let first = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    // The player still has its stream open, to a server that is gone.
    drop(first);
    let second = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&second.heard(noise.len()), &noise);
}

#[test]
fn a_sound_that_the_server_cut_off_goes_on_when_it_is_back() {
    let noise = noise(1_000);
    let sandbox = sandbox(&noise);
    let first = SoundServer::start(&sandbox);
    let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
    assert_eq!(complaint(handed_over), Ok(()));
    let before = first.heard(noise.len() / 4);
    drop(first);
    let second = SoundServer::start(&sandbox);
    let line = &sandbox.wait_for_record(1)[0];
    assert_eq!(line["status"], "played", "{line}");
    // It fades in, and then it is the sound to its last frame, from somewhere that was not heard
    // before or only just.
    let after = second.heard(FADE + 2);
    let tail = &after[FADE..];
    assert!(
        noise.ends_with(tail),
        "{} samples that are not the end",
        tail.len()
    );
    let gap = noise.len() - after.len();
    assert!(gap <= before.len() + 9_600, "{gap} {}", before.len());
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(
        &second.heard(after.len() + noise.len())[after.len()..],
        &noise,
    );
}

#[test]
fn a_sound_is_heard_at_the_device_that_is_the_default_when_it_starts() {
    let noise = noise(300);
    let sandbox = sandbox(&noise);
    let pulse = SoundServer::start(&sandbox);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&pulse.heard(noise.len()), &noise);
    let other = SoundServer::add_sink(&sandbox, "other");
    // Or the recorder of the first would be moved to the other.
    SoundServer::pactl(&sandbox, &["set-default-source", "cap.monitor"]);
    SoundServer::pactl(&sandbox, &["set-default-sink", "other"]);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&other.heard(noise.len()), &noise);
    assert_same(&pulse.heard(noise.len()), &noise);
}

#[test]
fn a_sound_whose_device_goes_away_goes_on_at_another() {
    let noise = noise(1_000);
    let sandbox = sandbox(&noise);
    let pulse = SoundServer::start(&sandbox);
    let other = SoundServer::add_sink(&sandbox, "other");
    let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
    assert_eq!(complaint(handed_over), Ok(()));
    pulse.heard(noise.len() / 4);
    // What is left of it is not.
    let modules = SoundServer::pactl(&sandbox, &["list", "short", "modules"]);
    let cap = modules.lines().find(|line| line.contains("sink_name=cap"));
    let index = cap.unwrap().split('\t').next().unwrap();
    SoundServer::pactl(&sandbox, &["unload-module", index]);
    let line = &sandbox.wait_for_record(1)[0];
    assert_eq!(line["status"], "played", "{line}");
    let rest = other.heard(FADE + 2);
    assert!(noise.ends_with(&rest[FADE..]), "{} samples", rest.len());
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&other.heard(rest.len() + noise.len())[rest.len()..], &noise);
}

#[test]
fn a_server_that_hangs_costs_its_sounds_and_nothing_else() {
    let noise = noise(50);
    let sandbox = sandbox(&noise);
    let pulse = SoundServer::start(&sandbox);
    let daemon = Pid::from_child(&pulse.daemon);
    kill_process(daemon, Signal::STOP).unwrap();
    for _ in 0..3 {
        let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
        assert_eq!(complaint(handed_over), Ok(()));
    }
    let mut other = sandbox.herald(&["play", "started", "--wait"]);
    other.env("HERALD_OUTPUT", "null");
    assert_eq!(complaint(run(other, b"")), Ok(()));
    assert_eq!(
        sandbox.record().len(),
        1,
        "the other output was not held up"
    );
    for line in &sandbox.wait_for_record(4)[1..] {
        assert_eq!(line["status"], "failed", "{line}");
    }
    kill_process(daemon, Signal::CONT).unwrap();
    wait_until("the server answers again", || sandbox.play("Stop").ok());
    // Those that failed do not come after all.
    assert_same(&pulse.heard(noise.len()), &noise);
}

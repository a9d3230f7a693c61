//! What goes wrong between the player and the sound server, and what is heard after it.

use rustix::process::Signal;

use super::{SoundServer, Way, assert_same, sound_file, two_sounds, with_alsa_to};
use crate::sandbox::{Sandbox, complaint, noise, run, wait_until};

/// Starts Stop, which is to last more than a second, and waits until it is heard at `sink`.
fn start_stop(sandbox: &Sandbox, pulse: &SoundServer<'_>, sink: &str) {
    assert_eq!(
        complaint(run(sandbox.herald(&["play", "Stop"]), b"")),
        Ok(())
    );
    pulse.wait_for(sink, 9_600);
    assert_eq!(sandbox.record().len(), 0, "the sound is not over");
}

#[test]
fn a_sound_after_the_server_was_restarted_is_heard() {
    for way in Way::BOTH {
        let noise = noise(50);
        let sandbox = way.sandbox(&noise);
        let first = SoundServer::start(&sandbox, &["cap"]);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        // The player still has its stream open, to a server that is gone.
        drop(first);
        let second = SoundServer::start(&sandbox, &["cap"]);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        assert_same(&second.heard("cap", noise.len()), &noise);
    }
}

/// Samples that a sound takes to fade in where it goes on, in both channels: 5 ms.
const FADE: usize = 2 * 240;

#[test]
fn a_sound_that_the_server_cut_off_goes_on_when_it_is_back() {
    for way in Way::BOTH {
        let noise = noise(1_500);
        let sandbox = way.sandbox(&noise);
        let mut first = SoundServer::start(&sandbox, &["cap"]);
        start_stop(&sandbox, &first, "cap");
        first.kill();
        let before = first.heard_so_far("cap").len();
        drop(first);
        let second = SoundServer::start(&sandbox, &["cap"]);
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(line["status"], "played", "{way:?}: {line}");
        let after = second.heard("cap", FADE + 2);
        let tail = &after[FADE..];
        assert!(noise.ends_with(tail), "{way:?}: {} samples", tail.len());
        // What the server had, and the recorder did not get any more: a tenth of a second.
        let missing = noise.len().saturating_sub(before + after.len());
        assert!(missing < 9_600, "{way:?}: {missing} samples are missing");
        assert_eq!(sandbox.play("Stop"), Ok(()));
        second.wait_for_end("cap", &noise);
    }
}

#[test]
fn a_sound_after_the_server_was_killed_in_the_middle_of_one_is_heard() {
    for way in Way::BOTH {
        let (interrupted, next) = two_sounds(1_500);
        let sandbox = way.sandbox(&interrupted);
        let next_file = sound_file(&sandbox, &next);
        let mut first = SoundServer::start(&sandbox, &["cap"]);
        start_stop(&sandbox, &first, "cap");
        first.kill();
        drop(first);
        let second = SoundServer::start(&sandbox, &["cap"]);
        sandbox.wait_for_record(1);
        assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
        second.wait_for_end("cap", &next);
    }
}

#[test]
fn a_server_that_hangs_costs_its_sounds_and_nothing_else() {
    let noise = noise(50);
    let sandbox = Way::Native.sandbox(&noise);
    let pulse = SoundServer::start(&sandbox, &["cap"]);
    pulse.signal(Signal::STOP);
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
    let slow = &sandbox.record()[1]["slow"];
    assert!(slow["open"].as_u64() > Some(1_000), "what was slow: {slow}");
    pulse.signal(Signal::CONT);
    wait_until("the server answers again", || sandbox.play("Stop").ok());
    // Those that failed do not come after all.
    assert_same(&pulse.heard("cap", noise.len()), &noise);
}

#[test]
fn a_sound_after_the_default_device_changed_is_heard_there() {
    for way in Way::BOTH {
        let (stop, next) = two_sounds(50);
        let sandbox = way.sandbox(&stop);
        let next_file = sound_file(&sandbox, &next);
        let pulse = SoundServer::start(&sandbox, &["old", "new"]);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        pulse.choose("new");
        assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
        assert_same(&pulse.heard("new", next.len()), &next);
        assert_same(&pulse.heard_so_far("old"), &stop);
    }
}

/// Changes something in the middle of a sound at `old`, which then goes on at `new`.
fn goes_on_elsewhere(change: fn(&SoundServer<'_>)) {
    for way in Way::BOTH {
        let (stop, next) = two_sounds(1_500);
        let sandbox = way.sandbox(&stop);
        let next_file = sound_file(&sandbox, &next);
        let pulse = SoundServer::start(&sandbox, &["old", "new"]);
        start_stop(&sandbox, &pulse, "old");
        change(&pulse);
        pulse.wait_for("new", 1);
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(line["status"], "played", "{line}");
        assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
        pulse.wait_for_end("new", &next);
    }
}

#[test]
fn a_sound_goes_on_at_the_new_default_device() {
    goes_on_elsewhere(|pulse| pulse.choose("new"));
}

#[test]
fn a_sound_goes_on_at_another_device_when_its_own_is_taken_away() {
    goes_on_elsewhere(|pulse| pulse.remove("old"));
}

#[test]
fn a_sound_after_the_last_device_was_taken_away_is_heard_at_the_next_one() {
    for way in Way::BOTH {
        let (stop, next) = two_sounds(1_500);
        let sandbox = way.sandbox(&stop);
        let next_file = sound_file(&sandbox, &next);
        let mut pulse = SoundServer::start(&sandbox, &["old"]);
        start_stop(&sandbox, &pulse, "old");
        pulse.remove("old");
        pulse.add("new");
        sandbox.wait_for_record(1);
        assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
        pulse.wait_for_end("new", &next);
    }
}

#[test]
fn a_server_that_takes_no_stream_gives_way_to_alsa() {
    let noise = noise(50);
    let sandbox = with_alsa_to(Way::Native.sandbox(&noise), "other");
    // The user's own: one that is named gives way to nothing.
    let own = sandbox.path("pulse");
    let sandbox = sandbox
        .with("PULSE_SERVER", "")
        .with("PULSE_RUNTIME_PATH", own);
    let occupied = SoundServer::start(&sandbox, &["cap"]);
    let _occupant = occupied.occupy("cap");
    let other = SoundServer::start_as("other", &sandbox, &["cap"]);
    assert_eq!(sandbox.play("Stop"), Ok(()));
    assert_same(&other.heard("cap", noise.len()), &noise);
}

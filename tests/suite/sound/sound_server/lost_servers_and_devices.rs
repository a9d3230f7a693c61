//! Failures between the player and the sound server, and what is heard afterwards.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::{
    SoundServer, Way, assert_same, in_the_middle_of_a_sound, sound_file, two_sounds, with_alsa_to,
};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, complaint, noise, run, wait_until};

/// Starts Stop, and waits until it is heard at `sink`.
fn start_stop(sandbox: &Sandbox, pulse: &SoundServer<'_>, sink: &str) {
    assert_eq!(
        complaint(run(sandbox.herald(&["play", "Stop"]), b"")),
        Ok(())
    );
    pulse.wait_for(sink, 9_600);
}

/// `None` if the sound is over.
fn if_it_goes_on(sandbox: &Sandbox) -> Option<()> {
    sandbox.record().is_empty().then_some(())
}

#[test]
fn a_sound_after_the_server_was_restarted_is_heard() {
    in_real_time(|| {
        for way in Way::BOTH {
            let noise = noise(50);
            let sandbox = way.sandbox(&noise);
            let first = SoundServer::start(&sandbox, &["cap"]);
            assert_eq!(sandbox.play("Stop"), Ok(()));
            // The player still has a stream open to a server that is gone.
            drop(first);
            let second = SoundServer::start(&sandbox, &["cap"]);
            assert_eq!(sandbox.play("Stop"), Ok(()));
            assert_same(&second.heard("cap", noise.len()), &noise);
        }
    });
}

/// Samples of the fade-in of a resumed sound, in both channels: 5 ms.
const FADE: usize = 2 * 240;

#[test]
fn a_sound_that_the_server_cut_off_goes_on_when_it_is_back() {
    in_real_time(|| {
        for way in Way::BOTH {
            in_the_middle_of_a_sound(|ms| cut_off(way, ms));
        }
    });
}

/// `None` if the server was not back within the sound's length, or the recorder was late.
fn cut_off(way: Way, ms: usize) -> Option<()> {
    let noise = noise(ms);
    let sandbox = way.sandbox(&noise);
    let mut first = SoundServer::start(&sandbox, &["cap"]);
    let started = Instant::now();
    start_stop(&sandbox, &first, "cap");
    first.kill();
    let before = first.heard_so_far("cap");
    assert!(noise.starts_with(&before), "{way:?}");
    drop(first);
    let second = SoundServer::start(&sandbox, &["cap"]);
    let in_time = started.elapsed() < Duration::from_millis(ms as u64);
    let line = &sandbox.wait_for_record(1)[0];
    if !in_time {
        return None;
    }
    assert_eq!(line["status"], "played", "{way:?}: {line}");
    let after = second.heard("cap", FADE + 2);
    let tail = &after[FADE..];
    assert!(noise.ends_with(tail), "{way:?}: {} samples", tail.len());
    // It continues where it was interrupted, except for what the server had and the recorder did not get: a
    // tenth of a second.
    if noise.len().abs_diff(before.len() + after.len()) >= 9_600 {
        return None;
    }
    assert_eq!(sandbox.play("Stop"), Ok(()));
    second.wait_for_end("cap", &noise);
    Some(())
}

#[test]
fn a_sound_after_the_server_was_killed_in_the_middle_of_one_is_heard() {
    in_real_time(|| {
        for way in Way::BOTH {
            in_the_middle_of_a_sound(|ms| {
                let (interrupted, next) = two_sounds(ms);
                let sandbox = way.sandbox(&interrupted);
                let next_file = sound_file(&sandbox, &next);
                let mut first = SoundServer::start(&sandbox, &["cap"]);
                start_stop(&sandbox, &first, "cap");
                first.kill();
                if_it_goes_on(&sandbox)?;
                drop(first);
                let second = SoundServer::start(&sandbox, &["cap"]);
                sandbox.wait_for_record(1);
                assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
                second.wait_for_end("cap", &next);
                Some(())
            });
        }
    });
}

#[test]
fn a_server_that_hangs_costs_its_sounds_and_nothing_else() {
    in_real_time(|| {
        let noise = noise(50);
        let sandbox = Way::Native.sandbox(&noise);
        let mut pulse = SoundServer::start(&sandbox, &["cap"]);
        pulse.signal(Signal::STOP);
        for _ in 0..3 {
            let handed_over = run(sandbox.herald(&["play", "Stop"]), b"");
            assert_eq!(complaint(handed_over), Ok(()));
        }
        let mut other = sandbox.herald(&["play", "started", "--wait"]);
        other.env("HERALD_OUTPUT", "null");
        assert_eq!(complaint(run(other, b"")), Ok(()));
        let record = sandbox.wait_for_record(4);
        let is_other = |line: &Value| line["output"] == "null";
        let other = record.iter().position(is_other).unwrap();
        assert_eq!(record[other]["status"], "played", "{record:?}");
        assert!(other < 3, "it waited until all of them had failed");
        let hung = record.iter().filter(|line| !is_other(line));
        for line in hung.clone() {
            assert_eq!(line["status"], "failed", "{line}");
        }
        let was_slow = |line: &Value| line["slow"]["open"].as_u64() > Some(1_000);
        assert!(hung.clone().any(was_slow), "{record:?}");
        pulse.signal(Signal::CONT);
        wait_until("the server answers again", || sandbox.play("Stop").ok());
        // Failed ones are not played later.
        assert_same(&pulse.heard("cap", noise.len()), &noise);
    });
}

#[test]
fn a_sound_after_the_default_device_changed_is_heard_there() {
    in_real_time(|| {
        for way in Way::BOTH {
            let (stop, next) = two_sounds(50);
            let sandbox = way.sandbox(&stop);
            let next_file = sound_file(&sandbox, &next);
            let pulse = SoundServer::start(&sandbox, &["old", "new"]);
            assert_eq!(sandbox.play("Stop"), Ok(()));
            pulse.choose("new");
            assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
            assert_same(&pulse.heard("new", next.len()), &next);
            assert_same(&pulse.heard("old", stop.len()), &stop);
        }
    });
}

/// Changes something during a sound at `old`, which then continues at `new`.
fn goes_on_elsewhere(change: fn(&SoundServer<'_>)) {
    for way in Way::BOTH {
        in_the_middle_of_a_sound(|ms| {
            let (stop, next) = two_sounds(ms);
            let sandbox = way.sandbox(&stop);
            let next_file = sound_file(&sandbox, &next);
            let pulse = SoundServer::start(&sandbox, &["old", "new"]);
            start_stop(&sandbox, &pulse, "old");
            change(&pulse);
            if_it_goes_on(&sandbox)?;
            pulse.wait_for("new", 1);
            let line = &sandbox.wait_for_record(1)[0];
            assert_eq!(line["status"], "played", "{line}");
            assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
            pulse.wait_for_end("new", &next);
            Some(())
        });
    }
}

#[test]
fn a_sound_goes_on_at_the_new_default_device() {
    in_real_time(|| {
        goes_on_elsewhere(|pulse| pulse.choose("new"));
    });
}

#[test]
fn a_sound_goes_on_at_another_device_when_its_own_is_taken_away() {
    in_real_time(|| {
        goes_on_elsewhere(|pulse| pulse.remove("old"));
    });
}

#[test]
fn a_sound_after_the_last_device_was_taken_away_is_heard_at_the_next_one() {
    in_real_time(|| {
        for way in Way::BOTH {
            in_the_middle_of_a_sound(|ms| {
                let (stop, next) = two_sounds(ms);
                let sandbox = way.sandbox(&stop);
                let next_file = sound_file(&sandbox, &next);
                let mut pulse = SoundServer::start(&sandbox, &["old"]);
                start_stop(&sandbox, &pulse, "old");
                pulse.remove("old");
                if_it_goes_on(&sandbox)?;
                pulse.add("new");
                sandbox.wait_for_record(1);
                assert_eq!(sandbox.play(next_file.to_str().unwrap()), Ok(()));
                pulse.wait_for_end("new", &next);
                Some(())
            });
        }
    });
}

#[test]
fn a_server_that_takes_no_stream_gives_way_to_alsa() {
    in_real_time(|| {
        let noise = noise(50);
        let sandbox = with_alsa_to(Way::Native.sandbox(&noise), "other");
        // The user's own server: a named one is never replaced.
        let own = sandbox.path("pulse");
        let sandbox = sandbox
            .with("PULSE_SERVER", "")
            .with("PULSE_RUNTIME_PATH", own);
        let occupied = SoundServer::start(&sandbox, &["cap"]);
        let _occupant = occupied.occupy("cap");
        let other = SoundServer::start_as("other", &sandbox, &["cap"]);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        assert_same(&other.heard("cap", noise.len()), &noise);
    });
}

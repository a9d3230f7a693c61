//! Playing in process, without a player.

use std::fs;
use std::thread;
use std::time::Duration;

use herald_audio::internals::original::play_audio;
use herald_audio::internals::sound::Sound;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Decision, Options};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, noise, samples, wait_until};

const LIMIT: Duration = test_support::PATIENCE;

/// A sandbox that renders into a file, with `sound` for Stop.
fn sandbox(sound: &[i16]) -> Sandbox {
    let sandbox = Sandbox::new().with_stop(sound);
    let output = format!("wav:{}", sandbox.path("rendered.wav").display());
    sandbox.with("HERALD_OUTPUT", output)
}

fn manager(sandbox: &Sandbox) -> AudioManager {
    let project = sandbox.path("project");
    let env = Env::of(sandbox.vars());
    AudioManager::open(Options::new().env(env).cwd(project).in_process()).unwrap()
}

/// The rendered samples without surrounding silence.
fn rendered(sandbox: &Sandbox) -> Vec<i16> {
    let samples = samples(&sandbox.path("rendered.wav"));
    let is_sound = |sample: &i16| *sample != 0;
    let start = samples.iter().position(is_sound).unwrap_or(samples.len());
    let end = samples
        .iter()
        .rposition(is_sound)
        .map_or(start, |end| end + 1);
    samples[start..end].to_vec()
}

#[test]
fn every_sample_is_played_and_no_player_is_started() {
    in_real_time(|| {
        let sound = noise(300);
        let sandbox = sandbox(&sound);
        let manager = manager(&sandbox);
        let report = manager.play_audio("Stop", true);
        assert!(report.played, "{report:?}");
        assert_eq!(report.path, manager.resolve_file("Stop"));
        assert!(manager.wait_until_silent(LIMIT));
        assert_eq!(rendered(&sandbox), sound);
        let record = sandbox.record();
        assert_eq!(record.len(), 1, "{record:?}");
        assert_eq!(record[0]["status"], "played");
        let names = fs::read_dir(sandbox.state_dir()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        let is_of_player = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("player");
        assert!(!names.iter().any(is_of_player), "{names:?}");
    });
}

#[test]
fn a_sound_ends_though_the_manager_is_gone() {
    in_real_time(|| {
        let sound = noise(200);
        let sandbox = sandbox(&sound);
        assert!(manager(&sandbox).play_audio("Stop", true).played);
        wait_until("the sound has ended", || {
            sandbox
                .record()
                .pop()
                .filter(|line| line["status"] == "played")
        });
        assert_eq!(rendered(&sandbox), sound);
    });
}

#[test]
fn a_waiting_caller_gets_the_outcome() {
    let sandbox = sandbox(&noise(50));
    let manager = manager(&sandbox);
    let stop = manager.config().sound("Stop").unwrap();
    let through = manager.play_and_wait("Stop", stop, 1.0, LIMIT).unwrap();
    assert!(through.contains("rendered.wav"), "{through}");
    let missing = Sound::File(sandbox.path("missing.wav"));
    let error = manager.play_and_wait("Stop", missing.clone(), 1.0, LIMIT);
    assert!(error.unwrap_err().to_string().contains("missing.wav"));
    let long = Sound::File(sandbox.path("long.wav"));
    fs::write(
        sandbox.path("long.wav"),
        crate::support::sandbox::wav(&noise(20_000)),
    )
    .unwrap();
    let limit = Duration::from_millis(1);
    let error = manager.play_and_wait("Stop", long, 1.0, limit).unwrap_err();
    assert!(
        error.to_string().contains("not played to its end"),
        "{error}"
    );
    assert!(!manager.wait_until_silent(limit));
}

/// A mute from any process takes effect during a sound.
#[test]
fn a_mute_takes_effect_during_a_sound() {
    in_real_time(|| {
        // Long enough not to end meanwhile.
        let sound = noise(20_000);
        let sandbox = sandbox(&sound);
        let (player, other) = (manager(&sandbox), manager(&sandbox));
        assert!(player.play_audio("Stop", true).played);
        wait_until("it sounds", || {
            (!rendered(&sandbox).is_empty()).then_some(())
        });
        other.mute().unwrap();
        wait_until("it is silent", || {
            let samples = samples(&sandbox.path("rendered.wav"));
            let silence = samples.iter().rev().take_while(|sample| **sample == 0);
            (silence.count() > 9_600).then_some(())
        });
        assert!(
            rendered(&sandbox).len() < sound.len(),
            "all of it was heard"
        );
        let report = player.play_audio("Stop", true);
        assert!(!report.played);
        assert_eq!(report.reason, "muted");
    });
}

/// An event whose sound failed may sound again.
#[test]
fn a_failed_sound_cancels_its_mark() {
    let sandbox = sandbox(&noise(50)).with("HERALD_OUTPUT", "command");
    let sandbox = sandbox.with("AUDIO_PLAYER_CMD", "false");
    let manager = manager(&sandbox);
    let dispatcher = herald_audio::Dispatcher::new(manager.clone());
    for round in 0..2 {
        let report = dispatcher.dispatch("Stop", r#"{"session_id": "1"}"#);
        assert!(report.sound.played, "round {round}: {report:?}");
        assert!(manager.wait_until_silent(LIMIT));
    }
    let record = sandbox.record();
    assert_eq!(record.len(), 2, "{record:?}");
    assert!(record.iter().all(|line| line["status"] == "failed"));
    let decision = manager.admit("mine", LIMIT);
    assert!(matches!(decision, Decision::Admit(_)));
}

/// Callers never wait for space, and each sound is accounted for.
#[test]
fn many_simultaneous_sounds_are_all_accounted_for() {
    let sandbox = Sandbox::new().with_stop(&noise(20));
    let manager = manager(&sandbox);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let ask = || {
            let plays = (0..100).map(|_| play_audio(&manager, "Stop", true, None));
            plays.collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..5).map(|_| scope.spawn(ask)).collect();
        let asked = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        asked.collect()
    });
    let taken = outcomes.iter().filter(|(played, ..)| *played).count();
    let refused = outcomes.iter().filter(|(played, ..)| !*played);
    for (_, path, context) in refused {
        assert!(path.is_some());
        assert_eq!(context["reason"], "busy", "{context:?}");
    }
    assert!(taken > 0);
    assert!(manager.wait_until_silent(LIMIT));
    assert_eq!(sandbox.record().len(), taken);
}

#[test]
fn without_a_state_directory_it_plays_all_the_same() {
    in_real_time(|| {
        let sound = noise(100);
        let sandbox = sandbox(&sound).with("HERALD_STATE_DIR", "/dev/null/nowhere");
        let manager = manager(&sandbox);
        assert!(manager.play_audio("Stop", true).played);
        assert!(manager.wait_until_silent(LIMIT));
        assert_eq!(rendered(&sandbox), sound);
        assert!(!manager.notes().is_empty(), "it is told");
    });
}

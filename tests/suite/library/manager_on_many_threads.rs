//! A manager shared by many threads, 200 rounds each.

use std::time::Duration;

use herald_audio::internals::original::play_audio;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Dispatcher, Options};
use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, at_once};

const ROUNDS: usize = 200;
const LIMIT: Duration = test_support::PATIENCE;
/// A window that does not pass on a busy machine.
const HOUR: Duration = Duration::from_secs(3_600);

fn options(sandbox: &Sandbox) -> Options {
    let env = Env::of(sandbox.vars());
    Options::new().env(env).cwd(sandbox.path("project"))
}

/// Plays from five threads at once, repeatedly. Returns the number of accepted sounds.
fn play(manager: &AudioManager) -> usize {
    let mut taken = 0;
    for _ in 0..ROUNDS {
        let results = at_once(5, |_| play_audio(manager, "notification", true, None));
        assert_eq!(results.len(), 5);
        for (played, path, context) in results {
            assert_eq!(path, None, "it is built in");
            assert_eq!(context["audioType"], "Notification");
            let told = (played, context["status"].as_str(), context.get("reason"));
            let busy = Value::from("busy");
            let is_told = matches!(told, (true, Some("played"), None))
                || told == (false, Some("failed"), Some(&busy));
            assert!(is_told, "{context:?}");
            taken += usize::from(played);
        }
    }
    taken
}

#[test]
fn five_threads_play_at_once() {
    let sandbox = Sandbox::new();
    let player = env!("CARGO_BIN_EXE_herald-player");
    let manager = AudioManager::open(options(&sandbox).player(player)).unwrap();
    let taken = play(&manager);
    let record = sandbox.wait_for_record(taken);
    assert_eq!(record.len(), taken, "each has one outcome");
    assert!(
        manager.play_audio("notification", true).played,
        "room again"
    );
    assert_eq!(sandbox.wait_for_record(taken + 1).len(), taken + 1);
}

#[test]
fn five_threads_play_at_once_in_this_process() {
    let sandbox = Sandbox::new();
    let manager = AudioManager::open(options(&sandbox).in_process()).unwrap();
    let taken = play(&manager);
    assert!(manager.wait_until_silent(LIMIT));
    assert_eq!(sandbox.record().len(), taken, "each has one outcome");
    assert!(
        manager.play_audio("notification", true).played,
        "room again"
    );
    assert!(manager.wait_until_silent(LIMIT));
    assert_eq!(sandbox.record().len(), taken + 1);
}

#[test]
fn of_ten_threads_one_is_not_throttled() {
    for _ in 0..ROUNDS {
        let sandbox = Sandbox::new();
        let manager = AudioManager::open(options(&sandbox)).unwrap();
        let throttled = at_once(10, |_| manager.is_throttled("notification", HOUR));
        assert_eq!(throttled.iter().filter(|throttled| !**throttled).count(), 1);
        let own = at_once(4, |_| {
            let own = AudioManager::open(options(&sandbox)).unwrap();
            own.is_throttled("Notification", HOUR)
        });
        assert_eq!(own, [true; 4], "other managers see the same throttle");
    }
}

#[test]
fn four_events_are_dispatched_at_once() {
    let windows = json!({"Notification": 3600, "Stop": 3600});
    let sandbox = Sandbox::new().with_config(&json!({
        "audio_settings": {"throttle_seconds": windows},
    }));
    let manager = AudioManager::open(options(&sandbox).in_process()).unwrap();
    let dispatcher = Dispatcher::new(manager.clone());
    let events = ["Notification", "Stop", "PreToolUse", "PostToolUse"];
    for _ in 0..ROUNDS {
        let reports = at_once(4, |number| dispatcher.dispatch(events[number], "{}"));
        for report in &reports {
            assert_eq!(report.errors, [""; 0], "{report:?}");
            assert_eq!(report.reply(), "{\"continue\": true}\n");
        }
    }
    assert!(manager.wait_until_silent(LIMIT));
    assert_eq!(
        sandbox.record().len(),
        2,
        "Notification and Stop, once each"
    );
}

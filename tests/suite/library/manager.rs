//! `AudioManager`: the original's behaviour, and its fixed mistakes.

use std::path::Path;
use std::time::{Duration, SystemTime};

use herald_audio::internals::controls::{Controls, Silence};
use herald_audio::internals::original::play_audio;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, ErrorKind};
use serde_json::json;

use crate::support::sandbox::Sandbox;

fn manager(sandbox: &Sandbox) -> AudioManager {
    let project = sandbox.path("project");
    let env = Env::of([
        ("HERALD_STATE_DIR", sandbox.state_dir()),
        ("CLAUDE_PROJECT_DIR", project.clone()),
    ]);
    AudioManager::with_env(env, Some(Path::new(&project)))
}

#[test]
fn looking_marks_nothing_and_marking_is_seen() {
    let sandbox = Sandbox::new();
    let manager = manager(&sandbox);
    let window = Duration::from_secs(60);
    assert!(!manager.should_throttle("Stop", window));
    assert!(!manager.should_throttle("Stop", window));
    manager.mark_emitted("stop", Some(SystemTime::now() - Duration::from_secs(30)));
    assert!(manager.should_throttle("Stop", window));
    assert!(!manager.should_throttle("Stop", Duration::from_secs(10)));
    manager.mark_emitted("Stop", None);
    assert!(manager.is_throttled("Stop", Duration::from_secs(10)));
    assert!(
        !manager.is_throttled("Stop", Duration::ZERO),
        "no window never throttles"
    );
}

#[test]
fn a_config_that_is_read_again_counts_from_then_on() {
    let sandbox = Sandbox::new();
    let manager = manager(&sandbox);
    let default = Duration::from_secs(77);
    // Without a file, the default applies.
    for name in ["Stop", "my sound"] {
        assert_eq!(manager.get_throttle_window(name, default), default);
    }
    let before = manager.config();
    let sandbox = sandbox.with_config(&json!({
        "audio_settings": {"volume": 0.25, "throttle_seconds": {"Stop": 9}},
    }));
    manager.reload_config();
    assert_eq!(
        manager.get_throttle_window("Stop", default),
        Duration::from_secs(9)
    );
    assert_eq!(
        manager.get_config("audio_settings.volume"),
        Some(json!(0.25))
    );
    assert_eq!(
        before.window("Stop"),
        Some(Duration::from_secs(5)),
        "a snapshot does not change"
    );
    drop(sandbox);
}

/// Edits take effect by themselves, and observers are called.
#[cfg(feature = "playback")]
#[test]
fn a_watched_config_follows_its_files() {
    let sandbox = Sandbox::new();
    let manager = manager(&sandbox);
    let (sender, volumes) = std::sync::mpsc::channel();
    manager.on_config_change(move |config| _ = sender.send(config.volume()));
    let watch = manager.watch_config().unwrap();
    let mut reader = manager.config_reader();
    assert_eq!(reader.get().volume(), 0.5);
    let told = |expected: f32| {
        let found =
            std::iter::repeat_with(|| volumes.recv_timeout(Duration::from_secs(20)).unwrap());
        assert!(
            found.take(20).any(|volume| volume == expected),
            "{expected}"
        );
    };
    let volume = |volume: f32| json!({"audio_settings": {"volume": volume}});
    let sandbox = sandbox.with_config(&volume(0.25));
    told(0.25);
    assert_eq!(reader.get().volume(), 0.25);
    let sandbox = sandbox.with_config(&volume(0.75));
    told(0.75);
    assert_eq!(manager.config().volume(), 0.75);
    drop(watch);
    let sandbox = sandbox.with_config(&volume(0.125));
    assert_eq!(manager.config().volume(), 0.75, "nobody watches any more");
    manager.reload_config();
    assert_eq!(reader.get().volume(), 0.125);
    drop(sandbox);
}

#[test]
fn playing_tells_what_happened() {
    let sandbox = Sandbox::new();
    let manager = manager(&sandbox);
    let context = json!({"mine": 1}).as_object().cloned();
    let (played, path, context) = play_audio(&manager, "Stop", false, context);
    assert!(!played && path.is_none());
    assert_eq!(context["status"], "skipped");
    assert_eq!(context["reason"], "disabled");
    assert_eq!(context["mine"], 1);
    for key in ["audioType", "enabled", "playerCmd", "volume", "filePath"] {
        assert!(context.contains_key(key), "{key}");
    }
    let (_, _, context) = play_audio(&manager, "no such sound", true, None);
    assert_eq!(context["status"], "skipped");
    assert_eq!(context["reason"], "file_not_found");
}

#[test]
fn a_mute_is_in_force_in_every_manager_and_said_to_be() {
    let sandbox = Sandbox::new();
    let (first, second) = (manager(&sandbox), manager(&sandbox));
    assert_eq!(first.silence(), None);
    assert!(first.mute().unwrap().is_muted());
    let report = second.play_audio("Stop", true);
    assert!(!report.played);
    assert_eq!(report.reason, "muted");
    assert_eq!(second.play("Stop").reason, "muted");
    let sound = second.config().sound("Stop").unwrap();
    let report = second.play_sound("Stop", sound.clone(), 1.0);
    assert_eq!(report.reason, "muted; hint: herald unmute");
    let limit = Duration::from_secs(60);
    let error = second.play_and_wait("Stop", sound, 1.0, limit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Muted);

    second.set_volume(Some(0.0)).unwrap();
    first.unmute().unwrap();
    assert_eq!(first.silence(), Some(Silence::TurnedDown));
    first.set_volume(Some(0.25)).unwrap();
    first.snooze(Duration::from_secs(3_600)).unwrap();
    assert_eq!(second.silence().unwrap().reason(), "snoozed");
    assert_eq!(second.unmute().unwrap().volume(), 0.25);
    assert_eq!(second.set_volume(None).unwrap(), Controls::NONE);

    for refused in [
        first.snooze(Duration::ZERO),
        first.snooze(Duration::from_secs(8 * 24 * 3_600)),
        first.set_volume(Some(1.5)),
        first.set_volume(Some(f32::NAN)),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Range);
    }
    assert_eq!(first.controls(), Controls::NONE);
}

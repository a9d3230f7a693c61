use super::*;
use crate::sync::{AtomicU64, Ordering};
use std::fs;

fn live(dir: &Path, text: &str) -> LiveConfig {
    let file = dir.join("config.json");
    fs::write(&file, text).unwrap();
    LiveConfig::load(Env::of([("HERALD_CONFIG", &file)]), Some(dir))
}

fn write(dir: &Path, text: &str) {
    fs::write(dir.join("config.json"), text).unwrap();
}

#[test]
fn a_snapshot_stays_as_it_was_and_a_reader_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let live = live(dir.path(), r#"{"audio_settings": {"volume": 0.25}}"#);
    let before = live.snapshot();
    let mut reader = live.reader();
    assert_eq!(reader.get().volume(), 0.25);
    write(dir.path(), r#"{"audio_settings": {"volume": 0}}"#);
    live.reload();
    assert_eq!(before.volume(), 0.25);
    assert_eq!(live.snapshot().volume(), 0.0);
    assert_eq!(reader.get().volume(), 0.0);
}

#[test]
fn a_reload_renews_windows_and_the_sounds_directory() {
    let dir = tempfile::tempdir().unwrap();
    let live = live(dir.path(), "{}");
    write(
        dir.path(),
        r#"{"sound_files": {"base_path": "new"}, "audio_settings": {"throttle_seconds": {"Stop": 7}}}"#,
    );
    let config = live.reload();
    assert_eq!(config.window("Stop"), Some(Duration::from_secs(7)));
    assert_eq!(config.base_path(), Some(dir.path().join("new").as_path()));
}

#[test]
fn an_invalid_file_keeps_its_last_valid_values() {
    let dir = tempfile::tempdir().unwrap();
    let live = live(dir.path(), r#"{"audio_settings": {"volume": 0.25}}"#);
    for broken in [
        "",
        "{",
        "{\"audio_settings\": {\"volume\": 0.75}",
        "\u{feff}",
    ] {
        write(dir.path(), broken);
        let config = live.reload();
        assert_eq!(config.volume(), 0.25, "{broken:?}");
        let issue = config.issues()[0].to_string();
        assert!(
            issue.contains("last valid version stays in effect"),
            "{issue}"
        );
    }
    write(dir.path(), "{}");
    assert_eq!(
        live.reload().volume(),
        super::super::model::DEFAULT_VOLUME,
        "a repaired file is used"
    );
    assert!(live.snapshot().issues().is_empty());
}

/// In the child, a thread that does not exist there holds the lock.
#[test]
fn a_reload_abandoned_by_a_fork_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let live = live(dir.path(), "{}");
    let _held = live.observers.lock().unwrap();
    write(dir.path(), r#"{"audio_settings": {"volume": 0.25}}"#);
    assert_eq!(live.reload().volume(), 0.25);
}

#[test]
fn observers_learn_of_each_config_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let live = live(dir.path(), "{}");
    let (sender, receiver) = std::sync::mpsc::channel();
    live.observe(Box::new(move |config| {
        sender.send(config.volume()).unwrap()
    }));
    for volume in ["0.25", "0.75"] {
        write(
            dir.path(),
            &format!(r#"{{"audio_settings": {{"volume": {volume}}}}}"#),
        );
        live.reload();
    }
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0.25, 0.75]);
}

/// Two configs whose values belong together: no reader sees a mixture.
#[test]
fn no_reader_sees_a_mix_of_two_configs() {
    const RELOADS: u64 = 400;
    const READERS: usize = 8;
    let dir = tempfile::tempdir().unwrap();
    let text = |one: bool| {
        let (volume, seconds, voices) = if one { (0.25, 1, 1) } else { (0.75, 3, 3) };
        format!(
            r#"{{"audio_settings": {{"volume": {volume}, "max_voices": {voices},
                "throttle_seconds": {{"Stop": {seconds}}}}}}}"#
        )
    };
    let live = live(dir.path(), &text(true));
    let is_whole = |config: &Config| {
        let found = (
            config.volume(),
            config.window("Stop"),
            config.playback().max_voices,
        );
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        found == (0.25, seconds(1), 1) || found == (0.75, seconds(3), 3)
    };
    /// Stops the other threads, which loop forever, when one panics.
    struct Ends<'a>(&'a AtomicU64);
    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            let has_failed = std::thread::panicking();
            self.0.fetch_add(has_failed.into(), Ordering::Relaxed);
        }
    }
    let failed = AtomicU64::new(0);
    let goes_on = || failed.load(Ordering::Relaxed) == 0;
    // The number of changes that each reader has seen.
    let seen = [const { AtomicU64::new(0) }; READERS];
    std::thread::scope(|scope| {
        for (number, seen) in seen.iter().enumerate() {
            let (live, ends) = (&live, Ends(&failed));
            scope.spawn(move || {
                let _ends = ends;
                let mut reader = live.reader();
                let mut last = 0.25;
                while goes_on() && seen.load(Ordering::Relaxed) < RELOADS {
                    let config = match number % 2 {
                        0 => reader.get().clone(),
                        _ => live.snapshot(),
                    };
                    assert!(is_whole(&config), "{:?}", config.volume());
                    if config.volume() == last {
                        std::thread::yield_now();
                    } else {
                        last = config.volume();
                        seen.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let _ends = Ends(&failed);
        // Written to a temporary file and renamed, as editors do: the file is always complete.
        for round in 0..RELOADS {
            let beside = dir.path().join("new");
            fs::write(&beside, text(round % 2 == 1)).unwrap();
            fs::rename(&beside, dir.path().join("config.json")).unwrap();
            assert!(live.reload().issues().is_empty());
            test_support::wait_until("each reader has seen it", || {
                let has_seen = |seen: &AtomicU64| seen.load(Ordering::Relaxed) > round;
                (!goes_on() || seen.iter().all(has_seen)).then_some(())
            });
        }
    });
}

//! A file that is removed or replaced while it is mapped.

use super::*;

#[test]
fn a_process_follows_the_file_at_the_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    for change in 0..3 {
        fs::remove_file(&path).unwrap();
        let other = Table::new(StateFile::open(dir.path()), &clock);
        assert!(
            other.admit("Stop", HOUR).is_admitted(),
            "a new table, change {change}"
        );
        clock.advance(1_000);
        assert!(!throttle.admit("Stop", HOUR).is_admitted());
        assert!(other.admit("Notification", HOUR).is_admitted());
        assert!(
            !throttle.admit("Notification", HOUR).is_admitted(),
            "one table again"
        );
        assert_eq!(throttle.storage().health().storage, Storage::Mapped);
    }
    fs::remove_file(&path).unwrap();
    clock.advance(1_000);
    assert!(
        throttle.admit("Stop", HOUR).is_admitted(),
        "it makes a new one itself"
    );
    assert!(path.exists());
}

#[test]
fn a_file_that_changed_its_length_is_left_at_the_next_look() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    let path = dir.path().join(FILE_NAME);
    fs::OpenOptions::new()
        .append(true)
        .open(path)
        .unwrap()
        .set_len(1 << 20)
        .unwrap();
    clock.advance(1_000);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    let problems = throttle.storage().health().problems;
    assert!(problems[0].contains("length"), "{problems:?}");
}

#[test]
fn a_process_does_not_follow_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    for _ in 0..MAX_CHANGES + 2 {
        assert!(throttle.peek("Stop", HOUR).is_none());
        fs::remove_file(dir.path().join(FILE_NAME)).unwrap_or_default();
        clock.advance(1_000);
    }
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    assert!(!throttle.admit("Stop", HOUR).is_admitted());
    let problems = throttle.storage().health().problems;
    assert!(problems[0].contains("too often"), "{problems:?}");
}

#[test]
fn a_clock_that_steps_back_keeps_the_looks_coming() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    assert!(throttle.peek("Stop", HOUR).is_none());
    fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
    clock.set(NOON - 86_400_000);
    assert!(throttle.peek("Stop", HOUR).is_none());
    assert!(dir.path().join(FILE_NAME).exists());
}

#[test]
fn a_first_call_long_after_opening_looks_before_it_asks() {
    let dir = tempfile::tempdir().unwrap();
    let early = StateFile::open(dir.path());
    fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
    let late = StateFile::open(dir.path());
    let clock = ManualClock::at(SystemClock.unix_ms() + 3_600_000);
    assert!(Table::new(late, &clock).admit("Stop", HOUR).is_admitted());
    assert!(!Table::new(early, &clock).admit("Stop", HOUR).is_admitted());
}

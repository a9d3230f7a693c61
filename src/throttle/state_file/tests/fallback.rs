//! Systems on which no file can be mapped.

use super::super::layout::FILE_LEN;
use super::*;
use crate::system::file;
use crate::table::Decision;

/// Makes it impossible to map or repair a state file in `dir`.
pub(super) fn allow_no_mapping(dir: &Path) {
    fs::create_dir(dir.join(FILE_NAME)).unwrap();
    fs::create_dir(dir.join("throttle.v1.repair")).unwrap();
}

/// Locks the file of the words in `dir` like another process. Dropping it unlocks: closing would not, while a
/// child forked by another test has it open.
pub(super) fn lock(dir: &Path) -> file::Locked {
    let path = dir.join("throttle.v1.locked");
    let file = file::own().write(true).open(path).unwrap();
    file::lock_within(file, Duration::ZERO).unwrap()
}

#[test]
fn without_a_mapping_the_words_are_in_a_locked_file() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let throttle = open_in(dir.path());
    let health = throttle.storage().health();
    assert_eq!(health.storage, Storage::Locked);
    assert!(
        health.problems[0].contains("cannot use the state file"),
        "{:?}",
        health.problems
    );
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    let other = open_in(dir.path());
    assert!(!other.admit("Stop", HOUR).is_admitted(), "it is shared");
    assert_eq!(other.firings().len(), 1);
    assert!(other.reset("Stop"));
    let Decision::Admit(mark) = throttle.admit("Stop", HOUR) else {
        panic!("was reset")
    };
    assert!(other.cancel(mark));
    assert_eq!(throttle.peek("Stop", HOUR), None);
    assert_eq!(throttle.storage().counts(0), None);
}

#[test]
fn a_locked_file_of_any_content_is_words() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let path = dir.path().join("throttle.v1.locked");
    for content in [
        vec![0xff; 200_000],
        b"garbage".to_vec(),
        vec![0x5a; FILE_LEN],
    ] {
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        set_mode(&path, 0o600);
        let throttle = open_in(dir.path());
        assert!(throttle.admit("Stop", HOUR).is_admitted());
        assert!(!open_in(dir.path()).admit("Stop", HOUR).is_admitted());
    }
}

#[test]
fn a_lock_that_is_not_released_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let throttle = open_in(dir.path());
    let locked = lock(dir.path());
    assert!(
        throttle.admit("Stop", HOUR).is_admitted(),
        "in this process"
    );
    assert!(!throttle.admit("Stop", HOUR).is_admitted());
    let problems = throttle.storage().health().problems.join("; ");
    assert!(problems.contains("locked by another process"), "{problems}");
    drop(locked);
    assert!(throttle.admit("Notification", HOUR).is_admitted());
    assert!(
        !open_in(dir.path())
            .admit("Notification", HOUR)
            .is_admitted(),
        "shared again"
    );
}

#[test]
fn threads_that_share_a_locked_file_admit_one() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let throttle = open_in(dir.path());
    for round in 0..20 {
        let key = format!("round {round}");
        let admitted = admitted_of_8_threads(|| throttle.admit(key.as_str(), HOUR).is_admitted());
        // More than one only if a lock was not acquired, and then that is reported.
        assert!(
            admitted == 1 || throttle.storage().health().problems.len() > 1,
            "{admitted}"
        );
    }
}

#[test]
fn a_fallback_is_left_when_a_mapping_can_be_had() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    assert_eq!(throttle.storage().health().storage, Storage::Locked);
    fs::remove_dir(dir.path().join("throttle.v1.repair")).unwrap();
    clock.advance(1_000);
    assert!(
        throttle.admit("Stop", HOUR).is_admitted(),
        "marks do not move"
    );
    assert_eq!(throttle.storage().health().storage, Storage::Mapped);
}

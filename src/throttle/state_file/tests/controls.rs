//! Controls and picks: their location, and the loss of the file.

use super::super::layout::{CONTROLS_OFFSET, FILE_LEN, PICKS_OFFSET};
use super::fallback::{allow_no_mapping, lock};
use super::*;
use crate::controls::{Controls, Silence, Snooze};
use test_support::wait_until;

const SET: u64 = 0x0123_4567_89ab_cdef;

fn open(dir: &Path) -> StateFile {
    StateFile::open(dir)
}

/// Mutes, and asserts what `others` see.
#[track_caller]
fn assert_mutes(file: &StateFile, others: &StateFile) {
    let changed = file.change_controls(NOON, Controls::muted).unwrap();
    assert!(changed.is_muted());
    assert_eq!(others.controls(NOON).silence(NOON), Some(Silence::Muted));
    file.change_controls(NOON, Controls::unmuted).unwrap();
    assert_eq!(others.controls(NOON), Controls::NONE);
}

#[test]
fn controls_are_shared_at_once_and_touch_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (open(dir.path()), open(dir.path()));
    let new = fs::read(dir.path().join(FILE_NAME)).unwrap();
    assert_eq!(first.controls(NOON), Controls::NONE);
    assert_mutes(&first, &second);
    let snooze = Snooze::new(NOON, HOUR).unwrap();
    let change = |controls: Controls| controls.snoozed(snooze).at_volume(Some(0.4));
    second.change_controls(NOON, change).unwrap();
    assert_eq!(first.controls(NOON).snooze().left(NOON), Some(HOUR));
    assert_eq!(first.controls(NOON).volume(), 0.4);
    let word = first.controls(NOON).bits();
    let file = fs::read(dir.path().join(FILE_NAME)).unwrap();
    let mut expected = new;
    expected[CONTROLS_OFFSET..][..8].copy_from_slice(&word.to_ne_bytes());
    assert!(file == expected);
    assert_eq!(open(dir.path()).health().problems, [""; 0]);
}

#[test]
fn the_fleets_mute_and_the_own_controls_do_not_end_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (relay, other) = (open(dir.path()), open(dir.path()));
    relay.set_fleet_mute(NOON, Some(HOUR)).unwrap();
    let is_muted_by_fleet = || {
        let silence = other.controls(NOON).silence(NOON);
        matches!(silence, Some(Silence::Fleet { ends_in }) if ends_in == HOUR)
    };
    assert!(is_muted_by_fleet());
    let now = SystemClock.unix_ms();
    relay.set_fleet_mute(now, Some(HOUR)).unwrap();
    let read = UnmappedFile::open(dir.path()).and_then(|file| file.controls());
    if cfg!(any(target_os = "linux", target_vendor = "apple")) {
        assert!(matches!(
            read.unwrap().silence(now),
            Some(Silence::Fleet { .. })
        ));
    }
    relay.set_fleet_mute(NOON, Some(HOUR)).unwrap();
    let changed = other.change_controls(NOON, Controls::unmuted).unwrap();
    assert_eq!(changed, Controls::NONE, "the own controls");
    assert!(is_muted_by_fleet());
    other.change_controls(NOON, Controls::muted).unwrap();
    relay.set_fleet_mute(NOON, None).unwrap();
    assert_eq!(other.controls(NOON).silence(NOON), Some(Silence::Muted));
}

#[test]
fn a_pick_is_remembered_for_every_process_and_beside_the_counters() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (open(dir.path()), open(dir.path()));
    assert_eq!(first.pick(SET, 3, 0), 0);
    assert_eq!(second.pick(SET, 3, 0), 1);
    assert_eq!(first.pick(SET, 3, 0), 0);
    assert_eq!((first.pick(SET, 1, 7), first.pick(SET, 0, 7)), (0, 0));
    // Every set has its slot among the picks.
    for set in 0..240 {
        first.pick(set, 2, u64::MAX);
    }
    let file = fs::read(dir.path().join(FILE_NAME)).unwrap();
    let (counters, rest) = file[..4096].split_at(PICKS_OFFSET);
    assert!(counters[64..].iter().all(|byte| *byte == 0));
    let (words, _) = rest.as_chunks::<8>();
    assert_eq!(words.len(), 120);
    assert!(words.iter().all(|word| *word != [0; 8]));
    assert_eq!(StateFile::LINES, 47);
}

#[test]
fn a_locked_file_has_the_controls_after_its_words() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let throttle = open_in(dir.path());
    // A file of an older version ends within the words.
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    let path = dir.path().join("throttle.v1.locked");
    let before = fs::read(&path).unwrap();
    assert!(before.len() < 131_072);
    assert_eq!(throttle.storage().controls(NOON), Controls::NONE);
    assert_eq!(fs::read(&path).unwrap(), before, "looking writes nothing");
    let other = open(dir.path());
    assert_eq!(other.health().storage, Storage::Locked);
    let volume = |controls: Controls| controls.at_volume(Some(0.25));
    other.change_controls(NOON, volume).unwrap();
    other.change_controls(NOON, Controls::muted).unwrap();
    let controls = throttle.storage().controls(NOON);
    assert!(controls.is_muted() && controls.volume() == 0.25);
    let after = fs::read(&path).unwrap();
    assert_eq!(after.len(), 131_080);
    assert_eq!(after[131_072..], controls.bits().to_le_bytes());
    assert_eq!(after[..before.len()], before);
    assert!(!throttle.admit("Stop", HOUR).is_admitted());
    // Private to this process.
    assert_ne!(other.pick(SET, 2, 0), other.pick(SET, 2, 0));
    assert_eq!(throttle.storage().pick(SET, 2, 0), 0);
}

#[test]
fn threads_that_change_a_locked_file_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let file = open(dir.path());
    // The lock is not waited for forever.
    let change = |file: &StateFile, change: &dyn Fn(Controls) -> Controls| {
        wait_until("the lock is had", || {
            file.change_controls(NOON, change).ok()
        });
    };
    let volume = |controls: Controls| controls.at_volume(Some(0.5));
    std::thread::scope(|scope| {
        scope.spawn(|| change(&file, &Controls::muted));
        scope.spawn(|| change(&open(dir.path()), &volume));
    });
    let controls = file.controls(NOON);
    assert!(controls.is_muted() && controls.volume() == 0.5);
}

#[test]
fn without_the_lock_the_last_known_controls_hold_and_a_change_fails() {
    let dir = tempfile::tempdir().unwrap();
    allow_no_mapping(dir.path());
    let (file, other) = (open(dir.path()), open(dir.path()));
    file.change_controls(NOON, Controls::muted).unwrap();
    assert!(other.controls(NOON).is_muted());
    let locked = lock(dir.path());
    assert!(file.controls(NOON).is_muted() && other.controls(NOON).is_muted());
    let error = file.change_controls(NOON, Controls::unmuted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
    assert!(
        error.to_string().contains("locked by another process"),
        "{error}"
    );
    assert!(file.health().has_decided_alone);
    drop(locked);
    assert_mutes(&file, &other);
}

#[test]
fn changes_invisible_to_others_fail_with_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    let file = open(&dir.path().join("missing"));
    assert_eq!(file.health().storage, Storage::InProcess);
    let error = file.change_controls(NOON, Controls::muted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
    let error = error.to_string();
    assert!(
        error.starts_with("cannot change the shared controls: "),
        "{error}"
    );
    assert_eq!(error.matches("set HERALD_STATE_DIR").count(), 1, "{error}");
    assert_eq!(file.controls(NOON), Controls::NONE);
    assert_ne!(file.pick(SET, 2, 0), file.pick(SET, 2, 0));
}

#[test]
fn controls_follow_the_file_at_the_path() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    fs::create_dir(&state).unwrap();
    let file = open(&state);
    file.change_controls(NOON, Controls::muted).unwrap();
    fs::remove_dir_all(&state).unwrap();
    // Nobody would see it.
    let error = file.change_controls(NOON, Controls::unmuted).unwrap_err();
    assert!(error.to_string().contains("was removed"), "{error}");
    fs::create_dir(&state).unwrap();
    // A change always checks the path first.
    file.change_controls(NOON, |controls| controls.at_volume(Some(0.5)))
        .unwrap();
    let other = open(&state);
    let controls = other.controls(NOON);
    assert!(!controls.is_muted() && controls.volume() == 0.5);
    // A reader checks it within a second.
    fs::remove_file(state.join(FILE_NAME)).unwrap();
    open(&state).change_controls(NOON, Controls::muted).unwrap();
    assert!(!other.controls(NOON + 10).is_muted());
    assert!(other.controls(NOON + 1_010).is_muted());
}

#[test]
fn a_file_from_before_has_nothing_muted_and_nothing_picked() {
    let golden: &[u8] = include_bytes!("../../../../tests/fixtures/state/throttle.v1");
    assert_eq!(golden.len(), FILE_LEN);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    fs::write(&path, golden).unwrap();
    #[cfg(unix)]
    set_mode(&path, 0o600);
    let file = open(dir.path());
    assert_eq!(file.health().problems, [""; 0]);
    assert_eq!(file.controls(NOON), Controls::NONE);
    assert_eq!(file.pick(SET, 2, 0), 0);
    assert_mutes(&file, &open(dir.path()));
}

//! Bad state directories: always a decision, never silence, and a report of the problem.

#[cfg(all(target_os = "linux", feature = "playback"))]
mod limited_room;

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::Decision;
use herald_audio::internals::clock::{ManualClock, SystemClock};
use herald_audio::internals::state_file::{StateFile, Storage};
use herald_audio::internals::throttle::Table;
use proptest::prelude::*;

const HOUR: Duration = Duration::from_secs(3_600);
const FILE: &str = "throttle.v1";
const FILE_LEN: usize = 135_168;
const NOON: u64 = 1_800_000_000_000;

fn open(dir: &Path) -> Table<StateFile> {
    Table::new(StateFile::open(dir), SystemClock)
}

/// Asks twice: only the first call is admitted.
#[track_caller]
fn assert_throttles(throttle: &Table<StateFile>) {
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    assert!(!throttle.admit("Stop", HOUR).is_admitted());
}

#[test]
fn a_directory_that_is_not_there_throttles_this_process() {
    let dir = tempfile::tempdir().unwrap();
    let throttle = open(&dir.path().join("missing"));
    assert_eq!(throttle.storage().health().storage, Storage::InProcess);
    assert_throttles(&throttle);
}

#[test]
fn a_directory_that_is_removed_leaves_the_mapping() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(NOON);
    let throttle = Table::new(StateFile::open(dir.path()), &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    fs::remove_dir_all(dir.path()).unwrap();
    clock.advance(2_000);
    assert!(!throttle.admit("Stop", HOUR).is_admitted());
    fs::create_dir(dir.path()).unwrap();
    clock.advance(2_000);
    assert!(
        throttle.admit("Stop", HOUR).is_admitted(),
        "a new file in a new directory"
    );
    assert!(dir.path().join(FILE).exists());
}

/// Writes `bytes` as the state file of `dir`, private to its user.
fn write(dir: &Path, bytes: &[u8]) {
    let path = dir.join(FILE);
    fs::write(&path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_file_of_random_bytes_is_replaced(
        len in prop_oneof![Just(FILE_LEN), 0..2 * FILE_LEN],
        seed in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &seed.iter().copied().cycle().take(len).collect::<Vec<_>>());
        let throttle = open(dir.path());
        prop_assert_eq!(throttle.storage().health().storage, Storage::Mapped);
        prop_assert_eq!(throttle.storage().health().problems.len(), 1);
        assert_throttles(&throttle);
    }

    /// Any bits are valid words: they cost at most a sound or a short silence.
    #[test]
    fn random_words_under_a_good_header_neither_silence_nor_crash(
        words in prop::collection::vec(any::<[u8; 8]>(), 1..64),
        window in prop_oneof![Just(0u64), 1..100_000u64],
        key in "[a-z]{0,4}",
    ) {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()));
        let mut bytes = fs::read(dir.path().join(FILE)).unwrap();
        for (place, word) in bytes[64..].chunks_exact_mut(8).zip(words.iter().cycle()) {
            place.copy_from_slice(word);
        }
        write(dir.path(), &bytes);
        let clock = ManualClock::at(NOON);
        let throttle = Table::new(StateFile::open(dir.path()), &clock);
        prop_assert_eq!(throttle.storage().health().problems.len(), 0);
        let window = Duration::from_millis(window);
        if let Decision::Suppress { retry_after } = throttle.admit(key.as_str(), window) {
            prop_assert!(retry_after <= window);
            clock.advance(10_000 + retry_after.as_millis() as u64);
            prop_assert!(throttle.admit(key.as_str(), window).is_admitted(), "silence");
        }
        prop_assert!(window.is_zero() || throttle.peek(key.as_str(), window) == Some(window));
        let _ = (throttle.firings(), throttle.storage().counts(0));
        throttle.reset_all();
        prop_assert!(throttle.admit(key.as_str(), window).is_admitted());
    }
}

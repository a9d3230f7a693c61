//! A file that is shortened while it is mapped, in a program with the handler.

use super::super::layout::FILE_LEN;
use super::*;
use crate::controls::Controls;

#[test]
fn a_file_shortened_while_it_is_mapped_costs_its_words_and_nothing_else() {
    catch_truncation();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    let set: *const _ = throttle.storage().lend(0, NOON).unwrap();
    for len in [0, 64, FILE_LEN / 2] {
        let shorten = fs::OpenOptions::new().write(true).open(&path).unwrap();
        shorten.set_len(len as u64).unwrap();
        for round in 0..500 {
            let key = format!("{len} {round}");
            assert!(throttle.admit(key.as_str(), HOUR).is_admitted());
            assert!(!throttle.admit(key.as_str(), HOUR).is_admitted());
        }
        let health = throttle.storage().health();
        assert_eq!(health.storage, Storage::InProcess, "{len}");
        assert!(health.has_decided_alone);
        let problems = health.problems.join("; ");
        assert!(problems.contains("shortened the state file"), "{problems}");
        // Lent words stay valid.
        if len == 0 {
            assert_eq!(
                throttle.storage().lend(0, NOON).map(std::ptr::from_ref),
                Some(set)
            );
        }
        // The next check finds another file.
        clock.advance(2_000);
        assert!(throttle.admit("next", Duration::ZERO).is_admitted());
        assert_eq!(throttle.storage().health().storage, Storage::Mapped);
        assert_eq!(fs::metadata(&path).unwrap().len(), FILE_LEN as u64);
        let (_, other) = open_at(dir.path(), NOON);
        assert_eq!(other.health().storage, Storage::Mapped);
        let other = Table::new(other, &clock);
        assert!(!other.admit("next", HOUR).is_admitted(), "shared again");
    }
}

/// A file that was shortened and extended again has lost words for those who noticed.
#[test]
fn a_file_that_has_its_length_again_is_opened_anew() {
    catch_truncation();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(0).unwrap();
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    fs::write(&path, layout::new_file(Controls::NONE)).unwrap();
    clock.advance(2_000);
    assert!(throttle.admit("Stop", Duration::ZERO).is_admitted());
    let (_, other) = open_at(dir.path(), NOON);
    let other = Table::new(other, &clock);
    assert!(!other.admit("Stop", HOUR).is_admitted(), "shared again");
}

/// The behaviour without a guard.
#[test]
fn more_mappings_than_are_guarded_are_mappings_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..300).map(|_| StateFile::open(dir.path())).collect();
    for file in &files {
        assert_eq!(file.health().storage, Storage::Mapped);
    }
}

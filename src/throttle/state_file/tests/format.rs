//! The bytes of the file.

use std::time::UNIX_EPOCH;

use super::super::layout::header;
use super::*;
use crate::table::Decision;

#[test]
fn counts_are_shared_and_leave_the_words_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (open_in(dir.path()), open_in(dir.path()));
    for line in 0..StateFile::LINES {
        first.storage().count(line, Count::Admitted);
        second.storage().count(line, Count::Suppressed);
        second.storage().count(line, Count::Suppressed);
    }
    first.storage().count(7, Count::Failed);
    let counts = Counts {
        admitted: 1,
        suppressed: 2,
        failed: 1,
    };
    assert_eq!(second.storage().counts(7), Some(counts));
    assert_eq!(
        second.storage().counts(StateFile::LINES - 1),
        Some(Counts {
            failed: 0,
            ..counts
        })
    );
    assert_eq!(second.storage().counts(StateFile::LINES), None);
    first.storage().count(usize::MAX, Count::Failed);
    assert!(first.firings().is_empty());
    assert_eq!(
        open_in(dir.path()).storage().health().problems,
        [""; 0],
        "nor the header"
    );
}

/// The bytes that this version writes: an existing file must keep its meaning.
#[test]
#[cfg(target_endian = "little")]
fn the_golden_file_is_what_is_written_and_read() {
    let golden: &[u8] = include_bytes!("../../../../tests/fixtures/state/throttle.v1");
    let dir = tempfile::tempdir().unwrap();
    let (clock, file) = open_at(dir.path(), NOON);
    let throttle = Table::new(file, &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    clock.advance(250);
    assert!(
        throttle
            .admit("/home/dev/shop\0Stop\0default", HOUR)
            .is_admitted()
    );
    let Decision::Admit(mark) = throttle.admit("Notification", HOUR) else {
        panic!()
    };
    assert!(throttle.cancel(mark));
    assert!(
        throttle
            .mark(
                "build finished",
                UNIX_EPOCH + Duration::from_millis(NOON - 1)
            )
            .is_some()
    );
    throttle.storage().count(0, Count::Failed);
    throttle.storage().count(1, Count::Admitted);
    throttle.storage().count(1, Count::Suppressed);
    let written = fs::read(dir.path().join(FILE_NAME)).unwrap();
    assert!(
        written == golden,
        "the file's format has changed: it needs a new version"
    );

    fs::write(dir.path().join("copy"), golden).unwrap();
    #[cfg(unix)]
    set_mode(&dir.path().join("copy"), 0o600);
    fs::rename(dir.path().join("copy"), dir.path().join(FILE_NAME)).unwrap();
    let read = Table::new(StateFile::open(dir.path()), &clock);
    assert_eq!(read.storage().health().problems, [""; 0]);
    assert_eq!(
        read.peek("Stop", HOUR),
        Some(HOUR - Duration::from_millis(250))
    );
    assert_eq!(read.peek("/home/dev/shop\0Stop\0default", HOUR), Some(HOUR));
    assert_eq!(read.peek("Notification", HOUR), None);
    assert!(
        read.recall("Notification")
            .is_some_and(|firing| firing.is_cancelled)
    );
    assert_eq!(
        read.peek("build finished", HOUR),
        Some(HOUR - Duration::from_millis(251))
    );
    assert_eq!(read.firings().len(), 4);
    let counts = Counts {
        admitted: 1,
        suppressed: 1,
        failed: 0,
    };
    assert_eq!(read.storage().counts(1), Some(counts));
    assert_eq!(&golden[..64], &header());
}
